import { FileError } from '../platform/fileError.js';
import { makeFolder, removeStaleTemporaries, writeFileAtomic } from '../platform/files.js';
import { sha256 } from '../platform/sha256.js';
import { textOf, utf8Bytes } from '../platform/text.js';
import { FolderStore } from './store/folderStore.js';
import { isKey, type Store } from './store/store.js';

/** Where a result is to lie, besides under its number: a file of the shared folder. */
export interface Placement {
  /** The file, as a key of the store. */
  readonly key: string;
  /** Whether a file that is there may be replaced. */
  readonly replace: boolean;
}

/**
 * Asks workers to put the result of a job at a place of the shared folder. They look for that once the result is there, so a caller looks for the
 * result afterwards: one of both finds what the other has left. Whoever puts it there itself takes that back (`withdrawPlacement`).
 *
 * @returns Whether workers can do it: a place elsewhere is only the caller's to write to.
 */
export async function askForPlacement(
  store: Store,
  id: string,
  { output, replace }: { readonly output: string; readonly replace: boolean },
): Promise<boolean> {
  const key = store instanceof FolderStore ? await store.keyOf(output) : null;
  if (key === null) return false;
  const placement: Placement = { key, replace };
  await store.write(noteFor(id, key), utf8Bytes(JSON.stringify(placement)));
  return true;
}

/** For whoever has put a result there itself: a worker that finds the note later must not write over what lies there by then. */
export async function withdrawPlacement(
  store: Store,
  id: string,
  { output }: { readonly output: string },
): Promise<void> {
  if (!(store instanceof FolderStore)) return;
  const key = await store.keyOf(output);
  if (key !== null) await store.remove(noteFor(id, key));
}

/**
 * Puts a result where it was asked for; a place is asked for once.
 * @returns Places that were taken by other files, which are left as they are.
 */
export async function placeResult(store: Store, id: string, bytes: Uint8Array): Promise<string[]> {
  if (!(store instanceof FolderStore)) return [];
  const taken: string[] = [];
  for (const note of await store.list(folderOf(id))) {
    const placement = readPlacement(await store.read(note).catch(() => null));
    if (placement !== null && !(await place(store, placement, bytes))) taken.push(placement.key);
    await store.remove(note);
  }
  return taken;
}

/** @returns `false` where another file lies there. */
async function place(
  store: FolderStore,
  { key, replace }: Placement,
  bytes: Uint8Array,
): Promise<boolean> {
  const path = await store.path(key);
  await makeFolder(path);
  // An earlier run of the job may have been killed as it wrote.
  await removeStaleTemporaries([path]);
  try {
    await writeFileAtomic(path, bytes, { replace });
    return true;
  } catch (error) {
    if (!(error instanceof FileError) || error.code !== 'ERR_FILE_EXISTS') throw error;
    // An earlier run of the job may have put it there.
    return sha256(await store.read(key)) === sha256(bytes);
  }
}

function noteFor(id: string, key: string): string {
  return `${folderOf(id)}/${sha256(utf8Bytes(key)).slice(0, 16)}.json`;
}

function folderOf(id: string): string {
  return `places/${id.slice(0, 2)}/${id}`;
}

/** `null` for what is none: others may write to the store. */
function readPlacement(bytes: Uint8Array | null): Placement | null {
  if (bytes === null) return null;
  try {
    const { key, replace } = Object(JSON.parse(textOf(bytes)));
    return isKey(key) && typeof replace === 'boolean' ? { key, replace } : null;
  } catch {
    return null;
  }
}
