import { damaged } from './gifHeader.js';

/** Codes have up to so many bits; the table does not grow beyond. */
const MAX_BITS = 12;
const MAX_CODES = 1 << MAX_BITS;

/**
 * Unpacks the codes of a GIF's blocks, up to `count` indices.
 *
 * @param minimumBits Of the indices; two more codes clear the table and end the data.
 * @returns The indices, fewer when the data end early.
 * @throws ImageError `ERR_GIF` for a code that there cannot be.
 * @see https://www.w3.org/Graphics/GIF/spec-gif89a.txt, appendix F
 */
export function unpackLzw(codes: CodeReader, minimumBits: number, count: number): Uint8Array {
  if (minimumBits < 1 || minimumBits > MAX_BITS - 1) {
    throw damaged(`The GIF says that its indices have ${minimumBits} bits.`);
  }
  const indices = new Uint8Array(count);
  const clear = 1 << minimumBits;
  const end = clear + 1;
  // A string is the one before it, and a last index.
  const before = new Uint16Array(MAX_CODES);
  const last = new Uint8Array(MAX_CODES);
  const length = new Uint16Array(MAX_CODES);
  for (let code = 0; code < clear; code++) {
    last[code] = code;
    length[code] = 1;
  }
  let [bits, next, previous, at] = [minimumBits + 1, end + 1, -1, 0];
  while (at < count) {
    const code = codes.read(bits);
    if (code === null || code === end) break;
    if (code === clear) {
      [bits, next, previous] = [minimumBits + 1, end + 1, -1];
      continue;
    }
    if (code > next || (code === next && previous < 0) || (previous < 0 && code >= clear)) {
      throw damaged(`The GIF has a code that does not occur, at index ${at} of ${count}.`);
    }
    // One that is just being made is the previous string and its own first index.
    const isNew = code === next;
    const string = isNew ? previous : code;
    let first = string;
    let to = at + length[string] - 1;
    for (; length[first] > 1; first = before[first], to--)
      if (to < count) indices[to] = last[first];
    if (to < count) indices[to] = last[first];
    at += length[string];
    if (isNew && at < count) indices[at] = last[first];
    if (isNew) at++;
    if (previous >= 0 && next < MAX_CODES) {
      before[next] = previous;
      last[next] = last[first];
      length[next] = length[previous] + 1;
      next++;
      if (next === 1 << bits && bits < MAX_BITS) bits++;
    }
    previous = code;
  }
  return at >= count ? indices : indices.subarray(0, at);
}

/** Reads codes from blocks of up to 255 bytes, the lowest bits first. */
export class CodeReader {
  readonly #bytes: Uint8Array;
  #at: number;
  #left = 0;
  #bits = 0;
  #buffer = 0;

  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = bytes;
    this.#at = offset;
  }

  /** `null` at the end of the blocks, or of the file. */
  read(bits: number): number | null {
    while (this.#bits < bits) {
      const byte = this.#next();
      if (byte === null) return null;
      this.#buffer |= byte << this.#bits;
      this.#bits += 8;
    }
    const code = this.#buffer & ((1 << bits) - 1);
    this.#buffer >>>= bits;
    this.#bits -= bits;
    return code;
  }

  /** Whether the file ends where data should be. */
  get isCut(): boolean {
    return this.#at >= this.#bytes.length;
  }

  #next(): number | null {
    if (this.#left === 0) {
      // A block of no bytes ends the data, and is not gone past.
      this.#left = this.#bytes[this.#at] ?? 0;
      if (this.#left === 0) return null;
      this.#at++;
    }
    if (this.isCut) return null;
    this.#left--;
    return this.#bytes[this.#at++];
  }
}
