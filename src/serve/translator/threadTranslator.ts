import { CycleganError } from '../../errors.js';
import { abortionOf, abortReason } from '../../platform/abortion.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { collectNow } from '../../platform/garbage.js';
import type { AbortSignalLike } from '../../platform/webTypes.js';
import type { TranslatedBytes } from '../../translate/translateBytes.js';
import { type FromThread, restored, type ToThread } from './messages.js';
import type { TranslatorSetup } from './models.js';
import { ROLE } from './translationThread.js';
import type { ModelReport, TranslationJob, Translator } from './translator.js';

/** Work that was aborted, and does not look, has so long before its thread is ended. */
const ABORT_GRACE_MS = 2000;
/** A thread that dies as it opens its models is not started again at once. */
const RESTART_MS = 1000;
/** Of new objects, in a thread: V8's default, three times 16 MB, is more than the largest of them take. */
const MAX_YOUNG_MB = 8;

interface Pending {
  readonly resolve: (message: FromThread) => void;
  readonly reject: (error: Error) => void;
}

/** A thread that dies does so of its picture, or for want of memory; one that is cut was busy with a request that is over. */
type ThreadEnd = 'death' | 'cut';

/** A thread, and the one thing that it does. */
class Slot {
  readonly #file: URL;
  readonly #setup: TranslatorSetup;
  readonly #graceMs: number;
  readonly #onEnd: (end: ThreadEnd) => void;
  #worker: InstanceType<typeof import('node:worker_threads').Worker> | null = null;
  #pending: Pending | null = null;
  #opening: Promise<readonly ModelReport[]> | null = null;
  #isEnded = false;
  /** Whether the thread is ended because of work that is wanted no more. */
  #isCut = false;
  isOpen = false;
  isBusy = false;

  constructor(file: URL, setup: TranslatorSetup, graceMs: number, onEnd: (end: ThreadEnd) => void) {
    this.#file = file;
    this.#setup = setup;
    this.#graceMs = graceMs;
    this.#onEnd = onEnd;
  }

  /** Starts the thread, unless it runs. */
  open(): Promise<readonly ModelReport[]> {
    this.#opening ??= this.#start();
    return this.#opening;
  }

  async translate(job: TranslationJob, signal: AbortSignalLike): Promise<TranslatedBytes> {
    await this.#openedBy(signal);
    const worker = this.#worker;
    let late: ReturnType<typeof setTimeout> | undefined;
    const abort = () => {
      worker?.postMessage({ abort: true } satisfies ToThread);
      late = setTimeout(() => {
        this.#isCut = true;
        void worker?.terminate();
      }, this.#graceMs);
    };
    signal.addEventListener('abort', abort, { once: true });
    try {
      const answer = await this.#ask({ translate: job }, transferable(job.bytes));
      if ('translated' in answer) return answer.translated;
      throw new Error('the thread gave another answer');
    } catch (error) {
      throw signal.aborted ? abortReason(signal) : error;
    } finally {
      clearTimeout(late);
      signal.removeEventListener('abort', abort);
    }
  }

  /** It goes on opening for the next picture where this one is wanted no more. */
  async #openedBy(signal: AbortSignalLike): Promise<void> {
    const opening = this.open();
    const abortion = abortionOf(signal);
    try {
      await Promise.race([opening, abortion.happens]);
    } finally {
      abortion.end();
    }
    if (signal.aborted) throw abortReason(signal);
  }

  end(): void {
    this.#isEnded = true;
    void this.#worker?.terminate();
  }

  async #start(): Promise<readonly ModelReport[]> {
    const { Worker } = requireBuiltin('worker_threads', ROLE);
    const resourceLimits = { maxYoungGenerationSizeMb: MAX_YOUNG_MB };
    const worker = new Worker(this.#file, { workerData: ROLE, resourceLimits });
    this.#worker = worker;
    let cause: unknown;
    worker.on('message', (message: FromThread) => this.#receive(message));
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', () => this.#die(cause));
    try {
      const answer = await this.#ask({ open: this.#setup });
      if (!('opened' in answer)) throw new Error('the thread gave another answer');
      this.isOpen = true;
      return answer.opened;
    } catch (error) {
      // A later one may find the file that this one did not.
      void worker.terminate();
      throw error;
    }
  }

  #ask(message: ToThread, transfer: ArrayBuffer[] = []): Promise<FromThread> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      // Only who waits for an answer keeps the process.
      this.#worker?.ref();
      this.#worker?.postMessage(message, transfer);
    });
  }

  #receive(message: FromThread): void {
    const pending = this.#pending;
    this.#pending = null;
    this.#worker?.unref();
    if ('failed' in message) pending?.reject(restored(message.failed));
    else pending?.resolve(message);
  }

  /** What it was doing is lost with it; the next thread takes its place. */
  #die(cause: unknown): void {
    const wasOpen = this.isOpen;
    this.#worker = null;
    this.#opening = null;
    this.isOpen = false;
    const why = cause instanceof Error ? cause.message : 'it was ended';
    this.#pending?.reject(
      new CycleganError('ERR_WORKER', `The thread that translated this picture died: ${why}.`, {
        cause,
      }),
    );
    this.#pending = null;
    if (this.#isEnded) return;
    this.#onEnd(this.#isCut ? 'cut' : 'death');
    this.#isCut = false;
    const again = () => {
      // Who asks next is told why it does not start.
      if (!this.#isEnded) this.open().catch(() => undefined);
    };
    if (wasOpen) again();
    else setTimeout(again, RESTART_MS).unref?.();
  }
}

/** One thread for each job that is worked on at once: the calling one only answers requests. */
export class ThreadTranslator implements Translator {
  readonly #slots: readonly Slot[];
  deaths = 0;
  cuts = 0;

  /** @param graceMs How long a thread may go on with a request that is over. */
  constructor(count: number, file: URL, setup: TranslatorSetup, graceMs = ABORT_GRACE_MS) {
    const onEnd = (end: ThreadEnd) => {
      if (end === 'death') this.deaths++;
      else this.cuts++;
    };
    // Threads that are started from now on find a `gc` among their globals.
    requireBuiltin('v8', ROLE).setFlagsFromString('--expose-gc');
    this.#slots = Array.from({ length: count }, () => new Slot(file, setup, graceMs, onEnd));
  }

  get isReady(): boolean {
    return this.#slots.some(({ isOpen }) => isOpen);
  }

  async open(): Promise<readonly ModelReport[]> {
    const [reports] = await Promise.all(this.#slots.map((slot) => slot.open()));
    // What it took to begin is done with.
    collectNow();
    return reports;
  }

  async translate(job: TranslationJob, signal: AbortSignalLike): Promise<TranslatedBytes> {
    const free = this.#slots.filter(({ isBusy }) => !isBusy);
    const slot = free.find(({ isOpen }) => isOpen) ?? free[0];
    if (slot === undefined) throw new Error('more jobs than threads');
    slot.isBusy = true;
    try {
      return await slot.translate(job, signal);
    } finally {
      slot.isBusy = false;
    }
  }

  end(): void {
    for (const slot of this.#slots) slot.end();
  }
}

function transferable({ buffer, byteLength }: Uint8Array): ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
}
