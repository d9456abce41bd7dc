import { CycleganError } from '../../errors.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { errorCode, FileError, fileError } from '../../platform/fileError.js';
import {
  isRegularFile,
  makeFolder,
  readFileBytes,
  realPath,
  writeFileAtomic,
} from '../../platform/files.js';
import { makeFolders } from '../../platform/folders.js';
import { isKey, type Store } from './store.js';

/** A folder that all machines see: on one machine any, on many what NFS, SMB or a volume gives them. */
export class FolderStore implements Store {
  readonly folder: string;

  /** @throws FileError where there is no such folder, and none can be made. */
  static async open(folder: string): Promise<FolderStore> {
    const { resolve } = requireBuiltin('path', `The store ${folder}`);
    try {
      makeFolders(resolve(folder));
    } catch (error) {
      throw new FileError('ERR_FILE', `${folder}: this can be no store, for it is no folder.`, {
        cause: error,
      });
    }
    return new FolderStore(await realPath(folder));
  }

  /** Use `FolderStore.open`. @param folder Links followed. */
  constructor(folder: string) {
    this.folder = folder;
  }

  get name(): string {
    return this.folder;
  }

  async read(key: string): Promise<Uint8Array> {
    return readFileBytes(await this.path(key), { regular: true });
  }

  async has(key: string): Promise<boolean> {
    return isRegularFile(await this.path(key));
  }

  async renew(key: string): Promise<boolean> {
    const { utimes } = requireBuiltin('fs/promises', `The store ${this.folder}`);
    if (!(await this.has(key))) return false;
    const now = new Date();
    // What is another user's cannot be touched; written anew, it is new.
    return utimes(await this.path(key), now, now).then(
      () => true,
      () => false,
    );
  }

  /** When a file was last written or renewed, in milliseconds since 1970; `null` for what is no file. */
  async modified(key: string): Promise<number | null> {
    const { lstat } = requireBuiltin('fs/promises', `The store ${this.folder}`);
    // What a link leads to elsewhere is no file of the store.
    const path = await this.path(key).catch(() => null);
    const found = path === null ? null : await lstat(path).catch(() => null);
    return found?.isFile() ? found.mtimeMs : null;
  }

  async write(key: string, bytes: Uint8Array): Promise<void> {
    const path = await this.path(key);
    await makeFolder(path);
    await writeFileAtomic(path, bytes, { replace: true });
  }

  /** Keys of the files of a folder, which need not be there. */
  async list(folder: string): Promise<string[]> {
    const { readdir } = requireBuiltin('fs/promises', `The store ${this.folder}`);
    const names = await readdir(await this.path(folder)).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
      throw fileError('read', folder, error);
    });
    return names.map((name) => `${folder}/${name}`).filter(isKey);
  }

  async remove(key: string): Promise<void> {
    const { rm } = requireBuiltin('fs/promises', `The store ${this.folder}`);
    await rm(await this.path(key), { force: true });
  }

  /** Removes a folder that has nothing in it, and to which nothing has happened since; in milliseconds since 1970. */
  async removeEmpty(folder: string, since: number): Promise<void> {
    const { lstat, rmdir } = requireBuiltin('fs/promises', `The store ${this.folder}`);
    const path = await this.path(folder);
    const found = await lstat(path).catch(() => null);
    if (!found?.isDirectory() || found.mtimeMs > since) return;
    await rmdir(path).catch((error: unknown) => {
      // By now, something lies there, or another has removed it.
      if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(String(errorCode(error)))) {
        throw fileError('write', folder, error);
      }
    });
  }

  /**
   * Where a key's file lies.
   * @throws CycleganError `ERR_QUEUE_JOB` for what is no key, or for a way that a link leads out of the store.
   */
  async path(key: string): Promise<string> {
    const { join } = requireBuiltin('path', `The store ${this.folder}`);
    const path = isKey(key) ? join(this.folder, key) : null;
    if (path !== null && (await this.keyOf(path)) !== null) return path;
    throw new CycleganError('ERR_QUEUE_JOB', `${key}: this leads out of the store ${this.folder}.`);
  }

  /** The key of a file that lies in the store, links followed; `null` for one that does not. */
  async keyOf(path: string): Promise<string | null> {
    const { isAbsolute, relative, sep } = requireBuiltin('path', `The store ${this.folder}`);
    const way = relative(this.folder, await realPath(path));
    if (way === '' || isAbsolute(way) || way.split(sep)[0] === '..') return null;
    const key = way.split(sep).join('/');
    return isKey(key) ? key : null;
  }
}
