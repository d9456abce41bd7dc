import type { BitReader } from './bitReader.js';
import type { ByteCursor } from './byteCursor.js';
import type { DamageLog } from './damage.js';
import { type Frame, sampleOffset } from './frame.js';
import { Follower } from './lookahead.js';
import { decodeAc, decodeDc, refineAc, refineDc } from './progressive.js';
import { refuse } from './refuse.js';
import { passRestartMarker } from './restart.js';
import type { Scan, ScanComponent } from './scanHeader.js';
import { blankSequential, decodeSequential, decodeSequentialCoefficients } from './sequential.js';

/** Decodes what one scan tells about the block whose samples or coefficients begin at `base`. */
type DecodeBlock = (reader: BitReader, part: ScanComponent, base: number, scan: Scan) => void;

/** Where the data of a scan come from, and to whom their damage is told. */
export interface ScanSource {
  /** Stands at the scan's data, and afterwards at the marker behind them. */
  readonly cursor: ByteCursor;
  readonly reader: BitReader;
  readonly damage: DamageLog;
}

/** How the MCUs of one scan lie in the picture. */
interface Layout {
  readonly across: number;
  readonly total: number;
  readonly interleaved: boolean;
  /** Whether blocks become samples of the band that is made; else they are coefficients of the whole picture. */
  readonly toSamples: boolean;
}

/**
 * Decodes one scan, to the components' samples if it is the only one, or to their coefficients. Where the
 * data end early, the rest of the restart interval stays as it was; nothing is even grey.
 *
 * @param rowDone Called whenever the scan has brought another band of samples; without it, it brings coefficients.
 * @returns The last row of MCUs for which there were data.
 */
export function decodeScan(
  source: ScanSource,
  frame: Frame,
  scan: Scan,
  rowDone?: () => void,
): number {
  const { reader, damage } = source;
  const { component } = scan.components[0];
  const interleaved = scan.components.length > 1;
  // A scan of one component has no MCU padding: it counts only blocks within the picture (A.2.2).
  const across = interleaved ? frame.mcusAcross : component.blocksAcross;
  const down = interleaved ? frame.mcusDown : component.blocksDown;
  const layout = { across, total: across * down, interleaved, toSamples: rowDone !== undefined };
  const { total } = layout;
  const interval = scan.restartInterval || total;
  const decodeBlock = chooseBlockDecoder(frame, scan, rowDone !== undefined);
  let starved = false;
  let lastGood = 0;
  for (let mcu = 0, restart = 0; mcu < total; restart++) {
    // libjpeg looks whether there are data before it passes the marker.
    const firstGood = starved ? mcu + 1 : mcu;
    const end = Math.min(total, mcu + interval);
    const hasData = beginInterval(source, scan, restart);
    const from = mcu;
    if (hasData || !starved) {
      // Without data, the first MCU is still made of zeros.
      const stop = isOdd(reader, frame, scan)
        ? decodeOddMcus(source, scan, layout)
        : decodeMcus(reader, scan, layout, mcu, end, decodeBlock, rowDone);
      starved = reader.isOverrun();
      if (starved && hasData) noteShortData(source);
      if (reader.oddStuffingAt >= 0) damage.note('stuffing', reader.oddStuffingAt);
      if (!starved && scan.isOnly) checkEnd(source, scan, stop - from);
      if (reader.bytesLeft > LOOKAHEAD) damage.note('leftOver', reader.offset);
      if (stop > firstGood) lastGood = stop - 1;
      mcu = stop;
    }
    if (rowDone !== undefined) {
      decodeMcus(reader, scan, layout, mcu, end, blankSequential, rowDone);
    }
    mcu = end;
  }
  if (reader.undefinedCodeAt >= 0) damage.note('codes', reader.undefinedCodeAt);
  if (reader.longRunAt >= 0) damage.note('longRuns', reader.longRunAt);
  return Math.floor(lastGood / across / (interleaved ? 1 : component.v));
}

/** libjpeg reads so many bytes ahead, and takes no notice when they are left over. */
const LOOKAHEAD = 8;

