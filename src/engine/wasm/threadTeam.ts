import { AbortError } from '../../errors.js';
import { canBlock, pause } from '../../platform/pause.js';
import type { AbortSignalLike } from '../../platform/webTypes.js';
import type { RunOptions } from '../engine.js';
import { CONTROL, COUNTER_BYTES } from './kernels/driver.js';
import { type PoolWorker, takeWorkers, WorkerError } from './pool/pool.js';
import { inTurn } from './pool/semaphore.js';
import type { ProgramMemory } from './programMemory.js';

/** How long the calling thread sleeps before it looks whether those it waits for still live, and how often it does. */
const LOOK_MS = 500;
const MAX_LOOKS = 120;
/** How long workers may take to come out of a run that failed: they finish what they have begun. */
const GATHER_MS = 10_000;
const NOT_BACK = 'it did not come back from its work';

function lost(): WorkerError {
  return new WorkerError(NOT_BACK);
}

/** A function of the program that goes through steps; `calls` is 1 for the calling thread. */
type Driver = (from: number, to: number, scratch: number, calls: number) => void;

export interface TeamShape {
  readonly module: WebAssembly.Module;
  readonly threads: number;
  /** Where threads' scratch memory begins, and how much each of them has. */
  readonly scratch: { readonly start: number; readonly bytes: number };
}

/** Workers that were sent into steps, and what comes of each. */
interface Sent {
  readonly workers: readonly PoolWorker[];
  readonly runs: readonly Promise<void>[];
}

const NOBODY: Sent = { workers: [], runs: [] };

/** Steps for the driver of that name. */
export interface StepRange {
  readonly driver: string;
  readonly from: number;
  readonly to: number;
}

/** Runs a program's steps with its threads: the calling thread among them, or workers alone. */
export class ThreadTeam {
  readonly #shape: TeamShape;
  readonly #memory: ProgramMemory;
  readonly #control: Int32Array;
  readonly #exports: WebAssembly.Exports;
  /** Those of the current run. */
  #sent = NOBODY;

  constructor(memory: ProgramMemory, shape: TeamShape) {
    this.#shape = shape;
    this.#memory = memory;
    this.#control = new Int32Array(memory.memory.buffer);
    this.#exports = new WebAssembly.Instance(shape.module, { e: { m: memory.memory } }).exports;
  }

