// Loaded into the service by bench/serve.mjs (`node --import`): how long refusals take within the process, from when Node has read a
// request's head to when all of the answer is handed to the system, and how late its event loop is. Written at the end, as JSON.
import diagnostics from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

const file = process.env.CYCLEGAN_REFUSAL_TIMES;
if (isMainThread && file !== undefined) {
  const begins = new WeakMap();
  const milliseconds = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  diagnostics.subscribe('http.server.request.start', ({ response }) => {
    begins.set(response, performance.now());
  });
  diagnostics.subscribe('http.server.response.finish', ({ response }) => {
    if (response.statusCode !== 429) return;
    milliseconds.push(performance.now() - begins.get(response));
    // Of the time when there are refusals alone.
    delay.enable();
  });
  process.on('exit', () => {
    const late = [50, 99].map((percent) => delay.percentile(percent) / 1e6);
    writeFileSync(file, JSON.stringify({ milliseconds, late }));
  });
}