/** @returns Whether there are data, behind the restart marker that is due or at the scan's start. */
function beginInterval(source: ScanSource, scan: Scan, restart: number): boolean {
  const { cursor, reader, damage } = source;
  for (const part of scan.components) {
    part.predictor = 0;
    part.eobRun = 0;
  }
  if (restart > 0 && !passRestartMarker(cursor, (restart - 1) & 7, damage)) {
    reader.loadNothing();
    return false;
  }
  cursor.position = reader.load(cursor.bytes, cursor.position);
  return true;
}

/** @returns The first MCU that was not decoded: `end`, or an earlier one where the data ran out. */
function decodeMcus(
  reader: BitReader,
  scan: Scan,
  layout: Layout,
  start: number,
  end: number,
  decodeBlock: DecodeBlock,
  rowDone?: () => void,
): number {
  const { across } = layout;
  let mcu = start;
  while (mcu < end) {
    const row = Math.floor(mcu / across);
    const column = mcu - row * across;
    if (reader.isLow()) reader.refill();
    decodeMcu(reader, scan, row, column, layout, decodeBlock);
    mcu++;
    if (column === across - 1 && rowDone !== undefined) {
      for (const { component } of scan.components) {
        component.rowsReady = (row + 1) * 8 * (layout.interleaved ? component.v : 1);
      }
      rowDone();
    }
    if (reader.isOverrun() && decodeBlock !== blankSequential) break;
  }
  return mcu;
}

/** Whether what libjpeg makes of the data depends on its bit buffer. */
export function isOdd(reader: BitReader, frame: Frame, scan: Scan): boolean {
  return reader.oddStuffingAt >= 0 && !frame.progressive && scan.restartInterval === 0;
}

/** All MCUs of a scan that `isOdd`, as `decodeMcus` does it. */
function decodeOddMcus({ cursor, reader }: ScanSource, scan: Scan, layout: Layout): number {
  const { across, total } = layout;
  const follower = new Follower(reader.holdAll(cursor.bytes), reader, scan);
  let mcu = 0;
  while (mcu < total && !reader.isOverrun()) {
    const row = Math.floor(mcu / across);
    const column = mcu - row * across;
    const decode = () => decodeMcu(reader, scan, row, column, layout, decodeSequentialCoefficients);
    if (!follower.nextMcu(decode)) refuseEnd(cursor.bytes.length);
    mcu++;
  }
  return mcu;
}

/** One MCU (T.81 A.2): a block, or h x v blocks of each component if the scan has several. */
function decodeMcu(
  reader: BitReader,
  scan: Scan,
  row: number,
  column: number,
  { interleaved, toSamples }: Layout,
  decodeBlock: DecodeBlock,
): void {
  for (const part of scan.components) {
    const { h, v, stride } = part.component;
    const blocksDown = interleaved ? v : 1;
    const blocksAcross = interleaved ? h : 1;
    for (let y = 0; y < blocksDown; y++) {
      const first = column * blocksAcross;
      let base = toSamples
        ? sampleOffset(part.component, y, first)
        : ((row * blocksDown + y) * stride + first) * 64;
      for (let x = 0; x < blocksAcross; x++, base += toSamples ? 8 : 64) {
        decodeBlock(reader, part, base, scan);
      }
    }
  }
}

function chooseBlockDecoder(frame: Frame, scan: Scan, isOnlyScan: boolean): DecodeBlock {
  if (!frame.progressive) return isOnlyScan ? decodeSequential : decodeSequentialCoefficients;
  if (scan.bandStart === 0) return scan.refining ? refineDc : decodeDc;
  return scan.refining ? refineAc : decodeAc;
}

/** No marker behind the last interval is damage that Pillow may refuse though the data are complete. */
function checkEnd({ cursor, reader }: ScanSource, scan: Scan, count: number): void {
  const { bytes, position } = cursor;
  if (position < bytes.length) return;
  const follower = new Follower(reader.holdAll(bytes), reader, scan);
  for (let mcu = 0; mcu < count; mcu++) if (!follower.nextMcu()) refuseEnd(bytes.length);
}

function refuseEnd(length: number): never {
  refuse('ERR_JPEG_TRUNCATED', 'the file ends within the picture data', length);
}

function noteShortData({ cursor, damage }: ScanSource): void {
  const { bytes, position } = cursor;
  if (position >= bytes.length) refuseEnd(bytes.length);
  damage.note('shortData', position);
}
