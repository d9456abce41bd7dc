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
const LENGTH_MASK = 31;
export const TOTAL_SHIFT = 5;
const SYMBOL_SHIFT = 10;
export const RUN_SHIFT = 14;
export const VALUE_SHIFT = 18;

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
  if (size === 0 || size > spare) {
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
function extendSign(bits: number, size: number): number {
  return bits < 1 << (size - 1) ? bits - (1 << size) + 1 : bits;
}

/** Zero bytes behind the data, so that one damaged MCU of ten blocks cannot read past the array. */
const PADDING = 4096;

/**
 * Reads the entropy-coded data between two markers. `load` copies it without the stuffed zero bytes
 * of T.81 F.1.2.3, so reading needs no test for 0xFF. The only state is `position`, in bits: three
 * bytes, taken wherever it points, hold the next 17 bits at least, and no code is longer than 16.
 */
export class BitReader {
  readonly data: Uint8Array;
  position = 0;
  private end = 0;
  private fileOffset = 0;

  constructor(fileLength: number) {
    this.data = new Uint8Array(fileLength + PADDING);
  }

  /** Begins at `offset`; returns where the marker that ends the data begins, or the file's end. */
  load(bytes: Uint8Array, offset: number): number {
    const { data } = this;
    const { length } = bytes;
    let end = 0;
    let from = offset;
    for (; from < length; from++) {
      const byte = bytes[from];
      if (byte === 0xff) {
        let next = from + 1;
        while (next < length && bytes[next] === 0xff) next++;
        if (next === length || bytes[next] !== 0) break;
        from = next;
      }
      data[end++] = byte;
    }
    data.fill(0, end, end + PADDING);
    this.fileOffset = offset;
    this.end = end * 8;
    this.position = 0;
    return from;
  }

  /** Whether more bits were read than there are. To be asked after every MCU. */
  isOverrun(): boolean {
    return this.position > this.end;
  }

  /** Roughly where in the file the reader is: stuffed bytes are not counted. */
  get offset(): number {
    return this.fileOffset + (Math.min(this.position, this.end) >>> 3);
  }

  /** At most 16 bits. */
  readBits(count: number): number {
    const { data, position } = this;
    const byte = position >>> 3;
    const window = (data[byte] << 16) | (data[byte + 1] << 8) | data[byte + 2];
    this.position = position + count;
    return (window >> (24 - (position & 7) - count)) & ((1 << count) - 1);
  }

  /** A signed number of `size` bits, at most 15. */
  readValue(size: number): number {
    return size === 0 ? 0 : extendSign(this.readBits(size), size);
  }

  readSymbol(table: HuffmanTable): number {
    const { data, position } = this;
    const byte = position >>> 3;
    const bytes = (data[byte] << 16) | (data[byte + 1] << 8) | data[byte + 2];
    const window = (bytes >> (8 - (position & 7))) & 0xffff;
    let entry = table.lookup[window >> (16 - LOOKUP_BITS)];
    if ((entry & LENGTH_MASK) === 0) entry = this.findLongCode(table, window);
    this.position = position + (entry & LENGTH_MASK);
    return (entry >> SYMBOL_SHIFT) & 255;
  }

  /** A lookup entry (without a value) for a code of more than LOOKUP_BITS bits. */
  private findLongCode(table: HuffmanTable, window: number): number {
    for (let length = LOOKUP_BITS + 1; length <= 16; length++) {
      if (window < table.windowEnd[length]) {
        const index = (window >> (16 - length)) + table.symbolOffset[length];
        return (table.symbols[index] << SYMBOL_SHIFT) | length;
      }
    }
    refuse('ERR_JPEG_CORRUPT', 'the picture data holds an undefined Huffman code', this.offset);
  }
}
