import { requireBuiltin } from './builtin.js';
import { errorCode, FileError, fileError } from './fileError.js';
import {
  asideName,
  beginWriting,
  isTaken,
  leftovers,
  parentFolder,
  temporaryName,
  toDisk,
} from './files.js';
import { makeFolders } from './folders.js';

/**
 * A folder of files that are written one after the other, which has its name only once all are there: before, it lies beside it under a
 * temporary one.
 */
export class PartFolder {
  readonly #path: string;
  readonly #temporary: string;
  readonly #made = new Set<string>();
  #endWriting: () => void = () => undefined;

  constructor(path: string) {
    this.#path = path;
    this.#temporary = temporaryName(path);
  }

  /** @param name `FOLDER/FILE`. @throws FileError when it cannot be written. */
  write(name: string, bytes: Uint8Array): void {
    const fs = requireBuiltin('fs', `Writing ${this.#path}`);
    const { dirname, join } = requireBuiltin('path', `Writing ${this.#path}`);
    const path = join(this.#temporary, name);
    try {
      this.#make(dirname(path));
      const file = fs.openSync(path, 'wx');
      try {
        for (let from = 0; from < bytes.length; ) {
          from += fs.writeSync(file, bytes, from, bytes.length - from);
        }
      } finally {
        fs.closeSync(file);
      }
    } catch (error) {
      throw fileError('write', this.#path, error);
    }
  }

  /**
   * Gives it its name. What has that name is refused, or replaced.
   * @param mayReplace Of a folder that is there: whether all in it is what such a folder holds; `null`: nothing is replaced.
   * @param complete What belongs to it, done while a folder that is replaced is still there: where it fails, that one gets its name back.
   * @throws FileError `ERR_FILE_EXISTS`; what `complete` throws.
   */
  async publish(
    mayReplace: ((names: readonly string[]) => boolean) | null,
    complete: () => Promise<void>,
  ): Promise<void> {
    const fs = requireBuiltin('fs', `Writing ${this.#path}`);
    const aside = asideName(this.#path);
    try {
      await this.#toDisk();
      const isReplaced = await isTaken(this.#path);
      if (isReplaced) await this.#refuseOthers(mayReplace);
      // Without waiting in between, so that no signal ends the process there.
      if (isReplaced) fs.renameSync(this.#path, aside);
      try {
        fs.renameSync(this.#temporary, this.#path);
        await complete();
      } catch (error) {
        if (await isTaken(this.#path)) fs.renameSync(this.#path, this.#temporary);
        if (isReplaced) fs.renameSync(aside, this.#path);
        throw error;
      }
      fs.rmSync(aside, { recursive: true, force: true });
    } catch (error) {
      throw fileError('write', this.#path, error);
    } finally {
      this.discard();
    }
  }

  /** @throws FileError unless what is there may be replaced. */
  async #refuseOthers(mayReplace: ((names: readonly string[]) => boolean) | null): Promise<void> {
    if (mayReplace === null) throw folderExists(this.#path, 'nothing in it is replaced');
    const names = await namesWithin(this.#path);
    if (names === null || !mayReplace(names)) {
      throw folderExists(this.#path, OTHERS);
    }
  }

  /** Leaves nothing behind, unless it has its name. */
  discard(): void {
    const { rmSync } = requireBuiltin('fs', 'A folder');
    rmSync(this.#temporary, { recursive: true, force: true });
    this.#endWriting();
    this.#endWriting = () => undefined;
  }

  #make(folder: string): void {
    if (this.#made.has(folder)) return;
    if (this.#made.size === 0) {
      makeFolders(parentFolder(this.#path));
      this.#endWriting = beginWriting(this.#temporary);
    }
    makeFolders(folder);
    this.#made.add(folder);
  }

  /** Names, and what they lead to: one call for each of thousands of files would take minutes. */
  async #toDisk(): Promise<void> {
    const { open } = requireBuiltin('fs/promises', `Writing ${this.#path}`);
    for (const folder of this.#made) {
      const handle = await open(folder, 'r').catch(() => null);
      if (handle === null) continue;
      await toDisk(handle).finally(() => handle.close());
    }
  }
}

/**
 * What a process that was killed has left of such a folder: a part of it is removed; what it had put aside to replace it gets its name
 * back, unless that was given to the new one.
 * @param arePartOfIt Whether all names in a folder are such as it holds: nothing else is removed.
 */
export async function recoverFolder(
  path: string,
  arePartOfIt: (names: readonly string[]) => boolean,
): Promise<void> {
  const { rename, rm } = requireBuiltin('fs/promises', `Looking for ${path}`);
  for (const left of await leftovers([path])) {
    const names = left.isFolder ? await namesWithin(left.path) : null;
    if (names === null || !arePartOfIt(names)) continue;
    if (left.kind === 'aside' && !(await isTaken(path))) await rename(left.path, path);
    else await rm(left.path, { recursive: true, force: true });
  }
}

export const OTHERS = 'it holds other things than tiles, which are kept';

export function folderExists(path: string, why: string): FileError {
  return new FileError('ERR_FILE_EXISTS', `${path}: the folder exists already; ${why}.`);
}

/** `FOLDER/FILE` of all that is in a folder; `null` where it is no folder, or is deeper. */
export async function namesWithin(path: string): Promise<string[] | null> {
  const { readdir, lstat } = requireBuiltin('fs/promises', `Looking into ${path}`);
  const { join } = requireBuiltin('path', `Looking into ${path}`);
  try {
    if (!(await lstat(path)).isDirectory()) return null;
    const names: string[] = [];
    for (const entry of await readdir(path, { withFileTypes: true })) {
      if (!entry.isDirectory()) {
        names.push(entry.name);
        continue;
      }
      for (const inner of await readdir(join(path, entry.name), { withFileTypes: true })) {
        if (!inner.isFile()) return null;
        names.push(`${entry.name}/${inner.name}`);
      }
    }
    return names;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw fileError('read', path, error);
  }
}
