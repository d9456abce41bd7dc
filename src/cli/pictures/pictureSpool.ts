import { CONTROL } from '../../engine/wasm/kernels/driver.js';
import { beginNodeScratch } from '../../engine/wasm/scratch/nodeScratch.js';
import type { Scratch, ScratchAccess } from '../../engine/wasm/scratch/transfer.js';
import type { BeginRows, PictureRows, RowHead } from '../../image/rows.js';

/** So much is written, or read, at a time. */
const BLOCK_BYTES = 2 ** 20;

/** The rows of a large picture on a disk: written once as they are decoded, and read as often as is wanted. */
export class PictureSpool {
  readonly #folder: string;
  #rows: SpooledRows | null = null;

  /** @param folder Where the file goes, which another process removes where this one is killed. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Takes the rows. @throws FileError where the disk has too little room, or fails. */
  readonly begin: BeginRows = (head) => {
    const rows = new SpooledRows(this.#folder, head);
    this.#rows = rows;
    return rows.put;
  };

  /** Once all rows have come. */
  get picture(): PictureRows {
    if (this.#rows === null) throw new Error('no row has come');
    return this.#rows;
  }

  /** Removes the file. */
  remove(): void {
    this.#rows?.remove();
    this.#rows = null;
  }
}

/** In the file, a row's alpha follows its colours. */
class SpooledRows implements PictureRows {
  readonly width: number;
  readonly height: number;
  readonly hasAlpha: boolean;
  readonly #scratch: Scratch;
  readonly #file: ScratchAccess;
  readonly #rowBytes: number;
  /** Some rows, from `#first` on: those that are yet to be written, then those that were read last. */
  readonly #block: Uint8Array;
  #first = 0;
  #count = 0;

  constructor(folder: string, { width, height, hasAlpha }: RowHead) {
    [this.width, this.height, this.hasAlpha] = [width, height, hasAlpha];
    this.#rowBytes = width * (hasAlpha ? 4 : 3);
    this.#scratch = beginNodeScratch(folder, this.#rowBytes * height, { resume: false });
    // In place of a program's memory, in which threads would be told to open another file.
    this.#file = this.#scratch.open(new ArrayBuffer(CONTROL.steps));
    const most = Math.max(1, Math.floor(BLOCK_BYTES / this.#rowBytes));
    this.#block = new Uint8Array(Math.min(most, height) * this.#rowBytes);
  }

  readonly put = (rgb: Uint8Array, alpha?: Uint8Array): void => {
    const at = this.#count * this.#rowBytes;
    this.#block.set(rgb, at);
    if (alpha !== undefined) this.#block.set(alpha, at + 3 * this.width);
    this.#count++;
    const isLast = this.#first + this.#count === this.height;
    if (!isLast && (this.#count + 1) * this.#rowBytes <= this.#block.length) return;
    this.#move(true);
    this.#first += this.#count;
    this.#count = 0;
  };

  rgbRow(y: number): Uint8Array {
    return this.#row(y).subarray(0, 3 * this.width);
  }

  alphaRow(y: number): Uint8Array {
    return this.#row(y).subarray(3 * this.width);
  }

  remove(): void {
    this.#file.close();
    this.#scratch.remove();
  }

  #row(y: number): Uint8Array {
    if (y < this.#first || y >= this.#first + this.#count) {
      this.#first = y;
      this.#count = Math.min(this.#block.length / this.#rowBytes, this.height - y);
      this.#move(false);
    }
    const at = (y - this.#first) * this.#rowBytes;
    return this.#block.subarray(at, at + this.#rowBytes);
  }

  #move(isStore: boolean): void {
    const bytes = this.#block.subarray(0, this.#count * this.#rowBytes);
    this.#file.move(bytes, this.#first * this.#rowBytes, isStore);
  }
}
