import { damaged } from './tiffDirectory.js';

const [CLEAR, END, FIRST] = [256, 257, 258];
const MAX_CODES = 4096;

/**
 * Unpacks LZW to `size` bytes. Codes come with their highest bits first, and grow a code sooner than those of GIFs.
 *
 * @returns Fewer bytes when the data end early.
 * @throws ImageError `ERR_TIFF` for a code that there cannot be, and for the order of bits of early writers.
 * @see TIFF 6.0, section 13
 */
export function unpackTiffLzw(data: Uint8Array, size: number): Uint8Array {
  if (data[0] === 0 && (data[1] & 1) === 1) {
    throw damaged('The TIFF is compressed by LZW of an old kind (before TIFF 5.0): not read.');
  }
  const out = new Uint8Array(size);
  // A code's string stands in the output already: where, and how long it is.
  const start = new Uint32Array(MAX_CODES);
  const length = new Uint32Array(MAX_CODES);
  let [at, to, bits, next] = [0, 0, 9, FIRST];
  let [buffer, filled] = [0, 0];
  let [previous, previousLength] = [0, 0];
  while (to < size) {
    while (filled < bits && at < data.length) {
      buffer = ((buffer << 8) | data[at++]) & 0xffffff;
      filled += 8;
    }
    if (filled < bits) break;
    filled -= bits;
    const code = (buffer >> filled) & ((1 << bits) - 1);
    if (code === END) break;
    if (code === CLEAR) {
      [bits, next, previousLength] = [9, FIRST, 0];
      continue;
    }
    if (code >= next && (code > next || previousLength === 0)) {
      throw damaged(`The TIFF has an LZW code that does not occur, at byte ${to} of ${size}.`);
    }
    // The string before and the first byte of this one lie side by side in the output: a new string.
    if (previousLength > 0 && next < MAX_CODES) {
      start[next] = previous;
      length[next++] = previousLength + 1;
      if (next === (1 << bits) - 1 && bits < 12) bits++;
    }
    previous = to;
    if (code < CLEAR) {
      out[to++] = code;
      previousLength = 1;
      continue;
    }
    previousLength = length[code];
    const end = Math.min(size, to + previousLength);
    for (let from = start[code]; to < end; ) out[to++] = out[from++];
  }
  return out.subarray(0, to);
}
