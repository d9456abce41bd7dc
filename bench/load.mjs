// Reading a weight file against reading and copying its bytes: node --expose-gc bench/load.mjs FILE.pth
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { loadStateDict } from '../dist/index.js';

const [file, runs = '9'] = process.argv.slice(2);
if (file === undefined) throw new Error('node --expose-gc bench/load.mjs FILE.pth [RUNS]');
const size = readFileSync(file).length;

globalThis.gc?.();
const before = process.memoryUsage();
const stateDict = await loadStateDict(file);
const peak = process.memoryUsage();
const memory = (peak.arrayBuffers - before.arrayBuffers) / size;

const times = { copy: [], load: [] };
for (let run = 0; run < Number(runs); run++) {
  for (const [name, action] of [
    ['copy', async () => new Uint8Array(await readFile(file)).slice()],
    ['load', () => loadStateDict(file)],
  ]) {
    const start = performance.now();
    await action();
    times[name].push(performance.now() - start);
  }
}
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const [copy, load] = [median(times.copy), median(times.load)];
console.log(
  `${file}: ${stateDict.size} tensors, ${(size / 1e6).toFixed(1)} MB; read and copy ${copy.toFixed(1)} ms, loadStateDict ${load.toFixed(1)} ms (${(load / copy).toFixed(2)} x), array buffers after it ${memory.toFixed(2)} x the file`,
);
