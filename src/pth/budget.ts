import type { ByteSource } from '../platform/byteSource.js';
import { PthError } from './pthError.js';

/** Honest files expand little: half precision doubles, expanded views and deflate add some. */
const FACTOR = 16;
const SLACK = 1 << 20;

/**
 * The reader's only allocator. A file's numbers can ask for terabytes; what a file gets is bounded by the
 * bytes that it really has.
 */
export class Budget {
  readonly limit: number;
  #left: number;

  /** @param taken Bytes that the file has had before. */
  constructor(fileBytes: number, taken = 0) {
    this.limit = FACTOR * fileBytes + SLACK;
    this.#left = this.limit - taken;
  }

  /** Bytes that were asked for and granted. */
  get taken(): number {
    return this.limit - this.#left;
  }

  /** @throws PthError `ERR_PTH_TOO_LARGE` when the file has asked for too much in all. */
  take(bytes: number, what: string): void {
    if (!(bytes <= this.#left)) {
      throw new PthError(
        'ERR_PTH_TOO_LARGE',
        `${what} asks for ${bytes} bytes; with what was read before, that is more than ${FACTOR} times the file's size. The file is damaged or hostile`,
      );
    }
    this.#left -= bytes;
  }

  /** A piece of the file, which must lie inside it. Windows on memory that is there cost nothing. */
  async read(source: ByteSource, start: number, end: number, what: string): Promise<Uint8Array> {
    if (!source.shared) this.take(end - start, what);
    return source.read(start, end);
  }
}
