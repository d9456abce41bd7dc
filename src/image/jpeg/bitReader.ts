import {
  extendSign,
  type HuffmanTable,
  LENGTH_MASK,
  LOOKUP_BITS,
  LOOKUP_MASK,
  SYMBOL_SHIFT,
  TOTAL_SHIFT,
} from './huffman.js';
import type { JpegBytes } from './jpegBytes.js';
import { allocate } from './refuse.js';

/** Zero bytes behind the data, so that one damaged MCU of ten blocks cannot read past the array. */
const PADDING = 4096;
/** Of longer data, so much is held at a time. */
const WINDOW_BYTES = 2 ** 20;

/**
 * Reads the entropy-coded data between two markers. `load` copies it without the stuffed zero bytes
 * of T.81 F.1.2.3, so reading needs no test for 0xFF. The only state is `position`, in bits: three
 * bytes, taken wherever it points, hold the next 17 bits at least, and no code is longer than 16.
 */
export class BitReader {
  private data = new Uint8Array(0);
  /** In the data that are held, as `end`, which may lie beyond. */
  private position = 0;
  private end = 0;
  /** Bytes of the data that were held before and are not now. */
  private before = 0;
  /** From this position on, an MCU may need data that are not held yet. */
  private lowAt = Number.POSITIVE_INFINITY;
  private source: DataCopy | null = null;
  /** Where in the file the data begin, and the marker behind them. */
  start = 0;
  private stop = 0;
  /** Where, behind `start`, several 0xFF stand before a stuffed zero byte for the first time; -1 if nowhere. */
  oddStuffingAt = -1;
  /** Where a code was met that its table does not have; -1 before. */
  undefinedCodeAt = -1;
  /** Where a run of zeros led out of its band; -1 before. */
  longRunAt = -1;
  private readonly most: number;

  /** @param most So many bytes of the data are held at a time, more than 4,096. */
  constructor(most = WINDOW_BYTES) {
    this.most = most;
  }

  /**
   * Begins at `offset`; returns where the marker that ends the data begins, or the file's length where none does. Data that are
   * there unread are not loaded again.
   * @param most So many bytes are held at a time.
   */
  load(bytes: JpegBytes, offset: number, most = this.most): number {
    if (offset === this.start && this.position === 0 && this.before === 0) return this.stop;
    const room = Math.min(most, bytes.length) + PADDING;
    if (this.data.length < room) this.data = allocate(() => new Uint8Array(room), 0);
    const copy = new DataCopy(bytes, offset);
    const held = copy.next(this.data, 0, room - PADDING);
    this.source = copy.isComplete ? null : copy;
    // How long they are, and whether there is odd stuffing, is known before the first MCU is decoded.
    const rest = copy.isComplete ? copy : copy.lookAhead();
    this.oddStuffingAt = rest.oddStuffingAt;
    this.start = offset;
    this.end = rest.count * 8;
    this.position = 0;
    this.before = 0;
    this.stop = rest.at;
    this.finishWindow(held);
    return rest.at;
  }

  /** Begins again with all data of the same place at once; returns the file's bytes. */
  holdAll(bytes: JpegBytes): Uint8Array {
    this.position = 1;
    this.load(bytes, this.start, bytes.length);
    return bytes.whole();
  }

  /** Whether `refill` is due: to be asked before every MCU. */
  isLow(): boolean {
    return this.position > this.lowAt;
  }

  /** Lets go of what was read, and holds more. */
  refill(): void {
    const { data, source } = this;
    if (source === null) return;
    const gone = this.position >>> 3;
    const held = (this.lowAt >>> 3) + PADDING;
    data.copyWithin(0, gone, held);
    this.before += gone;
    this.position &= 7;
    this.end -= gone * 8;
    const filled = source.next(data, held - gone, data.length - PADDING);
    if (source.isComplete) this.source = null;
    this.finishWindow(filled);
  }

  private finishWindow(held: number): void {
    const isLast = this.source === null;
    if (isLast) this.data.fill(0, held, held + PADDING);
    this.lowAt = isLast ? Number.POSITIVE_INFINITY : (held - PADDING) * 8;
  }

  /** Begins with no data at all: zeros are read. */
  loadNothing(): void {
    this.data.fill(0, 0, PADDING);
    this.end = 0;
    this.position = 0;
    this.before = 0;
    this.source = null;
    this.lowAt = Number.POSITIVE_INFINITY;
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
    return this.start + this.before + (Math.min(this.position, this.end) >>> 3);
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

/** Goes through entropy-coded data, from a place of the file to the marker that ends them. */
class DataCopy {
  /** The next byte of the file; once complete, where the marker stands, or the file's length. */
  at: number;
  /** Bytes of data so far. */
  count = 0;
  oddStuffingAt = -1;
  isComplete = false;
  readonly #bytes: JpegBytes;

  constructor(bytes: JpegBytes, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** Another one, which has gone on to the end, and has copied nothing. */
  lookAhead(): DataCopy {
    const ahead = new DataCopy(this.#bytes, this.at);
    ahead.count = this.count;
    ahead.oddStuffingAt = this.oddStuffingAt;
    ahead.next(null, 0, Number.POSITIVE_INFINITY);
    return ahead;
  }

  /**
   * Copies to `data`, from `from` on and up to `to`; returns how far. What lies between two 0xFF, some 256 bytes, is found and
   * copied as a whole.
   */
  next(data: Uint8Array | null, from: number, to: number): number {
    const bytes = this.#bytes;
    let end = from;
    while (end < to && this.at < bytes.length) {
      const { at } = this;
      bytes.need(at);
      const { block, blockAt } = bytes;
      const found = block.indexOf(0xff, at - blockAt);
      const stop = found < 0 ? block.length : found;
      const taken = Math.min(stop - (at - blockAt), to - end);
      data?.set(block.subarray(at - blockAt, at - blockAt + taken), end);
      end += taken;
      this.at += taken;
      if (found < 0 || this.at < blockAt + found || end === to) continue;
      if (!this.#passStuffing()) break;
      if (data !== null) data[end] = 0xff;
      end++;
    }
    this.count += end - from;
    if (this.at >= bytes.length) this.isComplete = true;
    return end;
  }

  /** At 0xFF. @returns Whether it is data. */
  #passStuffing(): boolean {
    const bytes = this.#bytes;
    const { length } = bytes;
    let next = this.at + 1;
    while (next < length && bytes.byteAt(next) === 0xff) next++;
    if (next < length && bytes.byteAt(next) === 0) {
      if (next > this.at + 1 && this.oddStuffingAt < 0) this.oddStuffingAt = this.at;
      this.at = next + 1;
      return true;
    }
    if (next >= length) this.at = length;
    this.isComplete = true;
    return false;
  }
}
