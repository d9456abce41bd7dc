import { parentPort, workerData } from 'node:worker_threads';
import { BrokenPromise, judge } from './judge.js';
import { seededRandom } from './random.js';
import { LARGE_SEEDS, makeSeeds } from './seeds.js';
import { STRATEGIES } from './strategies.js';

/** Codes of files that are refused before anything within them is looked at. */
const AT_THE_DOOR: ReadonlySet<string | null> = new Set([
  'ERR_PTH_EMPTY',
  'ERR_PTH_NOT_TORCH',
  'ERR_PTH_ZIP',
  'ERR_PTH_TAR',
  'ERR_PTH_TRUNCATED',
  'ERR_PTH_VERSION',
  'ERR_PTH_SAFETENSORS',
  'ERR_PTH_ONNX',
  'ERR_PTH_GZIP',
  'ERR_PTH_HTML',
  'ERR_PTH_PICTURE',
]);

/** Cases between two reports. */
const BATCH = 500;

const { golden, first, step, until } = workerData as {
  golden: string;
  first: number;
  step: number;
  until: number;
};
const seeds = await makeSeeds(golden);
let counts = new Map<string, number>();

const count = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);

for (let number = first; number < until; number += step) {
  const random = seededRandom(number);
  const strategy = STRATEGIES[random(STRATEGIES.length)];
  // Small files are read faster.
  const seed = seeds[random(random(16) === 0 ? seeds.length : seeds.length - LARGE_SEEDS)];
  const file = strategy.mutate(seed, random, seeds);
  try {
    // Most files end in an error, and most of its time goes into its stack.
    Error.stackTraceLimit = 0;
    const { code } = await judge(file);
    count(`strategy: ${strategy.name}`);
    count(`outcome: ${code ?? 'read'}`);
    if (!AT_THE_DOOR.has(code)) count('past the container');
  } catch (error) {
    if (!(error instanceof BrokenPromise)) throw error;
    Error.stackTraceLimit = 10;
    const { message } = await judge(file).then(() => error, asError);
    parentPort?.postMessage({ find: { number, strategy: strategy.name, file, what: message } });
  }
  if ((number - first) % (step * BATCH) === 0) report(number);
}
report(until);

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function report(number: number): void {
  parentPort?.postMessage({ number, counts: [...counts] });
  counts = new Map();
}
