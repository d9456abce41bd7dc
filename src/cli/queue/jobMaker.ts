import { isWebAddress } from '../../platform/address.js';
import { readBytes } from '../../platform/byteInput.js';
import { sha256 } from '../../platform/sha256.js';
import {
  contentKey,
  type JobSettings,
  type Reference,
  type TranslationJob,
} from '../../queue/job.js';
import { FolderStore } from '../../queue/store/folderStore.js';
import type { Store } from '../../queue/store/store.js';
import { shownName } from '../addresses.js';
import { findWeights } from '../models.js';
import { readPicture } from '../pictures/pictureWork.js';
import type { PlannedPicture } from './plannedPictures.js';

/** What all jobs of one command line have in common. */
export interface JobParts {
  readonly weights: Reference | null;
  readonly settings: JobSettings;
}

/** Puts the weights into the store; what is known of a model that has a name goes with the settings. */
export async function prepareParts(
  source: string | null,
  settings: JobSettings,
  store: Store,
): Promise<JobParts> {
  if (source === null) return { weights: null, settings };
  const { path, model } = await findWeights(source);
  const weights = await refer(path, await readBytes(path), 'weights', store);
  const known = {
    ...(model?.key === undefined ? {} : { key: model.key }),
    ...(model?.inputRange === undefined ? {} : { 'input-range': model.inputRange.join('..') }),
  };
  return { weights, settings: { ...known, ...settings } };
}

/** @throws FileError or DownloadError for a picture that cannot be had. */
export async function makeJob(
  { input, extension }: PlannedPicture,
  parts: JobParts,
  store: Store,
): Promise<TranslationJob> {
  const bytes = await readPicture(input, { regular: true });
  const picture = await refer(input, bytes, 'pictures', store);
  return { name: shownName(input), picture, extension, ...parts };
}

/** What lies in the store is referred to; what does not is put there, under the name of its hash. */
async function refer(
  path: string,
  bytes: Uint8Array,
  kind: 'pictures' | 'weights',
  store: Store,
): Promise<Reference> {
  const hash = sha256(bytes);
  const own = store instanceof FolderStore && !isWebAddress(path) ? await store.keyOf(path) : null;
  if (own !== null) return { key: own, sha256: hash };
  const key = contentKey(kind, hash);
  if (!(await store.renew(key))) await store.write(key, bytes);
  return { key, sha256: hash };
}
