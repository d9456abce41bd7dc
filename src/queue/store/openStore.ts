import { CycleganError } from '../../errors.js';
import { cacheFolder } from '../../platform/cacheFolder.js';
import { FolderStore } from './folderStore.js';
import { openS3Store } from './s3Store.js';
import type { Store } from './store.js';

/**
 * The store that a text names: a folder, or `s3://BUCKET[/PREFIX]`.
 * @param text `null`: a folder of this user's cache, which does for one machine.
 */
export async function openStore(text: string | null): Promise<Store> {
  if (text !== null) return /^s3:\/\//i.test(text) ? openS3Store(text) : FolderStore.open(text);
  const folder = cacheFolder();
  if (folder !== null) return FolderStore.open(`${folder}/queue`);
  throw new CycleganError(
    'ERR_NO_CACHE',
    'The cache, where jobs would keep their pictures, is off (CYCLEGAN_CACHE is empty): name a store, --store FOLDER.',
  );
}
