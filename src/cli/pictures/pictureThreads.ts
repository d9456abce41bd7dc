import { loadDecoder } from '../../image/formats.js';
import { type Picture, setMaxPixels } from '../../image/picture.js';
import { isThreadFor, serveTasks, ThreadPool } from '../../platform/threadPool.js';
import { type Prepared, type Unfinished, unfinishedOf } from '../../translate/pipeline.js';
import type { Frame } from '../frames/frameInput.js';
import { type EncodedFrame, encodeFrame, openFrame } from '../frames/frameWork.js';
import type { FramesRequest } from '../requests/frames.js';
import {
  type Opened,
  openBytes,
  openPicture,
  type PictureOptions,
  type Saved,
  savePicture,
  type Target,
} from './pictureWork.js';

const ROLE = 'cyclegan pictures';

interface Result {
  readonly output: Picture;
  readonly prepared: Unfinished;
}

interface Task {
  readonly options: PictureOptions;
  readonly work:
    | { readonly open: string }
    | { readonly openBytes: Uint8Array; readonly name: string }
    | { readonly save: Result & { readonly target: Target } }
    | { readonly openFrame: Frame; readonly raw: FramesRequest['raw'] }
    | { readonly encodeFrame: Result & { readonly extension: string } };
}

type Answer = Opened | Saved | EncodedFrame;

/** Threads that decode and encode pictures beside the engine's. They are the command's own file, run again. */
export class PictureThreads {
  readonly #options: PictureOptions;
  readonly #pool: ThreadPool<Task, Answer>;

  constructor(count: number, options: PictureOptions) {
    this.#options = options;
    this.#pool = new ThreadPool(count, new URL(import.meta.url), ROLE, serve);
  }

  async open(path: string): Promise<Opened> {
    return (await this.#ask({ open: path })) as Opened;
  }

  /** The same of bytes, for options of their own. */
  async openBytes(bytes: Uint8Array, name: string, options: PictureOptions): Promise<Opened> {
    return (await this.#ask({ openBytes: bytes, name }, [], options)) as Opened;
  }

  async save(output: Picture, prepared: Prepared, target: Target): Promise<Saved> {
    const work = { save: { output, prepared: unfinishedOf(prepared), target } };
    return (await this.#ask(work, buffersOf(output))) as Saved;
  }

  /** The memory of the frame is gone afterwards. */
  async openFrame(frame: Frame, raw: FramesRequest['raw']): Promise<Opened> {
    return (await this.#ask({ openFrame: frame, raw }, [frame.bytes.buffer])) as Opened;
  }

  async encodeFrame(
    output: Picture,
    prepared: Prepared,
    extension: string,
    options = this.#options,
  ): Promise<EncodedFrame> {
    const work = { encodeFrame: { output, prepared: unfinishedOf(prepared), extension } };
    return (await this.#ask(work, buffersOf(output), options)) as EncodedFrame;
  }

  end(): void {
    this.#pool.end();
  }

  #ask(work: Task['work'], transfer: ArrayBuffer[] = [], options = this.#options): Promise<Answer> {
    return this.#pool.ask({ options, work }, transfer);
  }
}

/** Whether this is one of the threads: it then has to call `servePictures`, and nothing else. */
export function isPictureThread(): boolean {
  return isThreadFor(ROLE);
}

/** What such a thread does. */
export function servePictures(): void {
  serveTasks(serve, transferable);
}

async function serve({ work, options }: Task): Promise<Answer> {
  // The limit is a thread's own.
  setMaxPixels(options.maxPixels);
  if ('open' in work) return openPicture(work.open, options);
  if ('openBytes' in work) {
    await loadDecoder(work.openBytes);
    return openBytes(work.openBytes, work.name, options);
  }
  if ('openFrame' in work) return openFrame(work.openFrame, work.raw, options);
  if ('encodeFrame' in work) {
    const { output, prepared, extension } = work.encodeFrame;
    return encodeFrame(output, prepared, extension, options);
  }
  const { output, prepared, target } = work.save;
  return savePicture(output, prepared, target, options);
}

function transferable(answer: Answer): ArrayBuffer[] {
  if ('prepared' in answer) return buffersOf(answer.prepared.sized);
  if (!(answer.bytes instanceof Uint8Array)) return [];
  const { buffer, byteLength } = answer.bytes;
  // A part of a larger buffer may share that with others.
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
}

function buffersOf({ data }: Picture): ArrayBuffer[] {
  return [data.buffer as ArrayBuffer];
}
