import { refuse } from './refuse.js';

/**
 * Codes of up to this many bits are decoded by one table access. More would decode more symbols at
 * once but push the tables out of the processor's first cache.
 */
export const LOOKUP_BITS = 10;
export const LOOKUP_MASK = (1 << LOOKUP_BITS) - 1;

/**
 * An entry of `HuffmanTable.lookup` packs, from the lowest bit upwards:
 *   5 bits   length of the code, 0 if it is longer than LOOKUP_BITS
 *   5 bits   length of the code and the number behind it, 0 if they do not both fit LOOKUP_BITS
 *   8 bits   the symbol; for coefficients: 4 bits run of zeros, then 4 bits size of the number
 *   14 bits  the signed number itself, where the two lengths fit
 */
export const LENGTH_MASK = 31;
export const TOTAL_SHIFT = 5;
export const SYMBOL_SHIFT = 10;
const VALUE_SHIFT = 18;

export interface HuffmanTable {
  readonly lookup: Int32Array;
  /** By length: the first 16-bit window that begins with a code longer than that. */
  readonly windowEnd: Int32Array;
  /** By length: what to add to a code to get its index in `symbols`. */
  readonly symbolOffset: Int32Array;
  readonly symbols: Uint8Array;
}

/** Builds the decoding tables from a DHT segment's lists (T.81 C.2 and F.2.2.3). */
export function buildHuffmanTable(
  counts: Uint8Array,
  symbols: Uint8Array,
  offset: number,
): HuffmanTable {
  const lookup = new Int32Array(1 << LOOKUP_BITS);
  const windowEnd = new Int32Array(17);
  const symbolOffset = new Int32Array(17);
  let code = 0;
  let index = 0;
  for (let length = 1; length <= 16; length++) {
    const count = counts[length - 1];
    symbolOffset[length] = index - code;
    // A code of only ones is forbidden, hence the -1.
    if (count > 0 && code + count > (1 << length) - 1) {
      refuse('ERR_JPEG_CORRUPT', 'a Huffman table has more codes than fit their lengths', offset);
    }
    for (let i = 0; i < count; i++, code++, index++) {
      if (length <= LOOKUP_BITS) fillLookup(lookup, code, length, symbols[index]);
    }
    windowEnd[length] = code << (16 - length);
    code <<= 1;
  }
  return { lookup, windowEnd, symbolOffset, symbols };
}

/** Enters one code at every window of LOOKUP_BITS bits that begins with it. */
function fillLookup(lookup: Int32Array, code: number, length: number, symbol: number): void {
  const spare = LOOKUP_BITS - length;
  const size = symbol & 15;
  const entry = (symbol << SYMBOL_SHIFT) | length;
  const start = code << spare;
  if (size > spare) {
    lookup.fill(entry, start, start + (1 << spare));
    return;
  }
  const rest = spare - size;
  for (let bits = 0; bits < 1 << size; bits++) {
    const at = start + (bits << rest);
    const packed = (extendSign(bits, size) << VALUE_SHIFT) | ((length + size) << TOTAL_SHIFT);
    lookup.fill(packed | entry, at, at + (1 << rest));
  }
}

/** The EXTEND procedure of T.81 F.2.2.1: a leading 0 bit marks a negative number. */
export function extendSign(bits: number, size: number): number {
  if (size === 0) return 0;
  return bits < 1 << (size - 1) ? bits - (1 << size) + 1 : bits;
}
