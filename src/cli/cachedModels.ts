import { requireBuiltin } from '../platform/builtin.js';
import { fileError } from '../platform/fileError.js';
import { withFileLock } from '../platform/fileLock.js';
import { partPath } from '../platform/partFile.js';
import { readNote, removeNote } from '../platform/partNote.js';
import { fileSha256 } from '../platform/sha256.js';
import { MODELS } from './modelList.js';
import { modelPath } from './models.js';

/** A model that lies in the cache, or the beginning of one. */
export interface CachedModel {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly modified: Date;
  /** In hexadecimal; `null` where the download was cut off, and goes on with the next. */
  readonly sha256: string | null;
}

/** What was downloaded, by name. */
export async function cachedModels(): Promise<readonly CachedModel[]> {
  const found: CachedModel[] = [];
  for (const { name } of MODELS) {
    const path = modelPath(name);
    if (path === null) continue;
    for (const [file, isWhole] of [
      [path, true],
      [partPath(path), false],
    ] as const) {
      const stat = await statOf(file);
      if (stat === null) continue;
      const sha256 = isWhole ? await fileSha256(file) : null;
      found.push({ name, path: file, bytes: stat.size, modified: stat.mtime, sha256 });
    }
  }
  return found;
}

async function statOf(path: string) {
  const { stat } = requireBuiltin('fs/promises', `Looking for ${path}`);
  return stat(path).then(
    (found) => (found.isFile() ? found : null),
    () => null,
  );
}

/**
 * Removes a model's file, and what has come of a download of it.
 * @throws FileError `ERR_FILE_BUSY` while it is being downloaded; where it cannot be removed.
 * @returns Whether there was anything.
 */
export async function removeModel(name: string): Promise<boolean> {
  const path = modelPath(name);
  if (path === null) return false;
  const part = partPath(path);
  const isPart = (await readNote(part)) !== null;
  const files = isPart ? [path, part] : [path];
  const there = (await Promise.all(files.map(statOf))).some((stat) => stat !== null);
  if (!there && !isPart) return false;
  const { rm } = requireBuiltin('fs/promises', `Removing ${path}`);
  await withFileLock(`${part}.lock`, async () => {
    for (const file of files) {
      await rm(file, { force: true }).catch((error: unknown) => {
        throw fileError('write', file, error);
      });
    }
    if (isPart) await removeNote(part);
  });
  return true;
}
