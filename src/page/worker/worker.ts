import { CycleganError } from '../../errors.js';
import { warmUp } from '../../nn/compile.js';
import { PthError } from '../../pth/pthError.js';
import { openModel } from '../model/worker/openModel.js';
import { TooLargeError } from '../pictures/worker/memoryNeed.js';
import { translatePicture } from '../pictures/worker/translatePicture.js';
import { translateFrame } from '../webcam/worker/translateFrame.js';
import type { Calls, Handler, Handlers, Message, PortableError, Reply } from './protocol.js';

/** The thread in which the library works: calls come in, run one after the other, and can be cancelled. */

const later = () => import('./laterHandlers.js');

const HANDLERS: Handlers = {
  openModel,
  translate: translatePicture,
  listLayers: async (...call) => (await later()).listLayers(...call),
  featureMaps: async (...call) => (await later()).featureMapsOf(...call),
  translateFrame,
  makeZip: async (...call) => (await later()).makeZip(...call),
  makeGallery: async (...call) => (await later()).makeGallery(...call),
};

const scope = globalThis as unknown as {
  onmessage: (event: { data: Message }) => void;
  postMessage(reply: Reply, transfer?: readonly Transferable[]): void;
};

// Machine code is tried out while the model is still on its way; what a worker that was ended has left goes when there is time.
warmUp()
  .then(async () => (await import('../../platform/opfsFile.js')).sweepOpfs('/'))
  .catch(() => undefined);

const waiting = new Map<number, AbortController>();
let last: Promise<unknown> = Promise.resolve();

scope.onmessage = ({ data }) => {
  if (data.kind === 'cancel') {
    waiting.get(data.id)?.abort();
    return;
  }
  const controller = new AbortController();
  waiting.set(data.id, controller);
  last = last.then(() => answer(data, controller));
};

async function answer(
  { id, name, argument }: Extract<Message, { kind: 'call' }>,
  { signal }: AbortController,
): Promise<void> {
  try {
    signal.throwIfAborted();
    const handler = HANDLERS[name] as Handler<'translate'>;
    const result = await handler(argument as Calls['translate']['argument'], {
      signal,
      report: (progress) => scope.postMessage({ kind: 'progress', id, progress }),
    });
    scope.postMessage({ kind: 'result', id, result }, transferable(result));
  } catch (error) {
    scope.postMessage({ kind: 'error', id, error: portable(error) });
  } finally {
    waiting.delete(id);
  }
}

/** A bitmap is handed over, not copied. */
function transferable(result: object): Transferable[] {
  return Object.values(result).filter((part) => part instanceof ImageBitmap);
}

function portable(error: unknown): PortableError {
  if (error instanceof TooLargeError) {
    return { code: error.code, message: error.message, shortSide: error.shortSide };
  }
  if (error instanceof PthError) {
    return { code: error.code, message: error.message, choices: error.choices };
  }
  if (error instanceof CycleganError) return { code: error.code, message: error.message };
  return { code: null, message: error instanceof Error ? error.message : String(error) };
}