  /** Whether the calling thread does it all: it then waits for nobody. */
  isAlone(blocking: boolean): boolean {
    const { shared } = this.#memory;
    return !shared || (this.#shape.threads === 1 && blocking && canBlock());
  }

  /** Runs a job that threads take part in when it is this program's turn. */
  inTurn<T>(blocking: boolean, job: () => Promise<T>, signal?: AbortSignalLike): Promise<T> {
    return this.isAlone(blocking) ? job() : inTurn(job, signal);
  }

  /** Whether a layer got a value beyond what it takes, which ended the run. */
  get isBeyond(): boolean {
    return Atomics.load(this.#control, CONTROL.beyond / 4) !== 0;
  }

  /**
   * Runs steps with all threads, each waiting for the others at the end of a step.
   * @throws AbortError; WorkerError for a worker that is lost.
   */
  async run(
    range: StepRange,
    { blocking = false, signal, onProgress }: RunOptions,
    onStep: (step: number) => void,
  ): Promise<void> {
    if (signal?.aborted) throw new AbortError();
    await this.#leaveLast();
    this.#reset(range);
    const stop = () => Atomics.store(this.#control, CONTROL.stop / 4, 1);
    signal?.addEventListener('abort', stop, { once: true });
    try {
      // A page's main thread could not wait at a barrier, so there workers do it all.
      if ((blocking && canBlock()) || !this.#memory.shared) {
        await this.#runHere(range, !blocking || signal !== undefined, onStep);
      } else {
        await this.#runElsewhere(range, onProgress === undefined ? null : onStep);
      }
    } finally {
      signal?.removeEventListener('abort', stop);
    }
    if (signal?.aborted) throw new AbortError();
    if (this.#isLost) throw lost();
  }

  /**
   * Sends workers into steps that do not wait for each other.
   * @returns What takes part in them, and waits for the workers.
   */
  begin(range: StepRange, blocking: boolean): () => Promise<void> {
    const helps = (blocking && canBlock()) || !this.#memory.shared;
    this.#reset(range);
    const { threads } = this.#shape;
    const workers = takeWorkers(helps ? threads - 1 : threads);
    const { runs } = this.#send(workers, range, helps ? 1 : 0);
    return async () => {
      if (helps) {
        for (let step = range.from; step < range.to; step++) {
          if (!blocking) await pause();
          this.#drive(range.driver, step);
        }
      }
      try {
        await Promise.all(runs);
        if (this.#isLost) throw lost();
      } catch (error) {
        this.giveUp();
        await this.#gather();
        throw error;
      }
    };
  }

  /** Workers must not wait for one that failed, or for the calling thread, which will not come. */
  giveUp(control = this.#control): void {
    Atomics.store(control, CONTROL.stop / 4, 1);
    Atomics.store(control, CONTROL.lost / 4, 1);
  }

  get #isLost(): boolean {
    return Atomics.load(this.#control, CONTROL.lost / 4) !== 0;
  }

  /** The calling thread's part of a step. */
  #drive(driver: string, step: number): void {
    (this.#exports[driver] as Driver)(step, step + 1, this.#scratch(0), 1);
  }

  /** The calling thread takes part, step by step, and others if the memory is shared. */
  async #runHere(
    range: StepRange,
    pausing: boolean,
    onStep: (step: number) => void,
  ): Promise<void> {
    const others = await this.#loadedWorkers(this.#shape.threads - 1);
    this.#send(others, range, 1);
    try {
      for (let step = range.from; step < range.to; step++) {
        if (pausing) await pause();
        this.#drive(range.driver, step);
        if (this.#isWaitedFor(step)) await this.#waitForOthers(step);
        if (this.#isLost) break;
        onStep(step);
      }
    } catch (error) {
      this.giveUp();
      await this.#gather();
      throw error;
    }
    if (this.#isLost) throw await this.#gather();
  }

  /** Workers do everything; the event loop stays free. */
  async #runElsewhere(range: StepRange, onStep: ((step: number) => void) | null): Promise<void> {
    const workers = await this.#loadedWorkers(this.#shape.threads);
    let thrown: { readonly error: unknown } | null = null;
    const onSteps = (step: number) => {
      try {
        if (thrown === null) onStep?.(step);
      } catch (error) {
        // Workers are still within: the caller hears it when they are out.
        thrown = { error };
        Atomics.store(this.#control, CONTROL.stop / 4, 1);
      }
    };
    const { runs } = this.#send(workers, range, 0, onStep === null ? null : onSteps);
    try {
      await Promise.all(runs);
      if (thrown !== null) throw (thrown as { error: unknown }).error;
    } catch (error) {
      this.giveUp();
      await this.#gather();
      throw error;
    }
  }

  /** The word that counts the threads that have come to the end of a step. */
  #barrier(step: number): number {
    return (CONTROL.steps + step * COUNTER_BYTES) / 4 + 1;
  }

  /** Whether other threads have not come to the end of a step. */
  #isWaitedFor(step: number): boolean {
    const { threads } = this.#shape;
    return threads > 1 && Atomics.load(this.#control, this.#barrier(step)) < threads;
  }

  /**
   * Waits on at the end of a step for threads that are late. Only the event loop hears that a worker has died, so it takes a turn
   * now and then; nothing is asked of threads that are at work.
   */
  async #waitForOthers(step: number): Promise<void> {
    const barrier = this.#barrier(step);
    for (let looks = 0; !this.#isLost && this.#isWaitedFor(step); looks++) {
      if (looks === MAX_LOOKS) this.giveUp();
      await pause();
      const count = Atomics.load(this.#control, barrier);
      if (!this.#isLost && this.#isWaitedFor(step)) {
        Atomics.wait(this.#control, barrier, count, LOOK_MS);
      }
    }
  }

  /** Clears what threads agree through, for these steps. */
  #reset({ from, to }: StepRange): void {
    const counters = (step: number) => (CONTROL.steps + step * COUNTER_BYTES) / 4;
    this.#control.fill(0, counters(from), counters(to));
    const { idle, stop, lost: gone, beyond } = CONTROL;
    for (const word of [idle, stop, gone, beyond]) this.#control[word / 4] = 0;
  }

  /**
   * Sends workers into steps, with the scratch memory of thread `first` and those after it.
   * @param onStep Where the first of them reports each step.
   */
  #send(
    workers: readonly PoolWorker[],
    { driver, from, to }: StepRange,
    first: number,
    onStep: ((step: number) => void) | null = null,
  ): Sent {
    const { id, loadedWorkers } = this.#memory;
    const control = this.#control;
    const runs = workers.map((worker, i) => {
      const report = onStep !== null && i === 0;
      const part = { driver, from, to, scratch: this.#scratch(first + i), report };
      const message = { ...this.#loadMessage(worker), run: part };
      const run = worker.ask(id, message, onStep ?? undefined);
      // Callers wait for it, too. What the worker has heard is unknown: the next time, it is told all again.
      run.catch(() => {
        this.giveUp(control);
        if (loadedWorkers.delete(worker)) worker.tell(id, { drop: true });
      });
      return run;
    });
    this.#memory.left = Promise.allSettled(runs);
    this.#sent = { workers, runs };
    return this.#sent;
  }

  /**
   * After a failure: workers come out of the run by themselves; one that does not is ended, and replaced later.
   * @returns What became of the first that failed.
   */
  async #gather(): Promise<Error> {
    const { workers, runs } = this.#sent;
    const missing = new Set(workers);
    const late = setTimeout(() => {
      for (const worker of missing) worker.end(NOT_BACK);
    }, GATHER_MS);
    const ends = await Promise.allSettled(
      runs.map((run, i) => run.finally(() => missing.delete(workers[i]))),
    );
    clearTimeout(late);
    this.#sent = NOBODY;
    return ends.find((end) => end.status === 'rejected')?.reason ?? lost();
  }

  /** Workers that have the program. A caller that waited for one at a barrier instead would not hear that it died. */
  async #loadedWorkers(count: number): Promise<PoolWorker[]> {
    if (count === 0) return [];
    const workers = takeWorkers(count);
    const { id, loadedWorkers } = this.#memory;
    const newWorkers = workers.filter((worker) => !loadedWorkers.has(worker));
    await Promise.all(newWorkers.map((worker) => worker.ask(id, this.#loadMessage(worker))));
    return workers;
  }

  /** What a worker that does not have this program yet has to be told. */
  #loadMessage(worker: PoolWorker): object {
    const { loadedWorkers, memory } = this.#memory;
    if (loadedWorkers.has(worker)) return {};
    loadedWorkers.add(worker);
    return { load: { module: this.#shape.module, memory } };
  }

  #scratch(thread: number): number {
    const { start, bytes } = this.#shape.scratch;
    return start + thread * bytes;
  }

  /** Workers may still be leaving the last barrier, where they look at counters that are about to be cleared. */
  async #leaveLast(): Promise<void> {
    const idle = CONTROL.idle / 4;
    const { length } = this.#sent.workers;
    for (;;) {
      const count = Atomics.load(this.#control, idle);
      if (count >= length) break;
      // The last run is over, with all that it computed: no caller misses a worker that died since then.
      if (Atomics.wait(this.#control, idle, count, LOOK_MS) === 'timed-out') {
        await this.#gather();
        break;
      }
    }
    this.#sent = NOBODY;
  }
}
