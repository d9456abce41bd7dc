import { throwIfAborted } from '../../platform/abortion.js';
import { canBlock, pause } from '../../platform/pause.js';
import type { AbortSignalLike } from '../../platform/webTypes.js';
import type { RunOptions } from '../engine.js';
import { CONTROL, COUNTER_BYTES } from './kernels/driver.js';
import { type PoolWorker, takeWorkers, WorkerError } from './pool/pool.js';
import { inTurn } from './pool/semaphore.js';
import { type ProgramMemory, releaseMemory } from './programMemory.js';
import type { Scratch, ScratchAccess } from './scratch/transfer.js';
import type { Part, StepRange, Team } from './team.js';
import { ReachableMemory, type WritableMemory } from './writableMemory.js';

/** How long the calling thread blocks before it checks that the workers are alive, and how often it does. */
const PROBE_MS = 500;
const MAX_PROBES = 120;
const MAX_PROBES_HERE = 4;
/** How long workers may take to come out of a run that failed: they finish what they have begun. */
const GATHER_MS = 10_000;
const NOT_BACK = 'it did not come back from its work';

/** Code may import it, and not call it: values would be lost. */
function noTransfer(): never {
  throw new WorkerError('values lie in a file, and there is none');
}

function workerFailed(): WorkerError {
  return new WorkerError(NOT_BACK);
}

/** A function of the program that goes through steps; `calls` is 1 for the calling thread. */
type Driver = (from: number, to: number, scratch: number, calls: number) => void;

export interface TeamShape {
  readonly module: WebAssembly.Module;
  readonly threads: number;
  /** Where threads' scratch memory begins, and how much each of them has. */
  readonly scratch: { readonly start: number; readonly bytes: number };
  /** Where values are that have no place in memory; `null` where all have one. */
  readonly file: Scratch | null;
}

/** Workers that were sent into steps, and what comes of each. */
interface Sent {
  readonly workers: readonly PoolWorker[];
  readonly runs: readonly Promise<unknown>[];
}

const NO_WORKERS: Sent = { workers: [], runs: [] };

/** Runs a program's steps with its threads: the calling thread among them, or workers alone. */
export class ThreadTeam implements Team {
  readonly memory: WritableMemory;
  readonly isReadable = true;
  readonly #shape: TeamShape;
  readonly #held: ProgramMemory;
  readonly #control: Int32Array;
  readonly #exports: WebAssembly.Exports;
  readonly #file: ScratchAccess | null;
  /** Those of the current run. */
  #sent = NO_WORKERS;

