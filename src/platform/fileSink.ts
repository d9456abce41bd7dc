import { requireBuiltin } from './builtin.js';
import { fileError } from './fileError.js';
import { beginWriting, parentFolder, renameIntoPlace, temporaryName, toDisk } from './files.js';
import { makeFolders } from './folders.js';
import { fileSha256 } from './sha256.js';

/** Bytes come a few at a time: so many are written together. */
const BUFFER_BYTES = 2 ** 16;

/**
 * A file that is written as its bytes come, without waiting for the disk to be asked: under a temporary name beside its own, which it gets
 * once it is complete. What goes wrong is thrown as a FileError of its path.
 */
export class FileSink {
  /** Bytes so far. */
  length = 0;
  readonly #path: string;
  readonly #temporary: string;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #buffered = 0;
  #file: number | null = null;
  #endWriting: () => void = () => undefined;

  constructor(path: string) {
    this.#path = path;
    this.#temporary = temporaryName(path);
  }

  add(bytes: Uint8Array): void {
    this.length += bytes.length;
    if (this.#buffered + bytes.length > BUFFER_BYTES) this.#flush();
    if (bytes.length > BUFFER_BYTES) {
      this.#write(bytes, null);
      return;
    }
    this.#buffer.set(bytes, this.#buffered);
    this.#buffered += bytes.length;
  }

  /** Others in place of bytes that were added before. */
  replace(at: number, bytes: Uint8Array): void {
    this.#flush();
    this.#write(bytes, at);
  }

  /** Of all bytes, in hexadecimal: read once more. */
  async sha256(): Promise<string> {
    this.#flush();
    return fileSha256(this.#temporary);
  }

  /** Gives it its name. Without `replace`, a file that exists is refused. */
  async publish(options: { readonly replace: boolean }): Promise<void> {
    this.#flush();
    const fs = requireBuiltin('fs', `Writing ${this.#path}`);
    const { promisify } = requireBuiltin('util', `Writing ${this.#path}`);
    try {
      const file = this.#open();
      await toDisk({ sync: () => promisify(fs.fsync)(file) });
      this.#close();
      await renameIntoPlace(this.#temporary, this.#path, options);
    } catch (error) {
      throw fileError('write', this.#path, error);
    } finally {
      this.discard();
    }
  }

  /** Leaves nothing behind, unless it has its name. */
  discard(): void {
    this.#close();
    requireBuiltin('fs', 'A file').rmSync(this.#temporary, { force: true });
    this.#endWriting();
    this.#endWriting = () => undefined;
  }

  #open(): number {
    if (this.#file !== null) return this.#file;
    const { openSync } = requireBuiltin('fs', `Writing ${this.#path}`);
    makeFolders(parentFolder(this.#path));
    this.#endWriting = beginWriting(this.#temporary);
    this.#file = openSync(this.#temporary, 'wx+');
    return this.#file;
  }

  #close(): void {
    if (this.#file === null) return;
    const file = this.#file;
    this.#file = null;
    requireBuiltin('fs', 'A file').closeSync(file);
  }

  #flush(): void {
    const bytes = this.#buffer.subarray(0, this.#buffered);
    this.#buffered = 0;
    if (bytes.length > 0) this.#write(bytes, null);
  }

  /** @param at Where; `null`: behind what there is. */
  #write(bytes: Uint8Array, at: number | null): void {
    const { writeSync } = requireBuiltin('fs', `Writing ${this.#path}`);
    try {
      const file = this.#open();
      for (let from = 0; from < bytes.length; ) {
        const place = at === null ? null : at + from;
        from += writeSync(file, bytes, from, bytes.length - from, place);
      }
    } catch (error) {
      throw fileError('write', this.#path, error);
    }
  }
}
