import type { CallName, Calls, Message, PortableError, Reply } from './protocol.js';

/** What the worker's error becomes here. */
export class WorkerError extends Error {
  readonly code: string | null;
  readonly shortSide: number | null;
  readonly choices: readonly string[];

  constructor({ code, message, shortSide = 0, choices = [] }: PortableError) {
    super(message);
    this.code = code;
    this.shortSide = shortSide > 0 ? shortSide : null;
    this.choices = choices;
  }
}

/** The call was cancelled. */
export class CancelledError extends Error {
  constructor() {
    super('Cancelled.');
  }
}

interface Pending {
  readonly message: Extract<Message, { kind: 'call' }>;
  /** Whether another worker could be sent the same. */
  readonly isRepeatable: boolean;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
  readonly onProgress: (progress: never) => void;
}

export interface CallOptions<K extends CallName> {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Calls[K]['progress']) => void;
  /** What is handed over with the argument: it is gone here, and cannot be sent to another worker. */
  readonly transfer?: Transferable[];
}

/** A worker that takes longer than this to let go of a cancelled call is ended; the next call starts another. */
const PATIENCE_MS = 60;
/** So long after it was ended, a worker has let go of its scratch file. */
const SWEEP_MS = 1000;

/** The page's side of its worker. It is started by the first call, and again after it was ended. */
export class WorkerClient {
  readonly #address: URL;
  /** What a new worker is told before anything else: the model that the one before it had. */
  readonly #restore: () => Promise<void>;
  #worker: Worker | null = null;
  #count = 0;
  readonly #pending = new Map<number, Pending>();

  constructor(address: URL, restore: () => Promise<void>) {
    this.#address = address;
    this.#restore = restore;
  }

  /** Starts the worker, which the first call would do, so that it is ready by then. */
  start(): void {
    if (this.#worker === null) this.#start();
  }

  /** @throws WorkerError, as the library's error; CancelledError after the signal fired. */
  async call<K extends CallName>(
    name: K,
    argument: Calls[K]['argument'],
    { signal, onProgress = () => undefined, transfer = [] }: CallOptions<K> = {},
  ): Promise<Calls[K]['result']> {
    if (this.#worker === null) {
      this.#start();
      if (name !== 'openModel') await this.#restore();
    }
    if (signal?.aborted) throw new CancelledError();
    const id = this.#count++;
    const message = { kind: 'call', id, name, argument } as const;
    return new Promise((resolve, reject) => {
      const isRepeatable = transfer.length === 0;
      this.#pending.set(id, { message, isRepeatable, resolve, reject, onProgress });
      signal?.addEventListener('abort', () => this.#cancel(id), { once: true });
      this.#worker?.postMessage(message, transfer);
    });
  }

  /** Ends the worker; a file that it had goes, too. */
  #end(): void {
    this.#worker?.terminate();
    this.#worker = null;
    const sweep = async () => (await import('../../platform/opfsFile.js')).sweepOpfs('/');
    setTimeout(() => sweep().catch(() => undefined), SWEEP_MS);
  }

  #fail(reason: Error): void {
    this.#end();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(reason);
  }

  /** Ends the worker, and with it whatever it is doing; other calls that it had begin anew. */
  #restart(): void {
    this.#end();
    for (const [id, { isRepeatable, reject }] of this.#pending) {
      if (isRepeatable) continue;
      this.#pending.delete(id);
      reject(new CancelledError());
    }
    const messages = [...this.#pending.values()].map(({ message }) => message);
    if (messages.length === 0) return;
    this.#start();
    if (!messages.some(({ name }) => name === 'openModel')) void this.#restore();
    for (const message of messages) this.#post(message);
  }

  #start(): void {
    const worker = new Worker(this.#address, { type: 'module' });
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#receive(data);
    worker.onerror = ({ message }) => {
      if (this.#worker !== worker) return;
      this.#fail(new WorkerError({ code: null, message: message ?? 'The worker did not start.' }));
    };
  }

  #post(message: Message): void {
    this.#worker?.postMessage(message);
  }

  #receive(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    if (pending === undefined) return;
    if (reply.kind === 'progress') {
      pending.onProgress(reply.progress as never);
      return;
    }
    this.#pending.delete(reply.id);
    if (reply.kind === 'result') pending.resolve(reply.result as never);
    else pending.reject(new WorkerError(reply.error));
  }

  /** The caller is told at once. */
  #cancel(id: number): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    const worker = this.#worker;
    pending.reject(new CancelledError());
    this.#post({ kind: 'cancel', id });
    setTimeout(() => {
      if (!this.#pending.delete(id) || this.#worker !== worker) return;
      this.#restart();
    }, PATIENCE_MS);
  }
}
