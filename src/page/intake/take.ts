import { keepModel } from '../model/client/keptModels.js';
import { useModel } from '../model/client/model.js';
import { addPictures, type NewPicture } from '../pictures/client/pictures.js';
import { plural } from '../ui/format.js';
import { tell } from '../ui/notice.js';
import type { FoundFile } from './folders.js';
import { kindOf } from './sort.js';

/** What was dropped, pasted or chosen: pictures are added, a model is used, and kept. */
export async function take(files: readonly FoundFile[]): Promise<void> {
  const added: NewPicture[] = [];
  let passedOver = 0;
  let chosenModel: File | null = null;
  for (const { file, path, isInFolder } of files) {
    const kind = await kindOf(file);
    if (kind === 'picture') added.push({ file, path });
    else if (isInFolder) passedOver++;
    // What it is, if not a model, is told by whatever tries to open it.
    else chosenModel = file;
  }
  addPictures(added);
  if (passedOver > 0) tell(`${plural(passedOver, 'file')} of the folder passed over: no pictures.`);
  if (chosenModel !== null && (await useModel(chosenModel))) await keepModel(chosenModel);
}