  constructor(memory: ProgramMemory, shape: TeamShape) {
    this.#shape = shape;
    this.#held = memory;
    this.memory = new ReachableMemory(memory.memory.buffer);
    this.#control = new Int32Array(memory.memory.buffer);
    const { buffer } = memory.memory;
    this.#file = shape.file?.open(buffer) ?? null;
    const imports = { m: memory.memory, transfer: this.#file?.transfer ?? noTransfer };
    try {
      this.#exports = new WebAssembly.Instance(shape.module, { e: imports }).exports;
    } catch (error) {
      this.#file?.close();
      throw error;
    }
  }

  /** Whether the calling thread does it all, without a barrier. */
  isAlone(blocking: boolean): boolean {
    const { shared } = this.#held;
    return !shared || (this.#shape.threads === 1 && blocking && canBlock() && this.file === null);
  }

  /** Where values are that have no place in memory; `null` where all have one. */
  get file(): Scratch | null {
    return this.#shape.file;
  }

  /** The same as the calling thread has it open. */
  get access(): ScratchAccess | null {
    return this.#file;
  }

  /** All of the program's memory. */
  get buffer(): ArrayBufferLike {
    return this.#held.memory.buffer;
  }

  /** Has all threads open the scratch file anew, when another has taken its place. */
  reopenFile(): void {
    Atomics.add(this.#control, CONTROL.scratchFile / 4, 1);
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
   * @throws The reason of a signal that fired; WorkerError for a worker that failed.
   */
  async run(
    range: StepRange,
    { blocking = false, signal, onProgress }: RunOptions,
    onStep: (step: number) => void,
  ): Promise<void> {
    throwIfAborted(signal);
    await this.#leaveLast();
    this.#reset(range);
    const stop = () => Atomics.store(this.#control, CONTROL.stop / 4, 1);
    signal?.addEventListener('abort', stop, { once: true });
    try {
      // A page's main thread could not wait at a barrier, so there workers do it all; so do they where a step may take seconds, and a
      // signal that only the event loop hears is not to wait for its end; and where this thread has to be there for what they ask of it.
      const isLate = this.file !== null && (signal !== undefined || this.#movesForOthers);
      if ((blocking && canBlock() && !isLate) || !this.#held.shared) {
        await this.#runHere(range, !blocking || signal !== undefined, onStep);
      } else {
        await this.#runElsewhere(range, onProgress === undefined ? null : onStep);
      }
    } finally {
      signal?.removeEventListener('abort', stop);
    }
    throwIfAborted(signal);
    this.#throwScratchFailure();
    if (this.#hasFailed) throw workerFailed();
  }

  /**
   * With the calling thread, which lets nothing else of the program run before it is done, and the others, where it can wait for them.
   * As long as nothing has begun, it can do without them.
   */
  async runInOneGo(range: StepRange, alone: string): Promise<void> {
    const helps = canBlock() && this.#held.shared;
    const count = helps ? this.#shape.threads - 1 : 0;
    const others = await this.#loadedWorkers(count).catch(() => []);
    await this.#leaveLast();
    this.#reset(range);
    if (others.length < count || count === 0) {
      (this.#exports[alone] as Driver)(range.from, range.to, this.#scratch(0), 1);
      return;
    }
    this.#send(others, range, 1);
    for (let step = range.from; step < range.to; step++) {
      this.#drive(range.driver, step);
      this.#waitHere(step);
      if (this.#isWaitedFor(step)) await this.#waitForOthers(step);
      if (this.#hasFailed) throw await this.#gather();
    }
  }

  /**
   * Sends workers into steps that do not wait for each other.
   * @returns What takes part in them, and waits for the workers.
   */
  begin(range: StepRange, blocking: boolean): () => Promise<void> {
    const helps = (blocking && canBlock()) || !this.#held.shared;
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
        if (this.#hasFailed) throw workerFailed();
      } catch (error) {
        this.giveUp();
        await this.#gather();
        throw error;
      }
    };
  }

  async read(parts: readonly Part[]): Promise<Float32Array[]> {
    return parts.map(({ address, bytes }) => this.memory.floats(address, bytes / 4));
  }

  readLater(): null {
    return null;
  }

  async restore(): Promise<boolean> {
    return false;
  }

  release(): void {
    const { file } = this.#shape;
    void releaseMemory(this.#held);
    this.#file?.close();
    // Nobody takes it over while a thread may still write to it.
    if (file?.journaled?.isLeft) void this.#held.left.then(() => file.remove());
    else file?.remove();
  }

  /** Workers must not wait for one that failed, or for the calling thread, which will not come. */
  giveUp(control = this.#control): void {
    Atomics.store(control, CONTROL.stop / 4, 1);
    Atomics.store(control, CONTROL.workerFailed / 4, 1);
  }

  #throwScratchFailure(): void {
    const failure = Atomics.load(this.#control, CONTROL.scratchFailure / 4);
    if (failure !== 0 && this.file !== null) throw this.file.errorOf(failure);
  }

  /** Whether other threads have this one read and write the scratch file for them. */
  get #movesForOthers(): boolean {
    return this.file?.sharedPath === null && this.#shape.threads > 1;
  }

  get #hasFailed(): boolean {
    return Atomics.load(this.#control, CONTROL.workerFailed / 4) !== 0;
  }

  /** Whether what is not yet begun is left out. */
  get #isStopped(): boolean {
    return Atomics.load(this.#control, CONTROL.stop / 4) !== 0;
  }

  /** Whether threads leave before they come to the end of a step. */
  get #isOver(): boolean {
    return this.#hasFailed || this.#isStopped;
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
        if (this.#hasFailed || this.#isStopped) break;
        onStep(step);
      }
    } catch (error) {
      this.giveUp();
      await this.#gather();
      throw error;
    }
    if (this.#hasFailed) throw await this.#gather();
    // They leave what they are at: no step counts them any more.
    if (this.#isStopped) await this.#gather();
  }

  /** Workers do everything; the event loop stays free. */
  async #runElsewhere(range: StepRange, onStep: ((step: number) => void) | null): Promise<void> {
    const workers = await this.#loadedWorkers(this.#shape.threads);
    let thrown: { readonly error: unknown } | null = null;
    const onSteps = (step: number) => {
      try {
        if (thrown === null) onStep?.(step);
      } catch (error) {
        // Workers are still within: the error is thrown when they are out.
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

  /** Blocks at the end of a step for threads that are late, for two seconds. */
  #waitHere(step: number): void {
    const barrier = this.#barrier(step);
    for (let probes = 0; probes < MAX_PROBES_HERE && this.#isWaitedFor(step); probes++) {
      const count = Atomics.load(this.#control, barrier);
      if (this.#isWaitedFor(step)) Atomics.wait(this.#control, barrier, count, PROBE_MS);
    }
  }

  /**
   * Waits on at the end of a step for threads that are late. Only the event loop gets the message that a worker has died, so it runs
   * now and then; nothing is asked of threads that are at work.
   */
  async #waitForOthers(step: number): Promise<void> {
    const barrier = this.#barrier(step);
    for (let probes = 0; !this.#isOver && this.#isWaitedFor(step); probes++) {
      if (probes === MAX_PROBES) this.giveUp();
      await pause();
      const count = Atomics.load(this.#control, barrier);
      if (!this.#isOver && this.#isWaitedFor(step)) {
        Atomics.wait(this.#control, barrier, count, PROBE_MS);
      }
    }
  }

  /** Clears what threads agree through, for these steps. */
  #reset({ from, to }: StepRange): void {
    const counters = (step: number) => (CONTROL.steps + step * COUNTER_BYTES) / 4;
    this.#control.fill(0, counters(from), counters(to));
    const { idle, stop, workerFailed, beyond, scratchFailure } = CONTROL;
    for (const word of [idle, stop, workerFailed, beyond, scratchFailure])
      this.#control[word / 4] = 0;
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
    const { id, loadedWorkers } = this.#held;
    const control = this.#control;
    const runs = workers.map((worker, i) => {
      const report = onStep !== null && i === 0;
      const part = { driver, from, to, scratch: this.#scratch(first + i), report };
      const message = { ...this.#loadMessage(worker), run: part };
      const onTransfer = this.#file?.transfer;
      const run = worker.ask(id, message, { onStep: onStep ?? undefined, onTransfer });
      // Callers wait for it, too. What reached the worker is unknown: the next time, all is sent again.
      run.catch(() => {
        this.giveUp(control);
        if (loadedWorkers.delete(worker)) worker.tell(id, { drop: true });
      });
      return run;
    });
    this.#held.left = Promise.allSettled(runs);
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
    this.#sent = NO_WORKERS;
    return ends.find((end) => end.status === 'rejected')?.reason ?? workerFailed();
  }

  /** Workers that have the program. A caller that waited for one at a barrier instead would get no message that it died. */
  async #loadedWorkers(count: number): Promise<PoolWorker[]> {
    if (count === 0) return [];
    const workers = takeWorkers(count);
    const { id, loadedWorkers } = this.#held;
    const newWorkers = workers.filter((worker) => !loadedWorkers.has(worker));
    await Promise.all(newWorkers.map((worker) => worker.ask(id, this.#loadMessage(worker))));
    return workers;
  }

  /** What is sent to a worker that does not have this program yet. */
  #loadMessage(worker: PoolWorker): object {
    const { loadedWorkers, memory } = this.#held;
    if (loadedWorkers.has(worker)) return {};
    loadedWorkers.add(worker);
    const { module, file } = this.#shape;
    const scratch = file === null ? null : (file.sharedPath ?? '');
    return { load: { module, memory, scratch } };
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
      // The last run is over, with all that it computed: no caller needs a worker that died since then.
      if (Atomics.wait(this.#control, idle, count, PROBE_MS) === 'timed-out') {
        await this.#gather();
        break;
      }
    }
    this.#sent = NO_WORKERS;
  }
}
