import {
  extendSign,
  type HuffmanTable,
  LENGTH_MASK,
  LOOKUP_BITS,
  LOOKUP_MASK,
  SYMBOL_SHIFT,
  TOTAL_SHIFT,
} from './huffman.js';

/** Zero bytes behind the data, so that one damaged MCU of ten blocks cannot read past the array. */
const PADDING = 4096;

/**
 * Reads the entropy-coded data between two markers. `load` copies it without the stuffed zero bytes
 * of T.81 F.1.2.3, so reading needs no test for 0xFF. The only state is `position`, in bits: three
 * bytes, taken wherever it points, hold the next 17 bits at least, and no code is longer than 16.
 */
export class BitReader {
  private readonly data: Uint8Array;
  private position = 0;
  private end = 0;
  /** Where in the file the data begin, and the marker behind them. */
  start = 0;
  private stop = 0;
  /** Where, behind `start`, several 0xFF stand before a stuffed zero byte for the first time; -1 if nowhere. */
  oddStuffingAt = -1;
  /** Where a code was met that its table does not have; -1 before. */
  undefinedCodeAt = -1;
  /** Where a run of zeros led out of its band; -1 before. */
  longRunAt = -1;

  constructor(fileLength: number) {
    this.data = new Uint8Array(fileLength + PADDING);
  }

  /**
   * Begins at `offset`; returns where the marker that ends the data begins, or the file's length where none does. What
   * lies between two 0xFF, some 256 bytes, is found and copied as a whole. Data that are there unread are not loaded again.
   */
  load(bytes: Uint8Array, offset: number): number {
    if (offset === this.start && this.position === 0) return this.stop;
    const { data } = this;
    const { length } = bytes;
    this.oddStuffingAt = -1;
    let end = 0;
    let from = offset;
    for (;;) {
      const found = bytes.indexOf(0xff, from);
      const stop = found < 0 ? length : found;
      data.set(bytes.subarray(from, stop), end);
      end += stop - from;
      from = stop;
      let next = from + 1;
      while (next < length && bytes[next] === 0xff) next++;
      if (next >= length) {
        from = length;
        break;
      }
      if (bytes[next] !== 0) break;
      if (next > from + 1 && this.oddStuffingAt < 0) this.oddStuffingAt = from;
      data[end++] = 0xff;
      from = next + 1;
    }
    data.fill(0, end, end + PADDING);
    this.start = offset;
    this.end = end * 8;
    this.position = 0;
    this.stop = from;
    return from;
  }

  /** Begins with no data at all: zeros are read. */
  loadNothing(): void {
    this.data.fill(0, 0, PADDING);
    this.end = 0;
    this.position = 0;
  }

  /** Puts zeros in place of the next data from the `index`th byte on, more than an MCU takes; returns what undoes that. */
  blankFrom(index: number): () => void {
    const data = this.data.subarray(index, index + PADDING);
    const kept = data.slice();
    data.fill(0);
    return () => data.set(kept);
  }

  /** Whether more bits were read than there are. To be asked after every MCU. */
  isOverrun(): boolean {
    return this.position > this.end;
  }

  /** How many bits were read. */
  get bitPosition(): number {
    return this.position;
  }

  set bitPosition(position: number) {
    this.position = position;
  }

  /** Whole bytes that nobody has read. */
  get bytesLeft(): number {
    return Math.max(0, this.end - this.position) >>> 3;
  }

  /** Roughly where in the file the reader is: stuffed bytes are not counted. */
  get offset(): number {
    return this.start + (Math.min(this.position, this.end) >>> 3);
  }

  /** At most 16 bits. */
  readBits(count: number): number {
    const bits = (this.nextBytes() >> (24 - (this.position & 7) - count)) & ((1 << count) - 1);
    this.position += count;
    return bits;
  }

  /**
   * The next symbol in the lowest 8 bits, and above them the signed number behind it, whose size
   * the symbol's lowest 4 bits give. Most symbols and numbers come from one table access.
   */
  readNumber(table: HuffmanTable): number {
    const window = this.nextBytes() >> (24 - LOOKUP_BITS - (this.position & 7));
    const entry = table.lookup[window & LOOKUP_MASK];
    const length = (entry >> TOTAL_SHIFT) & LENGTH_MASK;
    if (length === 0) return this.readLongNumber(table);
    this.position += length;
    return entry >> SYMBOL_SHIFT;
  }

  private readLongNumber(table: HuffmanTable): number {
    const symbol = this.readSymbol(table);
    const size = symbol & 15;
    return (extendSign(this.readBits(size), size) << 8) | symbol;
  }

  readSymbol(table: HuffmanTable): number {
    const window = (this.nextBytes() >> (8 - (this.position & 7))) & 0xffff;
    let entry = table.lookup[window >> (16 - LOOKUP_BITS)];
    if ((entry & LENGTH_MASK) === 0) entry = this.findLongCode(table, window);
    this.position += entry & LENGTH_MASK;
    return (entry >> SYMBOL_SHIFT) & 255;
  }

  /** The three bytes at `position`. */
  private nextBytes(): number {
    const { data } = this;
    const byte = this.position >>> 3;
    return (data[byte] << 16) | (data[byte + 1] << 8) | data[byte + 2];
  }

  /**
   * A lookup entry (without a number) for a code of more than LOOKUP_BITS bits. What is no code counts as 17 bits that
   * mean 0, as in libjpeg's `jpeg_huff_decode`.
   */
  private findLongCode(table: HuffmanTable, window: number): number {
    for (let length = LOOKUP_BITS + 1; length <= 16; length++) {
      if (window < table.windowEnd[length]) {
        const index = (window >> (16 - length)) + table.symbolOffset[length];
        return (table.symbols[index] << SYMBOL_SHIFT) | length;
      }
    }
    this.undefinedCodeAt = this.offset;
    return 17;
  }
}
