import { CycleganError } from '../../../errors.js';
import { builtin } from '../../../platform/builtin.js';
import { startWorker, type WorkerHandle } from '../../../platform/worker.js';
import type { Transfer } from '../scratch/transfer.js';
import { WORKER_SOURCE } from './workerSource.js';

/** A worker thread died or could not be started. */
export class WorkerError extends CycleganError {
  override readonly name = 'WorkerError';
  readonly reason: string;

  constructor(reason: string) {
    super('ERR_WORKER', `A worker thread of the engine failed: ${reason}.`);
    this.reason = reason;
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

export interface Reply {
  /** Of the message that is answered. */
  readonly ticket: number;
  readonly ready?: boolean;
  readonly step?: number;
  /** A call of the scratch file's function that this thread is to do: the worker waits until its word is no longer 0. */
  readonly transfer?: { readonly item: number; readonly args: number; readonly word: Int32Array };
  readonly done?: boolean;
  /** Whether there was no memory of that size. */
  readonly refused?: boolean;
  readonly error?: string | null;
  /** Whether a layer got a value beyond what it takes, which ended the steps. */
  readonly beyond?: boolean;
  /** Of a function that was called. */
  readonly milliseconds?: number;
  /** Copies of what was asked for. */
  readonly parts?: readonly ArrayBuffer[];
}

/** Besides the message itself. */
interface AskOptions {
  readonly onStep?: (step: number) => void;
  readonly onTransfer?: Transfer;
  readonly transfer?: readonly ArrayBuffer[];
}

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
  readonly onStep: (step: number) => void;
  readonly onTransfer: Transfer;
}

class PoolWorker {
  readonly #handle: WorkerHandle;
  /** By message: the caller that waits for its `ready` or `done`. The reply of an earlier run may come late, and must not end a later. */
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
    { onStep = () => undefined, onTransfer = () => undefined, transfer }: AskOptions = {},
  ): Promise<Reply> {
    if (this.#death !== null) return Promise.reject(new WorkerError(this.#death));
    return new Promise((resolve, reject) => {
      const ticket = nextTicket++;
      this.#waiting.set(ticket, { resolve, reject, onStep, onTransfer });
      this.#handle.hold(true);
      this.#handle.post({ id, ticket, ...message }, transfer);
    });
  }

  tell(id: number, message: object, transfer?: readonly ArrayBuffer[]): void {
    this.#handle.post({ id, ...message }, transfer);
  }

  /** Ends the thread: what it was asked for fails, and another one takes its place. */
  end(reason: string): void {
    this.#handle.terminate();
    this.#die(reason);
  }

  #receive(reply: Reply): void {
    const { ticket, step, transfer, error } = reply;
    const waiting = this.#waiting.get(ticket);
    if (waiting === undefined) return;
    if (transfer !== undefined) {
      const { item, args, word } = transfer;
      waiting.onTransfer(item, args);
      Atomics.store(word, 0, 1);
      Atomics.notify(word, 0);
      return;
    }
    if (step !== undefined) {
      waiting.onStep(step);
      return;
    }
    this.#settle(ticket);
    if (error) waiting.reject(new WorkerError(error));
    else waiting.resolve(reply);
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

/** Why no worker can be had here, for people; `null` where they can. Only a first worker that answers tells in a page. */
export function workersRefusal(): Promise<string | null> {
  refusal ??= firstAnswer();
  return refusal;
}

let refusal: Promise<string | null> | null = null;

async function firstAnswer(): Promise<string | null> {
  try {
    const [worker] = takeWorkers(1);
    // In Node, a constructor that returns has what it needs; waiting for the thread would take its time to start.
    if (builtin('worker_threads') === null) await worker.ask(0, { hello: true });
    return null;
  } catch (error) {
    return error instanceof WorkerError ? error.reason : String(error);
  }
}

/**
 * `count` living workers.
 * @throws WorkerError where threads cannot be had.
 */
export function takeWorkers(count: number): PoolWorker[] {
  for (let i = 0; i < count; i++) {
    if (workers[i] !== undefined && !workers[i].isDead) continue;
    const handle = startWorker(WORKER_SOURCE);
    if ('refusal' in handle) throw new WorkerError(handle.refusal);
    workers[i] = new PoolWorker(handle);
  }
  return workers.slice(0, count);
}

/** Has workers collect what they dropped (`platform/garbage.ts`). */
export function suggestCollectionInWorkers(): void {
  for (const worker of workers) worker.tell(0, { collect: true });
}

export type { PoolWorker };
