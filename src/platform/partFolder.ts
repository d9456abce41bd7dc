import { requireBuiltin } from './builtin.js';
import { errorCode, FileError, fileError } from './fileError.js';
import { beginWriting, isTaken, parentFolder, temporaryName, toDisk } from './files.js';
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
   * @throws FileError `ERR_FILE_EXISTS`.
   */
  async publish(mayReplace: ((names: readonly string[]) => boolean) | null): Promise<void> {
    const fs = requireBuiltin('fs/promises', `Writing ${this.#path}`);
    const aside = temporaryName(this.#path);
    try {
      await this.#toDisk();
      const isReplaced = await isTaken(this.#path);
      if (isReplaced) await this.#refuseOthers(mayReplace);
      if (isReplaced) await fs.rename(this.#path, aside);
      try {
        await fs.rename(this.#temporary, this.#path);
      } catch (error) {
        if (isReplaced) await fs.rename(aside, this.#path);
        throw error;
      }
      await fs.rm(aside, { recursive: true, force: true });
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
