import { CycleganError } from '../../../errors.js';
import { startWorker, type WorkerHandle } from '../../../platform/worker.js';
import { WORKER_SOURCE } from './workerSource.js';

/** A worker thread died or could not be started. */
export class WorkerError extends CycleganError {
  constructor(reason: string) {
    super('ERR_WORKER', `A worker thread of the engine failed: ${reason}.`);
  }
}

export interface RunMessage {
  readonly from: number;
  readonly to: number;
  /** Where this thread's scratch memory begins. */
  readonly scratch: number;
  /** Whether a message is wanted after each step. */
  readonly report: boolean;
}

interface Reply {
  /** Of the message that is answered. */
  readonly ticket: number;
  readonly ready?: boolean;
  readonly step?: number;
  readonly done?: boolean;
  readonly error?: string | null;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly onStep: (step: number) => void;
}

class PoolWorker {
  readonly #handle: WorkerHandle;
  /** By message: who waits for its `ready` or `done`. The one of an earlier run may come late, and must not end a later. */
  readonly #waiting = new Map<number, Waiting>();
  #death: string | null = null;

  constructor(handle: WorkerHandle) {
    this.#handle = handle;
    handle.listen(
      (message) => this.#receive(message as Reply),
      (reason) => this.#die(reason),
    );
  }

  get isDead(): boolean {
    return this.#death !== null;
  }

  /** Sends a message and waits for its answer; the process stays alive until then. */
  ask(
    id: number,
    message: object,
    onStep: (step: number) => void = () => undefined,
  ): Promise<void> {
    if (this.#death !== null) return Promise.reject(new WorkerError(this.#death));
    return new Promise((resolve, reject) => {
      const ticket = nextTicket++;
      this.#waiting.set(ticket, { resolve, reject, onStep });
      this.#handle.hold(true);
      this.#handle.post({ id, ticket, ...message });
    });
  }

  tell(id: number, message: object): void {
    this.#handle.post({ id, ...message });
  }

  /** Ends the thread: what it was asked for fails, and another one takes its place. */
  end(reason: string): void {
    this.#handle.terminate();
    this.#die(reason);
  }

  #receive({ ticket, step, error }: Reply): void {
    const waiting = this.#waiting.get(ticket);
    if (waiting === undefined) return;
    if (step !== undefined) {
      waiting.onStep(step);
      return;
    }
    this.#settle(ticket);
    if (error) waiting.reject(new WorkerError(error));
    else waiting.resolve();
  }

  #die(reason: string): void {
    this.#death ??= reason;
    for (const [ticket, { reject }] of this.#waiting) {
      this.#settle(ticket);
      reject(new WorkerError(this.#death));
    }
  }

  #settle(ticket: number): void {
    this.#waiting.delete(ticket);
    if (this.#waiting.size === 0) this.#handle.hold(false);
  }
}

/** The process's worker threads, shared by all programs; started when first needed, never more than asked for. */
const workers: PoolWorker[] = [];
let nextId = 1;
let nextTicket = 1;

export function newProgramId(): number {
  return nextId++;
}

/**
 * `count` living workers.
 * @throws WorkerError where threads cannot be had.
 */
export function takeWorkers(count: number): PoolWorker[] {
  for (let i = 0; i < count; i++) {
    if (workers[i] !== undefined && !workers[i].isDead) continue;
    const handle = startWorker(WORKER_SOURCE);
    if (handle === null) throw new WorkerError('this runtime has no threads');
    workers[i] = new PoolWorker(handle);
  }
  return workers.slice(0, count);
}

/** Has workers collect what they were told to drop (`platform/garbage.ts`). */
export function suggestCollectionInWorkers(): void {
  for (const worker of workers) worker.tell(0, { collect: true });
}

export type { PoolWorker };
