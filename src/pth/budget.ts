import type { ByteSource } from '../platform/byteSource.js';
import { PthError } from './pthError.js';

/** What a file may cost in all. */
export interface BudgetLimits {
  /** Bytes for each byte of the file. */
  readonly factor: number;
  /** Bytes that every file may have on top. */
  readonly slack: number;
  /** Bytes for values that are no numbers of tensors: texts, lists, dicts and their like. */
  readonly values: number;
}

/**
 * Honest files expand little: half precision doubles, expanded views and deflate add some. Their values beside the numbers
 * are far fewer than these; JavaScript's arrays and maps end the process, or in errors of their own, when they grow
 * further.
 */
export const LIMITS: BudgetLimits = { factor: 16, slack: 1 << 20, values: 1 << 27 };

/** What a piece of a file costs on top of its bytes: somebody has to ask the system for it. */
export const READ_COST = 512;

/**
 * The reader's only allocator. A file's numbers can ask for terabytes; what a file gets is bounded by the
 * bytes that it really has. Whatever is made of the file is charged here before it is made, by what it takes in
 * memory; a step that makes nothing is charged, too, so that time is bounded as well.
 */
export class Budget {
  #limit: number;
  readonly #limits: BudgetLimits;
  #left: number;
  #valuesLeft: number;

  /** @param taken Bytes that the file has had before. */
  constructor(fileBytes: number, taken = 0, limits: BudgetLimits = LIMITS) {
    this.#limit = limits.factor * fileBytes + limits.slack;
    this.#limits = limits;
    this.#left = this.#limit - taken;
    this.#valuesLeft = limits.values;
  }

  /** Bytes that were asked for and granted. */
  get taken(): number {
    return this.#limit - this.#left;
  }

  get limit(): number {
    return this.#limit;
  }

  /** The file has so many bytes more, which lie beside it. */
  grow(fileBytes: number): void {
    const more = this.#limits.factor * fileBytes;
    this.#limit += more;
    this.#left += more;
  }

  /** One more of the same size that has been charged as much. */
  fork(): Budget {
    const { factor, slack } = this.#limits;
    return new Budget((this.#limit - slack) / factor, this.taken, this.#limits);
  }

  /** @throws PthError `ERR_PTH_TOO_LARGE` when the file has asked for too much in all. */
  take(bytes: number, what: string): void {
    if (!(bytes >= 0 && bytes <= this.#left)) {
      throw new PthError(
        'ERR_PTH_TOO_LARGE',
        `${what} asks for ${bytes} bytes; with what was read before, that is more than ${this.#limits.factor} times the file's size. The file is damaged or hostile`,
      );
    }
    this.#left -= bytes;
  }

  /** Charges values that live on the heap: they have a limit of their own, too. */
  takeValues(bytes: number, what: string): void {
    if (!(bytes <= this.#valuesLeft)) {
      throw new PthError(
        'ERR_PTH_TOO_LARGE',
        `${what} and what was read before takes more than ${this.#limits.values} bytes, without the numbers of tensors. No state dict needs as much`,
      );
    }
    this.take(bytes, what);
    this.#valuesLeft -= bytes;
  }

  /** A piece of the file, which must lie inside it. Windows on memory that is there cost nothing. */
  async read(source: ByteSource, start: number, end: number, what: string): Promise<Uint8Array> {
    if (!source.shared) this.take(end - start + READ_COST, what);
    return source.read(start, end);
  }
}
