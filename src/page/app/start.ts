import { listenForFiles } from '../intake/dropAndPaste.js';
import { listKeptModels, restoreModel } from '../model/client/keptModels.js';
import { followTraits, useBuiltIn, useModel } from '../model/client/model.js';
import { keepForOffline } from '../offline/client/offline.js';
import { addPictures, pictures } from '../pictures/client/pictures.js';
import { startQueue } from '../pictures/client/queue.js';
import { tell } from '../ui/notice.js';
import { library } from '../worker/libraryWorker.js';

const SAMPLE = 'sample.png';

/** What happens when the page is opened: the model of the last visit, or the built-in one, and a sample to begin with. */
export function start(): void {
  library.start();
  listenForFiles();
  followTraits();
  startQueue();
  keepForOffline();
  Promise.all([showSample(), openFirstModel(), listKeptModels()]).catch((error: Error) =>
    tell(`The page could not be loaded as a whole: ${error.message}`, { isProblem: true }),
  );
}

async function showSample(): Promise<void> {
  const response = await fetch(new URL(SAMPLE, document.baseURI));
  if (!response.ok) throw new Error(`${SAMPLE}: the server answered ${response.status}.`);
  const file = new File([await response.blob()], SAMPLE, { type: 'image/png' });
  // Somebody may have been faster.
  if (pictures.value.length === 0) addPictures([{ file, isSample: true }]);
}

async function openFirstModel(): Promise<void> {
  const kept = await restoreModel();
  if (kept !== null && (await useModel(kept.file, { key: kept.key }))) return;
  await useBuiltIn();
}
