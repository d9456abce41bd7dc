import type { BitReader } from './bitReader.js';
import type { HuffmanTable } from './huffman.js';
import type { Scan } from './scanHeader.js';

/*
 * Pillow decodes with a source that suspends: where a file ends without a marker, libjpeg-turbo waits for bytes that never come
 * as soon as it wants to fill its bit buffer, even if the bits in it would do. Pillow then speaks of a truncated file. Whether
 * it comes to that depends on when the buffer was filled before, hence on every code of the interval; jdhuff.c and jdhuff.h
 * say when: `decode_mcu_slow` fills up to 57 of 64 bits, `decode_mcu_fast`, used far from the end of what was read, 6 bytes.
 */

/** Pillow hands the file to libjpeg in pieces of so many bytes. */
export const PIECE_BYTES = 65_536;

const FULL_BITS = 57;
const LOOKUP_BITS = 8;
const FAST_BITS = 16;
const FAST_BYTES = 6;
/** The fast way is taken while there are so many bytes for each block of the MCU. */
const FAST_BLOCK_BYTES = 512;

/** libjpeg's bit buffer: which bytes of the file it has taken, and how many of their bits are left. */
class Lookahead {
  /** The next byte to take. */
  at: number;
  bitsLeft = 0;
  fast = false;
  /** Whether there were too few bytes. */
  waits = false;
  /** Up to where libjpeg has been given the file. */
  given: number;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
    this.given = Math.min(Math.ceil(at / PIECE_BYTES) * PIECE_BYTES, bytes.length);
  }

  code(length: number): void {
    if (this.fast) {
      this.useFast(length);
      return;
    }
    if (this.bitsLeft < LOOKUP_BITS) this.fill();
    // A code that the table does not have is read one bit longer, and then bit by bit.
    const start = Math.min(length, LOOKUP_BITS + 1);
    this.bits(start);
    for (let i = start; i < length; i++) this.bits(1);
  }

  bits(count: number): void {
    if (count === 0) return;
    if (this.fast) {
      this.useFast(count);
      return;
    }
    if (this.bitsLeft < count) this.fill();
    this.bitsLeft -= count;
  }

  private useFast(count: number): void {
    if (this.bitsLeft <= FAST_BITS) for (let i = 0; i < FAST_BYTES; i++) this.take();
    this.bitsLeft -= count;
  }

  private fill(): void {
    while (this.bitsLeft < FULL_BITS && !this.waits) this.take();
  }

  /** One byte of data; of 0xFF, the stuffed zero byte behind it, too (T.81 F.1.2.3). */
  private take(): void {
    const { bytes, given } = this;
    let { at } = this;
    if (at < given && bytes[at] === 0xff) {
      do at++;
      while (at < given && bytes[at] === 0xff);
    }
    if (at >= given) {
      this.waits = true;
      return;
    }
    this.at = at + 1;
    this.bitsLeft += 8;
  }
}

/**
 * Whether libjpeg would wait for more of the file while it decodes `count` MCUs of a sequential scan, whose data begin at
 * `start` and go on to the end of the file. The reader holds these data, and is read anew.
 */
export function waitsForMore(
  bytes: Uint8Array,
  start: number,
  reader: BitReader,
  scan: Scan,
  count: number,
): boolean {
  const lookahead = new Lookahead(bytes, start);
  const blocks = blocksOfMcu(scan);
  reader.bitPosition = 0;
  for (let mcu = 0; mcu < count; ) {
    const { at, bitsLeft } = lookahead;
    const { bitPosition } = reader;
    const ahead = lookahead.given - at;
    lookahead.fast = scan.restartInterval === 0 && ahead >= FAST_BLOCK_BYTES * blocks.length;
    for (const { dc, ac } of blocks) followBlock(reader, lookahead, dc, ac);
    if (!lookahead.waits) {
      mcu++;
      continue;
    }
    if (lookahead.given === bytes.length) return true;
    // The MCU begins again, with the next piece of the file.
    Object.assign(lookahead, { at, bitsLeft, waits: false });
    lookahead.given = Math.min(lookahead.given + PIECE_BYTES, bytes.length);
    reader.bitPosition = bitPosition;
  }
  return false;
}

/**
 * Several 0xFF before a stuffed zero byte are a 0xFF of data for `decode_mcu_slow` and a marker for `decode_mcu_fast`, which then
 * leaves what it made of the rest of the MCU below the result of the other. Whether the fast way is taken there.
 */
export function confusesFastWay(
  length: number,
  at: number,
  scan: Scan,
  progressive: boolean,
): boolean {
  if (progressive || scan.restartInterval > 0) return false;
  return length - at >= FAST_BLOCK_BYTES * blocksOfMcu(scan).length;
}

interface BlockTables {
  readonly dc: HuffmanTable;
  readonly ac: HuffmanTable;
}

function blocksOfMcu({ components }: Scan): BlockTables[] {
  return components.flatMap(({ component, dcTable, acTable }) => {
    const count = components.length > 1 ? component.h * component.v : 1;
    return Array.from({ length: count }, () => ({ dc: dcTable, ac: acTable }));
  });
}

/** The codes and numbers of one block, as in `decodeSequential`. */
function followBlock(
  reader: BitReader,
  lookahead: Lookahead,
  dc: HuffmanTable,
  ac: HuffmanTable,
): void {
  followNumber(reader, lookahead, dc);
  for (let k = 1; k < 64; k++) {
    const symbol = followNumber(reader, lookahead, ac);
    if ((symbol & 15) === 0 && symbol >> 4 < 15) break;
    k += symbol >> 4;
  }
}

function followNumber(reader: BitReader, lookahead: Lookahead, table: HuffmanTable): number {
  const before = reader.bitPosition;
  const symbol = reader.readSymbol(table);
  lookahead.code(reader.bitPosition - before);
  const size = symbol & 15;
  reader.bitPosition += size;
  lookahead.bits(size);
  return symbol;
}
