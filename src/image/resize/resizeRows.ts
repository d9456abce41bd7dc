import { checkOptions } from '../../tensor/callerValues.js';
import { checkPictureSize } from '../picture.js';
import type { BeginRows } from '../rows.js';
import type { Filter } from './filter.js';
import { plainFilter } from './plainFilter.js';
import { kernelOf, type ResizeOptions, resizedSize } from './resize.js';
import { simdFilter } from './simdFilter.js';
import { filterTaps, type ResizeKernel, type Taps } from './taps.js';
import { checkResizeTarget, type ResizeTarget } from './target.js';

/** So many bytes of rows are made narrower at a time: tables of weights are laid out for each. */
const BAND_BYTES = 2 ** 19;
/** Rows that are given on together, where a picture is enlarged. */
const MAX_OUTPUTS = 64;

/**
 * As `resize`, row by row: held are half a megabyte of rows, and those that an output row is made of.
 *
 * ```ts
 * const encoder = encodeRows('small.png');
 * decodeRows(encodeImage(await openImage('horse.png'), 'x.png'), resizeRows(64)(encoder.begin));
 * decodeImage(encoder.end()).height; // 64
 * ```
 *
 * @returns A function from where the resized picture goes to where the picture comes in.
 * @throws ImageError `ERR_RESIZE` for another target; when the picture begins, `ERR_IMAGE_SIZE` where the result would have no pixels, or
 * too many.
 */
export function resizeRows(
  target: ResizeTarget,
  options: ResizeOptions = {},
): (next: BeginRows) => BeginRows {
  checkOptions('resizeRows', options);
  checkResizeTarget(target);
  const kernel = kernelOf(options.interpolation ?? 'bilinear');
  return (next) => (head) => {
    const size = resizedSize(head, target);
    checkPictureSize(size.width, size.height, 'A resized picture');
    const put = next({ ...size, hasAlpha: head.hasAlpha });
    const colours = new RowResizer(head, size, kernel);
    if (!head.hasAlpha) {
      return (rgb) => {
        for (const rows of colours.add(rgb)) for (const row of rows) put(row);
      };
    }
    // Alpha goes the way of a colour, as fast as colours do.
    const opacity = new RowResizer(head, size, kernel);
    const spread = new Uint8Array(3 * head.width);
    const alphaRow = new Uint8Array(size.width);
    return (rgb, alpha = new Uint8Array(head.width)) => {
      for (let x = 0; x < head.width; x++) spread[3 * x] = alpha[x];
      const alphas = opacity.add(spread);
      for (const rows of colours.add(rgb)) {
        const others = alphas.next().value ?? [];
        for (const [i, row] of rows.entries()) {
          for (let x = 0; x < size.width; x++) alphaRow[x] = others[i][3 * x];
          put(row, alphaRow);
        }
      }
      alphas.next();
    };
  };
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Both passes over rows that come one after the other. */
class RowResizer {
  readonly #filter: Filter = simdFilter() ?? plainFilter;
  readonly #from: Size;
  readonly #to: Size;
  readonly #columnTaps: Taps | null;
  readonly #rowTaps: Taps | null;
  /** Rows as they come. */
  readonly #band: Uint8Array;
  #waiting = 0;
  /** Rows that have their width, and that outputs to come are made of; and which of all the first of them is. */
  #window = new Uint8Array(0);
  #windowStart = 0;
  #seen = 0;
  #made = 0;

  constructor(from: Size, to: Size, kernel: ResizeKernel) {
    this.#from = from;
    this.#to = to;
    this.#columnTaps = from.width === to.width ? null : filterTaps(from.width, to.width, kernel);
    this.#rowTaps = from.height === to.height ? null : filterTaps(from.height, to.height, kernel);
    const rows = Math.max(1, Math.min(from.height, Math.floor(BAND_BYTES / (3 * from.width))));
    this.#band = new Uint8Array(rows * 3 * from.width);
  }

  /** @returns The rows that can be made now, some at a time, each time valid until the next. */
  *add(row: Uint8Array): Generator<Uint8Array[]> {
    const stride = 3 * this.#from.width;
    const band = this.#band;
    band.set(row.subarray(0, stride), this.#waiting * stride);
    this.#waiting++;
    this.#seen++;
    if (this.#waiting * stride < band.length && this.#seen < this.#from.height) return;
    const rows = { width: this.#from.width, height: this.#waiting, data: band };
    const data = band.subarray(0, this.#waiting * stride);
    this.#waiting = 0;
    const { width } = this.#to;
    const taps = this.#columnTaps;
    yield* this.#down(taps === null ? data : this.#filter.columns({ ...rows, data }, width, taps));
  }

  *#down(rows: Uint8Array): Generator<Uint8Array[]> {
    const taps = this.#rowTaps;
    if (taps === null) {
      yield rowsOf(rows, 3 * this.#to.width);
      return;
    }
    const { width, height } = this.#to;
    const stride = 3 * width;
    const window = new Uint8Array(this.#window.length + rows.length);
    window.set(this.#window);
    window.set(rows, this.#window.length);
    for (;;) {
      const from = this.#made;
      let end = from;
      while (end < Math.min(height, from + MAX_OUTPUTS) && this.#has(taps, end)) end++;
      if (end === from) break;
      this.#made = end;
      const part = partOf(taps, from, end, this.#windowStart);
      const whole = { width, height: window.length / stride, data: window };
      yield rowsOf(this.#filter.rows(whole, end - from, part), stride);
    }
    const first = this.#made < height ? taps.first[this.#made] : this.#seen;
    // Where rows are left out, the next output begins beyond what has come.
    const dropped = Math.min(first - this.#windowStart, window.length / stride);
    this.#window = window.slice(dropped * stride);
    this.#windowStart += dropped;
  }

  #has({ first, count }: Taps, output: number): boolean {
    return first[output] + count[output] <= this.#seen;
  }
}

/** The taps of some outputs, for inputs of which the first `skipped` are not there. */
function partOf(taps: Taps, from: number, end: number, skipped: number): Taps {
  const { most } = taps;
  return {
    first: taps.first.slice(from, end).map((row) => row - skipped),
    count: taps.count.subarray(from, end),
    weights: taps.weights.subarray(from * most, end * most),
    most,
  };
}

function rowsOf(data: Uint8Array, stride: number): Uint8Array[] {
  return Array.from({ length: data.length / stride }, (_, y) =>
    data.subarray(y * stride, (y + 1) * stride),
  );
}
