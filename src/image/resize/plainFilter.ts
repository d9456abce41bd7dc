import type { Filter } from './filter.js';
import { PRECISION_BITS } from './taps.js';

/** Both passes as loops of JavaScript, for runtimes without SIMD. */
export const plainFilter: Filter = {
  columns(rows, width, { first, count, weights, most }) {
    const line: Line = {
      offset: first.map((x) => x * 3),
      start: first.map((_, x) => x * most),
      end: count.map((taps, x) => x * most + taps),
      weights,
      step: 3,
    };
    const stride = rows.width * 3;
    const out = new Uint8Array(width * rows.height * 3);
    const filter = createLineFilter(rows.data, line, out);
    for (let y = 0; y < rows.height; y++) filter(y * stride, (y + 1) * stride, y * width * 3);
    return out;
  },

  rows({ width, data }, height, { first, count, weights, most }) {
    const stride = width * 3;
    const line: Line = {
      offset: new Int32Array(width).map((_, x) => x * 3),
      start: new Int32Array(width),
      end: new Int32Array(width),
      weights,
      step: stride,
    };
    const out = new Uint8Array(stride * height);
    const filter = createLineFilter(data, line, out);
    for (let y = 0; y < height; y++) {
      // All pixels of a row have the same weights.
      line.start.fill(y * most);
      line.end.fill(y * most + count[y]);
      filter(first[y] * stride, (first[y] + count[y]) * stride, y * stride);
    }
    return out;
  },
};

/** How a line of pixels is made of others: each is a weighted sum of pixels that lie `step` apart. */
interface Line {
  /** By pixel: where its first input pixel lies, from where the line begins. */
  readonly offset: Int32Array;
  /** By pixel: which weights are its own. */
  readonly start: Int32Array;
  readonly end: Int32Array;
  readonly weights: Int32Array;
  readonly step: number;
}

/** Gives a function that makes the line at `to` of `bytes` from the bytes of `data` in `from..end`. */
function createLineFilter(data: Uint8Array, line: Line, bytes: Uint8Array) {
  const out = new Uint8ClampedArray(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pixels = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return (from: number, end: number, to: number): void => {
    if (end < data.length) {
      filterLine(pixels, from, line, out, to);
      return;
    }
    // `filterLine` reads a byte behind each pixel; behind the last one of all there is none.
    const tail = new Uint8Array(end - from + 1);
    tail.set(data.subarray(from, end));
    filterLine(new DataView(tail.buffer), 0, line, out, to);
  };
}

/**
 * The inner loop of both passes. It takes a pixel, and the byte behind it, with one read: three of
 * them, each with its bounds check, take a third longer. Where weights are negative, sums leave the
 * range of bytes: the array clamps them, as Pillow's `clip8` does. `| 0` says that a place is a 32-bit integer, which the compiler does not
 * find out by itself.
 */
function filterLine(
  pixels: DataView,
  from: number,
  { offset, start, end, weights, step }: Line,
  out: Uint8ClampedArray,
  to: number,
): void {
  const half = 1 << (PRECISION_BITS - 1);
  const bits = PRECISION_BITS;
  const width = offset.length;
  for (let x = 0; x < width; x++, to += 3) {
    let red = half;
    let green = half;
    let blue = half;
    let at = (from + offset[x]) | 0;
    const last = end[x];
    for (let k = start[x]; k < last; k++, at = (at + step) | 0) {
      const weight = weights[k];
      const pixel = pixels.getUint32(at, true);
      red = (red + Math.imul(pixel & 255, weight)) | 0;
      green = (green + Math.imul((pixel >>> 8) & 255, weight)) | 0;
      blue = (blue + Math.imul((pixel >>> 16) & 255, weight)) | 0;
    }
    out[to] = red >> bits;
    out[to + 1] = green >> bits;
    out[to + 2] = blue >> bits;
  }
}
