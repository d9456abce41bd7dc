import { seconds } from '../../html/text.js';
import { warmUp } from '../../nn/compile.js';
import { writeFileAtomic } from '../../platform/files.js';
import { utf8Bytes } from '../../platform/text.js';
import { happensWithin } from '../../platform/timeLimit.js';
import { JobWorker, type WorkOutcome } from '../../queue/jobWorker.js';
import { openServer } from '../../queue/servers/openServer.js';
import { openStore } from '../../queue/store/openStore.js';
import { Interruption } from '../interruption.js';
import { JobTranslator } from '../queue/jobTranslator.js';
import type { WorkerRequest } from '../requests/worker.js';
import { writeData } from '../standardOutput.js';
import { printableJson, type Terminal, tenths } from '../terminal.js';

const HEARTBEAT_MS = 10_000;
/** So long may a server take to be left: one that is away does not hold the worker. */
const CLOSE_MS = 2000;

/** Translates what is in a queue, until a signal ends it. */
export async function runWorker(request: WorkerRequest, terminal: Terminal): Promise<void> {
  const { queue, concurrency, leaseMs, engine, heartbeat, json } = request;
  const store = await openStore(queue.store);
  const server = await openServer(queue.address);
  const interruption = new Interruption();
  try {
    await warmUp(engine);
    const translator = new JobTranslator(store, engine);
    const { translate } = translator;
    const worker = new JobWorker(server, {
      ...{ name: queue.name, store, translate, concurrency, leaseMs },
      onOutcome: (outcome) => void tell(outcome, { json, terminal }),
      onTrouble: troubleTeller(terminal),
    });
    const stopBeating = heartbeat === null ? null : beat(heartbeat, worker);
    try {
      await worker.ready();
      terminal.say(
        `Takes pictures from the queue ${queue.name} at ${server.name}; results go to ${store.name}. Ctrl+C ends it, once what is at work is done.`,
      );
      await interruption.happens();
      terminal.say('Takes no more pictures, and completes those at work.');
    } finally {
      stopBeating?.();
      await worker.drain();
      translator.end();
    }
  } finally {
    interruption.end();
    await happensWithin(CLOSE_MS, server.close());
  }
}

async function tell(
  { id, name, milliseconds, failure }: WorkOutcome,
  { json, terminal }: { readonly json: boolean; readonly terminal: Terminal },
): Promise<void> {
  const took = seconds(milliseconds);
  if (failure === null) terminal.say(`${name}: done in ${took}`);
  else {
    const next = failure.isFinal ? 'not tried again' : 'tried again, unless this was the last time';
    terminal.say(`${name}: failed, ${next} (${failure.message})`);
  }
  if (!json) return;
  const told = { id, input: name, milliseconds: tenths(milliseconds) };
  const error = failure === null ? {} : { error: failure };
  // Whoever read it may have gone away: the work goes on.
  await writeData(`${printableJson({ ...told, ...error })}\n`).catch(() => undefined);
}

/** The same once, until something else happens: a server that is away is asked again every second. */
function troubleTeller(terminal: Terminal): (error: Error) => void {
  let last = '';
  return ({ message }) => {
    if (message === last) return;
    last = message;
    terminal.say(`The queue has trouble: ${message}`);
  };
}

/** @returns What stops it. */
function beat(file: string, worker: JobWorker): () => void {
  const once = async () => {
    if (!(await worker.isAlive())) return;
    await writeFileAtomic(file, utf8Bytes(`${new Date().toISOString()}\n`), { replace: true });
  };
  // A file that is not written is what tells.
  const quietly = () => void once().catch(() => undefined);
  quietly();
  const timer = setInterval(quietly, HEARTBEAT_MS);
  return () => clearInterval(timer);
}
