/** Deflate's longest code (RFC 1951, 3.2.7). */
export const MAX_CODE_BITS = 15;

/** Codes up to here are found in one step; longer ones are rare by their nature. */
const MAX_TABLE_BITS = 10;

/** A prefix code as deflate has it: bits come lowest first. */
export class PrefixCode {
  /** For each value of the next bits: `symbol << 4 | length of its code`, or 0 where the code is longer, or is none. */
  readonly table: Uint16Array;
  /** Picks the bits that `table` is for. */
  readonly mask: number;
  readonly #counts: Uint16Array;
  readonly #sorted: Uint16Array;

  /** @param counts How many codes there are of each length. @param sorted Their symbols, in order of the codes. */
  constructor(counts: Uint16Array, sorted: Uint16Array) {
    const longest = counts.findLastIndex((count) => count > 0);
    const bits = Math.min(MAX_TABLE_BITS, Math.max(1, longest));
    this.#counts = counts;
    this.#sorted = sorted;
    this.mask = (1 << bits) - 1;
    this.table = new Uint16Array(1 << bits);
    let code = 0;
    let at = 0;
    for (let length = 1; length <= bits; length++) {
      for (const end = at + counts[length]; at < end; at++, code++) {
        const entry = (sorted[at] << 4) | length;
        for (let i = reversed(code, length); i <= this.mask; i += 1 << length)
          this.table[i] = entry;
      }
      code <<= 1;
    }
  }

  /** An entry as in `table` for the code that the bits begin with, however long; 0 where none does. */
  find(bits: number): number {
    let code = 0;
    let first = 0;
    let at = 0;
    for (let length = 1; length <= MAX_CODE_BITS; length++) {
      code |= (bits >>> (length - 1)) & 1;
      const count = this.#counts[length];
      if (code - first < count) return (this.#sorted[at + code - first] << 4) | length;
      at += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return 0;
  }
}

/**
 * The code of symbols that have codes of these lengths (0: none); `null` where there is no such code. Like zlib, takes a
 * code with room left only when it is a single one of one bit, and one without symbols, of which nothing can be read.
 */
export function prefixCode(lengths: Uint8Array): PrefixCode | null {
  const counts = new Uint16Array(MAX_CODE_BITS + 1);
  for (const length of lengths) counts[length]++;
  counts[0] = 0;
  const starts = new Uint16Array(MAX_CODE_BITS + 2);
  let room = 1;
  for (let length = 1; length <= MAX_CODE_BITS; length++) {
    starts[length + 1] = starts[length] + counts[length];
    room = 2 * room - counts[length];
    if (room < 0) return null;
  }
  const used = starts[MAX_CODE_BITS + 1];
  if (room > 0 && used > 0 && !(used === 1 && counts[1] === 1)) return null;
  const sorted = new Uint16Array(used);
  lengths.forEach((length, symbol) => {
    if (length > 0) sorted[starts[length]++] = symbol;
  });
  return new PrefixCode(counts, sorted);
}

function reversed(code: number, length: number): number {
  let out = 0;
  for (let bit = 0; bit < length; bit++) out |= ((code >> bit) & 1) << (length - 1 - bit);
  return out;
}
