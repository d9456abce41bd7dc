import { requireBuiltin } from './builtin.js';
import { fileError } from './fileError.js';
import { renameIntoPlace } from './files.js';

/**
 * Gives a file another name in the same folder; one of that name is replaced.
 * @throws FileError where that cannot be done.
 */
export async function moveFile(from: string, to: string): Promise<void> {
  await renameIntoPlace(from, to, { replace: true }).catch((error: unknown) => {
    throw fileError('write', to, error);
  });
}

/** Removes a file, if there is one. @throws FileError where that cannot be done. */
export async function removeFile(path: string): Promise<void> {
  const { rm } = requireBuiltin('fs/promises', `Removing ${path}`);
  await rm(path, { force: true }).catch((error: unknown) => {
    throw fileError('write', path, error);
  });
}

/** Names of what lies in a folder, sorted. @throws FileError where it cannot be read. */
export async function listFolder(path: string): Promise<string[]> {
  const { readdir } = requireBuiltin('fs/promises', `Looking into ${path}`);
  const names = await readdir(path).catch((error: unknown) => {
    throw fileError('read', path, error);
  });
  return names.sort();
}
