// A thread that speaks as `src/serve/translator/translationThread.ts` does, and does to jobs what the name of their model says.
import { parentPort } from 'node:worker_threads';

parentPort.on('message', (message) => {
  if ('open' in message) {
    const [first] = message.open.models;
    if (first?.[0] === 'unopened')
      parentPort.postMessage({ failed: { code: 'ERR_PTH_EMPTY', message: 'empty' } });
    else if (first?.[0] !== 'unending') parentPort.postMessage({ opened: [] });
  }
  if (!('translate' in message)) return;
  const { model, bytes } = message.translate;
  if (model === 'exits') process.exit(3);
  if (model === 'throws') throw new Error('out of luck');
  if (model === 'hangs') for (;;);
  if (model === 'fails')
    parentPort.postMessage({ failed: { code: 'ERR_PNG', message: 'damaged' } });
  else
    parentPort.postMessage({
      translated: { bytes, width: 1, height: 1, notes: [], milliseconds: {} },
    });
});
