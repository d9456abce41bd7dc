import { fullPalette } from '../palette.js';
import { type BeginRows, type PutRow, putRows } from '../rows.js';
import { expandAlphaRow } from './alpha.js';
import type { PngParts } from './parts.js';
import { expandRow, largestIndex } from './pixels.js';
import { type Pass, unfilter } from './scanlines.js';

/** Makes pixels of filtered rows, of which two are held: as they come, or once all are there, where passes are interlaced. */
export class LinePainter {
  /** The largest index of a colour so far. */
  largest = 0;
  readonly #parts: PngParts;
  readonly #passes: readonly Pass[];
  readonly #palette: Uint8Array;
  readonly #begin: BeginRows;
  readonly #put: PutRow | null;
  /** A row, or the whole picture. */
  readonly #rgb: Uint8Array;
  readonly #alpha: Uint8Array | undefined;
  /** The row above, unfiltered, and the one that comes. */
  #lines = new Uint8Array(0);
  #filled = 0;
  #pass = 0;
  #row = 0;

  constructor(parts: PngParts, passes: readonly Pass[], hasAlpha: boolean, begin: BeginRows) {
    this.#parts = parts;
    this.#passes = passes;
    this.#palette = fullPalette(parts.palette);
    this.#begin = begin;
    const { width, height, interlaced } = parts.header;
    this.#put = interlaced ? null : begin({ width, height, hasAlpha });
    const pixels = interlaced ? width * height : width;
    this.#rgb = new Uint8Array(pixels * 3);
    this.#alpha = hasAlpha ? new Uint8Array(pixels) : undefined;
    this.#beginPass();
  }

  /** Takes the next bytes of the filtered rows of all passes. @throws ImageError for an unknown filter. */
  take(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const part = bytes.subarray(from, from + this.#lines.length - this.#filled);
      this.#lines.set(part, this.#filled);
      this.#filled += part.length;
      from += part.length;
      if (this.#filled === this.#lines.length) this.#paint();
    }
  }

  #beginPass(): void {
    const stride = 1 + this.#passes[this.#pass].rowBytes;
    this.#lines = new Uint8Array(2 * stride);
    this.#filled = stride;
    this.#row = 0;
  }

  #paint(): void {
    const { header, transparency } = this.#parts;
    const pass = this.#passes[this.#pass];
    const { rowBytes, stepX } = pass;
    const stride = 1 + rowBytes;
    unfilter(this.#lines, stride, this.#row, rowBytes, header.pixelBytes);
    const line = this.#lines.subarray(stride + 1);
    const to =
      this.#put === null ? (pass.top + this.#row * pass.stepY) * header.width + pass.left : 0;
    this.largest = Math.max(this.largest, largestIndex(line, pass.width, header));
    expandRow(line, pass.width, header, this.#palette, this.#rgb, to * 3, stepX * 3);
    if (this.#alpha !== undefined) {
      expandAlphaRow(line, pass.width, header, transparency, this.#alpha, to, stepX);
    }
    this.#put?.(this.#rgb, this.#alpha);
    this.#lines.copyWithin(0, stride);
    this.#filled = stride;
    this.#row++;
    if (this.#row === pass.height && ++this.#pass < this.#passes.length) this.#beginPass();
  }

  /** Once all have come: rows of passes lie all over the picture. */
  end(): void {
    if (this.#put !== null) return;
    const { width, height } = this.#parts.header;
    const whole = { width, height, data: this.#rgb };
    putRows(this.#alpha === undefined ? whole : { ...whole, alpha: this.#alpha }, this.#begin);
  }
}
