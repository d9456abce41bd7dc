import { throwIfAborted } from '../../platform/abortion.js';
import { later } from '../../platform/pause.js';
import type { AbortSignalLike } from '../../platform/webTypes.js';
import type { RunOptions } from '../engine.js';
import { CONTROL, COUNTER_BYTES } from './kernels/driver.js';
import { maxPages, memoryRefusal, PAGE } from './newMemory.js';
import { newProgramId, type PoolWorker, type Reply, takeWorkers } from './pool/pool.js';
import { inTurn } from './pool/semaphore.js';
import { probeFeatures } from './probe.js';
import type { Part, StepRange, Team } from './team.js';
import { DistantMemory, type MemoryWrite } from './writableMemory.js';

/** After so long, memory that no program needs goes, and its worker with it. */
const IDLE_MS = 5000;
/** So much that is to be written does not wait for the next steps. */
const MAX_WAITING_BYTES = 2 ** 24;

/** Programs that have their memory in the worker. */
let tenants = 0;

/** What a worker has to load. */
export interface WorkerProgram {
  readonly module: WebAssembly.Module;
  readonly pages: number;
  /** The first bytes have to be zero. */
  readonly zeroed: number;
  /** Where scratch memory begins. */
  readonly scratch: number;
}

/**
 * Runs a program's steps in a worker that has its memory, too: where a page cannot share memory with workers, so that its main
 * thread only sends and receives. Between steps, the worker looks whether it is to stop.
 */
export class WorkerTeam implements Team {
  readonly memory: DistantMemory;
  readonly isReadable = false;
  readonly #program: WorkerProgram;
  readonly #id = newProgramId();
  #worker: PoolWorker;
  /** Whether the worker has the program: one that took a dead one's place may be refused the memory. */
  #isLoaded = false;
  #isBeyond = false;
  #isReleased = false;

  private constructor(program: WorkerProgram, worker: PoolWorker) {
    this.#program = program;
    this.#worker = worker;
    this.memory = new DistantMemory((bytes) => {
      if (bytes >= MAX_WAITING_BYTES) this.#write();
    });
  }

  /** @throws MemoryError where there is no memory of so many pages. */
  static async start(program: WorkerProgram): Promise<WorkerTeam> {
    const [worker] = takeWorkers(1);
    const team = new WorkerTeam(program, worker);
    tenants++;
    try {
      await team.#load();
    } catch (error) {
      team.release();
      throw error;
    }
    return team;
  }

  isAlone(): boolean {
    return false;
  }

  inTurn<T>(_blocking: boolean, job: () => Promise<T>, signal?: AbortSignalLike): Promise<T> {
    return inTurn(job, signal);
  }

  get isBeyond(): boolean {
    return this.#isBeyond;
  }

  async run(
    range: StepRange,
    { signal, onProgress }: RunOptions,
    onStep: (step: number) => void,
  ): Promise<void> {
    throwIfAborted(signal);
    const stop = () => this.#worker.tell(this.#id, { stop: true });
    let thrown: { readonly error: unknown } | null = null;
    const onSteps = (step: number) => {
      try {
        if (thrown === null) onStep(step);
      } catch (error) {
        // The worker is still within: the error is thrown when it is out.
        thrown = { error };
        stop();
      }
    };
    signal?.addEventListener('abort', stop, { once: true });
    try {
      await this.#walk(range, onProgress === undefined ? null : onSteps);
    } finally {
      signal?.removeEventListener('abort', stop);
    }
    throwIfAborted(signal);
    if (thrown !== null) throw (thrown as { error: unknown }).error;
  }

  async runInOneGo(range: StepRange, alone: string): Promise<void> {
    await this.#walk({ ...range, driver: alone }, null);
  }

  begin(range: StepRange): () => Promise<void> {
    const walk = this.#walk(range, null);
    // Who waits for it is told.
    walk.catch(() => undefined);
    return async () => {
      await walk;
    };
  }

  async read(parts: readonly Part[]): Promise<Float32Array[]> {
    const read = parts.map(({ address, bytes }) => ({ address, bytes }));
    const { parts: copies = [] } = await this.#ask({ read });
    return copies.map((buffer) => new Float32Array(buffer));
  }

  /** Calls a function of the module. @returns How long it took, in milliseconds. */
  async call(name: string, args: readonly number[]): Promise<number> {
    return (await this.#ask({ call: { name, args } })).milliseconds ?? 0;
  }

  readLater(parts: readonly Part[]): Promise<Float32Array[]> {
    return this.read(parts);
  }

  async restore(): Promise<boolean> {
    if (this.#isLoaded && !this.#worker.isDead) return false;
    this.#isLoaded = false;
    [this.#worker] = takeWorkers(1);
    this.memory.takeWrites();
    await this.#load();
    return true;
  }

  giveUp(): void {
    this.#worker.tell(this.#id, { stop: true });
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    const worker = this.#worker;
    worker.tell(this.#id, { drop: true });
    tenants--;
    later(IDLE_MS, () => {
      if (tenants > 0) return;
      // Where memory is shared, programs of threads need it, too.
      if (probeFeatures().sharedMemory) worker.tell(this.#id, { collect: true });
      else worker.end('it had nothing to do');
    });
  }

  async #load(): Promise<void> {
    const { module, pages, zeroed } = this.#program;
    const own = { pages, maximum: maxPages(pages), zeroed };
    const { refused } = await this.#worker.ask(this.#id, { load: { module, own } });
    if (refused === true) throw memoryRefusal(pages * PAGE);
    this.#isLoaded = true;
  }

  async #walk(
    { driver, from, to }: StepRange,
    onStep: ((step: number) => void) | null,
  ): Promise<void> {
    const { idle, stop, workerFailed, beyond, steps } = CONTROL;
    for (const word of [idle, stop, workerFailed, beyond]) this.memory.integers(word, 1);
    this.memory.integers(steps + from * COUNTER_BYTES, ((to - from) * COUNTER_BYTES) / 4);
    const { scratch } = this.#program;
    const walk = { driver, from, to, scratch, report: onStep !== null };
    const { beyond: isBeyond } = await this.#ask({ walk }, onStep ?? undefined);
    this.#isBeyond = isBeyond ?? false;
  }

  #ask(message: object, onStep?: (step: number) => void): Promise<Reply> {
    const write = this.memory.takeWrites();
    return this.#worker.ask(
      this.#id,
      { write, ...message },
      { onStep, transfer: buffersOf(write) },
    );
  }

  #write(): void {
    const write = this.memory.takeWrites();
    this.#worker.tell(this.#id, { write }, buffersOf(write));
  }
}

function buffersOf(writes: readonly MemoryWrite[]): ArrayBuffer[] {
  return writes.map(({ buffer }) => buffer);
}
