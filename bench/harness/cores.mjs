// What each core can do just now: the same arithmetic on all of them, one after the other.
import { execFileSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { coreNumbers } from './machine.mjs';

/** Half a millisecond, in calls that are short: V8 would leave machine code that it made of a long loop at the loop's end. */
const CALLS = 50;
const ROUNDS = 2500;
/** Times all of it is done until it is machine code. */
const WARM_UP = 80;
/** What a thread is told, or tells. */
const SLEEP = 0;
const COMPUTE = 1;

export class Cores {
  #states;

  /** A thread on each core that this process may use, which sleeps until it is asked. */
  static async start() {
    const numbers = coreNumbers();
    const cores = new Cores(numbers.length);
    await Promise.all(numbers.map((number, place) => cores.#startThread(number, place)));
    return cores;
  }

  constructor(count) {
    this.#states = new Int32Array(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT));
  }

  /**
   * Takes so little, and is so independent of what else runs on the core, that it can be done while something is measured.
   *
   * @returns By core, the milliseconds of processor time that arithmetic took.
   */
  probe() {
    return Array.from(this.#states, (_, place) => {
      // Of the whole process, in which nothing else runs meanwhile.
      const before = process.cpuUsage();
      Atomics.store(this.#states, place, COMPUTE);
      Atomics.notify(this.#states, place);
      Atomics.wait(this.#states, place, COMPUTE);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    });
  }

  async #startThread(core, place) {
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { states: this.#states, place },
    });
    const thread = await new Promise((resolve, reject) => {
      worker.once('error', reject);
      worker.once('message', resolve);
    });
    if (thread !== null) pin(thread, core);
    worker.unref();
  }
}

/** Otherwise two threads may wake on one core, and take turns there. Where there is no `taskset`, that has to do. */
function pin(thread, core) {
  try {
    execFileSync('taskset', ['-p', '-c', core, thread].map(String), { stdio: 'ignore' });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

/** The number by which the system knows the calling thread; `null` where it does not say. */
function numberOfThread() {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').at(-1));
  } catch {
    return null;
  }
}

if (!isMainThread && workerData?.states !== undefined) {
  for (let i = 0; i < WARM_UP; i++) compute();
  parentPort.postMessage(numberOfThread());
  computeWhenAsked(workerData);
}

function computeWhenAsked({ states, place }) {
  for (;;) {
    Atomics.wait(states, place, SLEEP);
    compute();
    Atomics.store(states, place, SLEEP);
    Atomics.notify(states, place);
  }
}

function compute() {
  let sum = 0;
  for (let call = 0; call < CALLS; call++) sum += arithmetic();
  // What is not used would not be computed.
  if (!(sum > 0)) throw new Error('The sums are gone.');
}

/**
 * Ten chains of dependent operations: together they keep a core's units for such arithmetic busy, so that what
 * shares them takes from what is measured. One chain alone would wait for its own results, and be slowed by nothing.
 */
function arithmetic() {
  const factor = 0.9999999;
  let a = 0.5;
  let b = 1.5;
  let c = 2.5;
  let d = 3.5;
  let e = 4.5;
  let f = 5.5;
  let g = 6.5;
  let h = 7.5;
  let i = 8.5;
  let j = 9.5;
  for (let round = 0; round < ROUNDS; round++) {
    a = a * factor + 0.5;
    b = b * factor + 0.5;
    c = c * factor + 0.5;
    d = d * factor + 0.5;
    e = e * factor + 0.5;
    f = f * factor + 0.5;
    g = g * factor + 0.5;
    h = h * factor + 0.5;
    i = i * factor + 0.5;
    j = j * factor + 0.5;
  }
  return a + b + c + d + e + f + g + h + i + j;
}
