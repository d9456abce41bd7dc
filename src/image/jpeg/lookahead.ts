import type { BitReader } from './bitReader.js';
import type { HuffmanTable } from './huffman.js';
import type { Scan } from './scanHeader.js';

/*
 * What libjpeg-turbo makes of two kinds of damage in sequential pictures depends on which bytes it has in its bit buffer, hence
 * on every code before. jdhuff.c and jdhuff.h say when it is filled: `decode_mcu_slow` fills up to 57 of 64 bits,
 * `decode_mcu_fast`, used far from the end of what was read of the file, takes 6 bytes.
 *
 * Where a file ends without a marker: Pillow decodes with a source that suspends, and libjpeg waits for bytes that never come
 * as soon as it wants to fill its buffer, even if the bits in it would do. Pillow then speaks of a truncated file.
 *
 * Where several 0xFF stand before a stuffed zero byte: for the slow way they are a 0xFF of data, for the fast way a marker. It
 * then decodes the MCU to its end with zeros, and the slow way decodes it again, without removing what the other has left.
 */

/** Pillow hands the file to libjpeg in pieces of so many bytes. */
export const PIECE_BYTES = 65_536;

const FULL_BITS = 57;
const LOOKUP_BITS = 8;
const FAST_BITS = 16;
const FAST_BYTES = 6;
/** The fast way is taken while there are so many bytes for each block of the MCU. */
const FAST_BLOCK_BYTES = 512;
/** No MCU has more bytes: ten blocks of 64 codes and numbers, of at most 32 bits together. */
const MAX_MCU_BYTES = 2560;

/** libjpeg's bit buffer: which bytes of the file it has taken, and how many of their bits are left. */
class Lookahead {
  /** The next byte to take. */
  at: number;
  bitsLeft = 0;
  fast = false;
  /** Whether there were too few bytes. */
  waits = false;
  /** Whether the fast way has met what it takes for a marker. */
  startled = false;
  /** Whether the slow way has met the marker that ends the data. From there on nothing depends on the buffer. */
  sawMarker = false;
  /** Up to where libjpeg has been given the file. */
  given: number;
  private readonly bytes: Uint8Array;
  /** Bytes 0xFF that were looked at last. */
  private readonly run = { at: -1, end: -1 };

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

  /** Whether there is a further piece of the file, which libjpeg is then given. */
  giveMore(): boolean {
    if (this.given >= this.bytes.length) return false;
    this.given = Math.min(this.given + PIECE_BYTES, this.bytes.length);
    return true;
  }

  private useFast(count: number): void {
    if (this.bitsLeft <= FAST_BITS) for (let i = 0; i < FAST_BYTES; i++) this.takeFast();
    this.bitsLeft -= count;
  }

  private takeFast(): void {
    const { bytes, at } = this;
    this.bitsLeft += 8;
    if (bytes[at] !== 0xff) this.at = at + 1;
    else if (bytes[at + 1] === 0) this.at = at + 2;
    else this.startled = true;
  }

  private fill(): void {
    while (this.bitsLeft < FULL_BITS && !this.waits && !this.sawMarker) this.take();
  }

  /** One byte of data; of 0xFF, the stuffed zero byte behind it, too (T.81 F.1.2.3). */
  private take(): void {
    const { bytes, given } = this;
    const isData = bytes[this.at] !== 0xff;
    const at = isData ? this.at : this.behindRun(this.at);
    if (at >= given) {
      this.waits = true;
    } else if (isData || bytes[at] === 0) {
      this.at = at + 1;
      this.bitsLeft += 8;
    } else {
      this.sawMarker = true;
    }
  }

  /** Behind the bytes 0xFF from `at` on, as far as the file is given. An MCU that begins anew need not look at them again. */
  private behindRun(at: number): number {
    const { bytes, given, run } = this;
    if (run.at !== at) Object.assign(run, { at, end: at });
    while (run.end < given && bytes[run.end] === 0xff) run.end++;
    return run.end;
  }
}

