import { CycleganError } from '../../errors.js';
import type { Picture } from '../../image/picture.js';
import { builtin, requireBuiltin } from '../../platform/builtin.js';
import type { Prepared } from '../../translate/pipeline.js';
import {
  type Opened,
  openPicture,
  type PictureOptions,
  type PortableError,
  portable,
  type Saved,
  savePicture,
  type Target,
} from './pictureWork.js';

/** What a thread is told that it is, in `workerData`. */
const ROLE = 'cyclegan pictures';

type Work =
  | { readonly open: string }
  | { readonly save: { output: Picture; prepared: Prepared; target: Target } };

interface Request {
  readonly id: number;
  readonly options: PictureOptions;
  readonly work: Work;
}

interface Reply {
  readonly id: number;
  readonly result?: Opened | Saved;
  readonly error?: PortableError;
}

/** Threads that decode and encode pictures beside the engine's. They are the command's own file, run again. */
export class PictureThreads {
  readonly #options: PictureOptions;
  readonly #threads: { post(request: Request, transfer: ArrayBuffer[]): void; end(): void }[] = [];
  readonly #waiting = new Map<
    number,
    { resolve: (result: Opened | Saved) => void; reject: (error: Error) => void; thread: number }
  >();
  readonly #load: number[];
  #nextId = 0;
  #death: Error | null = null;

  constructor(count: number, options: PictureOptions) {
    this.#options = options;
    this.#load = new Array<number>(count).fill(0);
    const { Worker } = requireBuiltin('worker_threads', 'Many pictures');
    // Threads that are started from now on find a `gc` among their globals.
    requireBuiltin('v8', 'Many pictures').setFlagsFromString('--expose-gc');
    for (let thread = 0; thread < count; thread++) {
      const worker = new Worker(new URL(import.meta.url), { workerData: ROLE });
      worker.on('message', (reply: Reply) => this.#receive(reply));
      worker.on('error', (error) => this.#fail(thread, error));
      this.#threads.push({
        post: (request, transfer) => worker.postMessage(request, transfer),
        end: () => void worker.terminate(),
      });
    }
  }

  open(path: string): Promise<Opened> {
    return this.#ask<Opened>({ open: path }, []);
  }

  save(output: Picture, prepared: Prepared, target: Target): Promise<Saved> {
    return this.#ask<Saved>({ save: { output, prepared, target } }, buffersOf(output));
  }

  end(): void {
    for (const thread of this.#threads) thread.end();
  }

  /** Whoever has least to do gets it. */
  #ask<T extends Opened | Saved>(work: Work, transfer: ArrayBuffer[]): Promise<T> {
    const least = Math.min(...this.#load);
    const thread = this.#load.indexOf(least);
    if (least === Number.POSITIVE_INFINITY) return Promise.reject(this.#death);
    const id = this.#nextId++;
    this.#load[thread]++;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, {
        resolve: resolve as (result: Opened | Saved) => void,
        reject,
        thread,
      });
      this.#threads[thread].post({ id, options: this.#options, work }, transfer);
    });
  }

  #receive({ id, result, error }: Reply): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    this.#load[waiting.thread]--;
    if (result !== undefined) waiting.resolve(result);
    else if (error !== undefined) waiting.reject(restored(error));
  }

  /** A thread that died takes its pictures with it. */
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

function restored({ code, message }: PortableError): Error {
  return code === null ? new Error(message) : new CycleganError(code, message);
}

/** Whether this is one of the threads: it then has to call `servePictures`, and nothing else. */
export function isPictureThread(): boolean {
  const threads = builtin('worker_threads');
  return threads !== null && !threads.isMainThread && threads.workerData === ROLE;
}

/** What such a thread does. */
export function servePictures(): void {
  const { parentPort } = requireBuiltin('worker_threads', 'Many pictures');
  parentPort?.on('message', ({ id, options, work }: Request) => {
    serve(work, options)
      .then(
        (result) => parentPort.postMessage({ id, result }, transferable(result)),
        (error: unknown) => parentPort.postMessage({ id, error: portable(error) }),
      )
      .then(collectGarbage);
  });
}

/**
 * A photograph leaves a hundred megabytes behind, which V8 would collect some photographs later: a thread's own heap is
 * small, and what lies outside of it presses little. Collecting now takes some milliseconds.
 */
function collectGarbage(): void {
  (globalThis as { gc?: () => void }).gc?.();
}

function serve(work: Work, options: PictureOptions): Promise<Opened | Saved> {
  if ('open' in work) return openPicture(work.open, options);
  const { output, prepared, target } = work.save;
  return savePicture(output, prepared, target, options);
}

function transferable(result: Opened | Saved): ArrayBuffer[] {
  return 'prepared' in result ? buffersOf(result.prepared.sized) : [];
}

function buffersOf({ data }: Picture): ArrayBuffer[] {
  return [data.buffer as ArrayBuffer];
}
