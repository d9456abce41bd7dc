import type { ErrorCode } from '../errorCodes.js';
import { CycleganError } from '../errors.js';
import { builtin, requireBuiltin } from './builtin.js';

/** A task as it goes to a thread. */
interface Task<T> {
  readonly id: number;
  readonly task: T;
}

interface Reply<R> {
  readonly id: number;
  readonly result?: R;
  readonly error?: PortableError;
}

interface Waiting<R> {
  readonly resolve: (result: R) => void;
  readonly reject: (error: Error) => void;
  readonly thread: number;
}

interface PooledThread<T> {
  post(task: Task<T>, transfer: ArrayBuffer[]): void;
  end(): void;
}

/** Whether Node's permission model, if it is in force, allows threads. */
function mayHaveThreads(): boolean {
  const { permission } = globalThis.process as { permission?: { has(scope: string): boolean } };
  return permission?.has('worker') ?? true;
}

/** An error that has to go from thread to thread, where classes do not. */
interface PortableError {
  readonly code: ErrorCode | null;
  readonly message: string;
}

/**
 * Threads that run a program file of their own and answer tasks, each the next that the least busy one gets (Node). The file
 * has to call `serveTasks` where `isThreadFor` tells that it is such a thread.
 */
export class ThreadPool<T, R> {
  readonly #threads: PooledThread<T>[] = [];
  readonly #waiting = new Map<number, Waiting<R>>();
  readonly #load: number[];
  #nextId = 0;
  #death: Error | null = null;

  /**
   * @param role What a thread is told that it is, in `workerData`.
   * @param serve What a thread does with a task; the calling thread does it where threads are forbidden.
   */
  constructor(count: number, file: URL, role: string, serve: (task: T) => Promise<R>) {
    this.#load = new Array<number>(count).fill(0);
    // Threads that are started from now on find a `gc` among their globals.
    requireBuiltin('v8', role).setFlagsFromString('--expose-gc');
    for (let thread = 0; thread < count; thread++) {
      this.#threads.push(
        mayHaveThreads() ? this.#start(thread, file, role) : this.#workHere(serve),
      );
    }
  }

  #start(thread: number, file: URL, role: string): PooledThread<T> {
    const { Worker } = requireBuiltin('worker_threads', role);
    const worker = new Worker(file, { workerData: role });
    worker.on('message', (reply: Reply<R>) => this.#receive(reply));
    worker.on('error', (error) => this.#fail(thread, error));
    return {
      post: (task, transfer) => worker.postMessage(task, transfer),
      end: () => void worker.terminate(),
    };
  }

  /** The calling thread in place of one of its own. */
  #workHere(serve: (task: T) => Promise<R>): PooledThread<T> {
    return {
      post: (task) => void answer(task, serve).then((reply) => this.#receive(reply)),
      end: () => undefined,
    };
  }

  /**
   * @param transfer Memory of the task that the thread may have; it is gone here.
   * @throws What the task threw: a `CycleganError` of the same code, or an `Error`; or why the thread died.
   */
  ask(task: T, transfer: ArrayBuffer[] = []): Promise<R> {
    const least = Math.min(...this.#load);
    const thread = this.#load.indexOf(least);
    if (least === Number.POSITIVE_INFINITY) return Promise.reject(this.#death);
    const id = this.#nextId++;
    this.#load[thread]++;
    return new Promise<R>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, thread });
      this.#threads[thread].post({ id, task }, transfer);
    });
  }

  end(): void {
    for (const thread of this.#threads) thread.end();
  }

  #receive({ id, result, error }: Reply<R>): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    this.#load[waiting.thread]--;
    if (result !== undefined) waiting.resolve(result);
    else if (error !== undefined) waiting.reject(restored(error));
  }

  /** A thread that died takes its tasks with it. */
  #fail(thread: number, error: unknown): void {
    for (const [id, waiting] of this.#waiting) {
      if (waiting.thread !== thread) continue;
      this.#waiting.delete(id);
      waiting.reject(restored(portable(error)));
    }
    this.#load[thread] = Number.POSITIVE_INFINITY;
    this.#death = restored(portable(error));
  }
}

/** Whether this is a thread of a pool of that role. */
export function isThreadFor(role: string): boolean {
  const threads = builtin('worker_threads');
  return threads !== null && !threads.isMainThread && threads.workerData === role;
}

/**
 * What such a thread does.
 * @param transferable Memory of a result that is not copied.
 */
export function serveTasks<T, R>(
  serve: (task: T) => Promise<R>,
  transferable: (result: R) => ArrayBuffer[],
): void {
  const { parentPort } = requireBuiltin('worker_threads', 'A thread');
  parentPort?.on('message', (task: Task<T>) => {
    answer(task, serve)
      .then((reply) =>
        parentPort.postMessage(reply, reply.result === undefined ? [] : transferable(reply.result)),
      )
      .then(collectGarbage);
  });
}

function answer<T, R>({ id, task }: Task<T>, serve: (task: T) => Promise<R>): Promise<Reply<R>> {
  return serve(task).then(
    (result) => ({ id, result }),
    (error: unknown) => ({ id, error: portable(error) }),
  );
}

/** Less than this is left to V8: to collect takes some milliseconds, and a frame of a film leaves a megabyte or two. */
const GARBAGE_BYTES = 2 ** 25;

/** What a thread's heap had in it, and outside of it, after the last collection. */
let kept = 0;

/**
 * A photograph leaves a hundred megabytes behind, which V8 would collect some photographs later: a thread's own heap is
 * small, and what lies outside of it presses little.
 */
function collectGarbage(): void {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined || heldBytes() - kept < GARBAGE_BYTES) return;
  gc();
  kept = heldBytes();
}

function heldBytes(): number {
  const heap = builtin('v8')?.getHeapStatistics();
  return heap === undefined ? 0 : heap.used_heap_size + heap.external_memory;
}

function portable(error: unknown): PortableError {
  if (error instanceof CycleganError) return { code: error.code, message: error.message };
  return { code: null, message: error instanceof Error ? error.message : String(error) };
}

function restored({ code, message }: PortableError): Error {
  return code === null ? new Error(message) : new CycleganError(code, message);
}