/** Follows libjpeg through the MCUs of a sequential scan whose data the reader holds, from the first of them on. */
export class Follower {
  private readonly bytes: Uint8Array;
  private readonly reader: BitReader;
  private readonly scan: Scan;
  private readonly lookahead: Lookahead;
  private readonly blocks: readonly BlockTables[];
  private stuffing: OddStuffing | undefined = { offset: -1, index: -1 };

  constructor(bytes: Uint8Array, reader: BitReader, scan: Scan) {
    this.bytes = bytes;
    this.reader = reader;
    this.scan = scan;
    this.lookahead = new Lookahead(bytes, reader.start);
    this.blocks = blocksOfMcu(scan);
    reader.bitPosition = 0;
  }

  /**
   * Passes one MCU.
   * @param decode Decodes it from where the reader is, perhaps twice. Without it, the reader is only moved on.
   * @returns Whether libjpeg passes it, too; else it waits for bytes beyond the end of the file.
   */
  nextMcu(decode?: () => void): boolean {
    const { reader, lookahead, blocks, scan } = this;
    const { at, bitsLeft } = lookahead;
    const { bitPosition } = reader;
    const goBack = () => {
      Object.assign(lookahead, { at, bitsLeft, waits: false, startled: false });
      reader.bitPosition = bitPosition;
    };
    const enough = FAST_BLOCK_BYTES * blocks.length;
    for (;;) {
      const mayBeFast = scan.restartInterval === 0 && !lookahead.sawMarker;
      lookahead.fast = mayBeFast && lookahead.given - at >= enough;
      if (lookahead.fast && this.passFast(goBack, decode)) break;
      lookahead.fast = false;
      this.follow();
      if (!lookahead.waits) break;
      // The MCU begins again, with the next piece of the file.
      goBack();
      if (!lookahead.giveMore()) return false;
    }
    if (decode !== undefined) {
      reader.bitPosition = bitPosition;
      decode();
    }
    return true;
  }

  /** @returns Whether the fast way comes through; else all is as before, but for what it has decoded. */
  private passFast(goBack: () => void, decode?: () => void): boolean {
    const { reader, lookahead, scan } = this;
    const stuffing = this.nextStuffing();
    const isNear =
      stuffing !== undefined && stuffing.index <= (reader.bitPosition >>> 3) + MAX_MCU_BYTES;
    const undo = isNear ? reader.blankFrom(stuffing.index) : undefined;
    this.follow();
    const { startled } = lookahead;
    if (startled) {
      goBack();
      const predictors = scan.components.map(({ predictor }) => predictor);
      if (isNear) decode?.();
      scan.components.forEach((part, i) => {
        part.predictor = predictors[i];
      });
      goBack();
    }
    undo?.();
    return !startled;
  }

  /** The first one that libjpeg has not taken yet. Each is looked for once. */
  private nextStuffing(): OddStuffing | undefined {
    const { reader, lookahead } = this;
    if (this.stuffing !== undefined && this.stuffing.offset < lookahead.at) {
      const index = (reader.bitPosition + lookahead.bitsLeft) >>> 3;
      this.stuffing = findOddStuffing(this.bytes, lookahead.at, index);
    }
    return this.stuffing;
  }

  private follow(): void {
    for (const { dc, ac } of this.blocks) followBlock(this.reader, this.lookahead, dc, ac);
  }
}

/** Several 0xFF before a stuffed zero byte, at `offset` of the file: the `index`th byte of the data. */
interface OddStuffing {
  readonly offset: number;
  readonly index: number;
}

/** The next one from `offset` on, where the `index`th byte of the data is; nothing if a marker or the end comes before. */
function findOddStuffing(
  bytes: Uint8Array,
  offset: number,
  index: number,
): OddStuffing | undefined {
  let from = offset;
  let passed = index;
  for (;;) {
    const found = bytes.indexOf(0xff, from);
    if (found < 0) return undefined;
    passed += found - from;
    let next = found + 1;
    while (bytes[next] === 0xff) next++;
    if (bytes[next] !== 0) return undefined;
    if (next > found + 1) return { offset: found, index: passed };
    passed++;
    from = next + 1;
  }
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
