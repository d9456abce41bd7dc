import { type BmpHeader, damaged } from './bmpHeader.js';

/** What stands behind a zero. */
const [END_OF_LINE, END_OF_PICTURE, DELTA] = [0, 1, 2];

/** A run of two bytes has 255 pixels at most. A small picture may end early, which costs little memory. */
const MAX_PIXELS_PER_BYTE = 128;
const FREE_PIXELS = 2 ** 20;

/**
 * The indices of a picture in run lengths, rows in the file's order. What is beyond the end of a row is left out, and what
 * no run reaches is 0.
 *
 * @throws ImageError `ERR_BMP` when the data end before the picture does.
 * @see https://learn.microsoft.com/windows/win32/gdi/bitmap-compression
 */
export function runIndices(
  data: Uint8Array,
  { width, height, compression }: Pick<BmpHeader, 'width' | 'height' | 'compression'>,
): Uint8Array {
  if (width * height > FREE_PIXELS + data.length * MAX_PIXELS_PER_BYTE) {
    throw damaged(`The BMP has ${data.length} bytes for ${width} x ${height} pixels.`);
  }
  const indices = new Uint8Array(width * height);
  const isNibbles = compression === 'rle4';
  let [x, y, at] = [0, 0, 0];
  const put = (index: number) => {
    if (x < width && y < height) indices[y * width + x] = index;
    x++;
  };
  while (y < height) {
    // Some writers leave the last mark out.
    if (at + 1 >= data.length) {
      if (y === height - 1 && x >= width) return indices;
      throw damaged(`The BMP ends within its pixels, in row ${y} of ${height}.`);
    }
    const [count, value] = [data[at], data[at + 1]];
    at += 2;
    if (count > 0) {
      for (let i = 0; i < count; i++) put(isNibbles ? nibble(value, i) : value);
    } else if (value === END_OF_PICTURE) {
      return indices;
    } else if (value === END_OF_LINE) {
      x = 0;
      y++;
    } else if (value === DELTA) {
      if (at + 1 >= data.length) throw damaged('The BMP ends within its pixels.');
      x += data[at];
      y += data[at + 1];
      at += 2;
    } else {
      const length = isNibbles ? Math.ceil(value / 2) : value;
      if (at + length > data.length) throw damaged('The BMP ends within its pixels.');
      for (let i = 0; i < value; i++) {
        put(isNibbles ? nibble(data[at + (i >> 1)], i) : data[at + i]);
      }
      // Such runs begin at even places.
      at += length + (length % 2);
    }
  }
  return indices;
}

/** The upper half of a byte for even places, the lower for odd ones. */
function nibble(byte: number, place: number): number {
  return place % 2 === 0 ? byte >> 4 : byte & 15;
}
