import { AbortError } from '../../errors.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { isThreadFor } from '../../platform/threadPool.js';
import { type FromThread, portable, type ToThread } from './messages.js';
import { Models } from './models.js';

export const ROLE = 'cyclegan translations';

/** In the build for Node, whose files hold many of these: the one that threads run, beside it. */
declare const CYCLEGAN_TRANSLATION_THREAD: string | undefined;

/** What threads run, where this is a file of ours; `null` in a bundle of somebody's program, of which threads would run all. */
export function threadFile(): URL | null {
  const { url } = import.meta;
  if (/^file:.*\/serve\/translator\/translationThread\.js$/.test(url)) return new URL(url);
  if (typeof CYCLEGAN_TRANSLATION_THREAD === 'undefined') return null;
  return /^file:.*\/cyclegan-ts-[0-9A-Z]{8}\.js$/.test(url)
    ? new URL(CYCLEGAN_TRANSLATION_THREAD, url)
    : null;
}

/** Whether this is such a thread: it then has to call `serveTranslations`, and nothing else. */
export function isTranslationThread(): boolean {
  return isThreadFor(ROLE);
}

/** When nothing has been asked of a thread for so long, it collects its garbage: V8 would wait for more of it. */
const IDLE_MS = 300;

/** What such a thread does: one job at a time. */
export function serveTranslations(): void {
  const { parentPort } = requireBuiltin('worker_threads', 'A thread');
  let models: Models | null = null;
  let abortion = new AbortController();
  let idle: ReturnType<typeof setTimeout> | undefined;
  const post = (message: FromThread, transfer: ArrayBuffer[] = []) =>
    parentPort?.postMessage(message, transfer);
  const answer = (work: Promise<FromThread>) =>
    work
      .then(
        (message) => post(message, memoryOf(message)),
        (error: unknown) => post({ failed: portable(error) }),
      )
      .then(() => {
        clearTimeout(idle);
        idle = setTimeout(collectGarbage, IDLE_MS);
      });
  parentPort?.on('message', (message: ToThread) => {
    if ('abort' in message) {
      abortion.abort(new AbortError());
    } else if ('open' in message) {
      const opening = new Models(message.open);
      models = opening;
      void answer(opening.open().then((opened) => ({ opened })));
    } else if (models !== null) {
      clearTimeout(idle);
      abortion = new AbortController();
      const work = models.translate(message.translate, abortion.signal, true);
      void answer(work.then((translated) => ({ translated })));
    }
  });
}

/** Where the one who started the thread has let it (`threadTranslator.ts`). It is the second time that gives back the room for new objects. */
function collectGarbage(): void {
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
  gc?.();
}

/** Memory of an answer that is not copied. */
function memoryOf(message: FromThread): ArrayBuffer[] {
  if (!('translated' in message)) return [];
  const { buffer, byteLength } = message.translated.bytes;
  // A part of a larger buffer may share that with others.
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
}

if (threadFile() !== null && isTranslationThread()) serveTranslations();
