import type { BitReader } from './bitReader.js';
import type { Frame, Scan, ScanComponent } from './markers.js';
import { decodeAc, decodeDc, refineAc, refineDc } from './progressive.js';
import { refuse } from './refuse.js';
import { decodeSequential } from './sequential.js';

/** Decodes what one scan tells about the block whose samples or coefficients begin at `base`. */
type DecodeBlock = (reader: BitReader, part: ScanComponent, base: number, scan: Scan) => void;

/**
 * Decodes one scan, a sequential one into the components' samples, a progressive one into their
 * coefficients. The data begin at `offset`; returns the offset of the marker behind them.
 *
 * @param rowDone Called whenever a sequential scan has brought more rows of samples.
 */
export function decodeScan(
  bytes: Uint8Array,
  offset: number,
  frame: Frame,
  scan: Scan,
  reader: BitReader,
  rowDone: () => void,
): number {
  const decodeBlock = chooseBlockDecoder(frame, scan);
  const interleaved = scan.components.length > 1;
  const { component } = scan.components[0];
  // A scan of one component has no MCU padding: it counts only blocks within the picture (A.2.2).
  const across = interleaved ? frame.mcusAcross : component.blocksAcross;
  const down = interleaved ? frame.mcusDown : component.blocksDown;
  const total = across * down;
  const interval = scan.restartInterval || total;
  const blockStep = frame.progressive ? 64 : 8;
  let position = offset;
  for (let mcu = 0, restart = 0; mcu < total; restart++) {
    if (mcu > 0) position = skipRestartMarker(bytes, position, restart);
    for (const part of scan.components) {
      part.predictor = 0;
      part.eobRun = 0;
    }
    position = reader.load(bytes, position);
    for (const end = Math.min(total, mcu + interval); mcu < end; mcu++) {
      const row = Math.floor(mcu / across);
      const column = mcu - row * across;
      decodeMcu(reader, scan, row, column, interleaved, blockStep, decodeBlock);
      if (reader.isOverrun()) refuseShortData(bytes, position);
      if (column === across - 1 && !frame.progressive) {
        for (const part of scan.components) {
          part.component.rowsReady = (row + 1) * 8 * (interleaved ? part.component.v : 1);
        }
        rowDone();
      }
    }
  }
  return position;
}

/** One MCU (T.81 A.2): a block, or h x v blocks of each component if the scan has several. */
function decodeMcu(
  reader: BitReader,
  scan: Scan,
  row: number,
  column: number,
  interleaved: boolean,
  blockStep: number,
  decodeBlock: DecodeBlock,
): void {
  for (const part of scan.components) {
    const { h, v, stride } = part.component;
    const blocksDown = interleaved ? v : 1;
    const blocksAcross = interleaved ? h : 1;
    for (let y = 0; y < blocksDown; y++) {
      let base = (row * blocksDown + y) * stride * 64 + column * blocksAcross * blockStep;
      for (let x = 0; x < blocksAcross; x++, base += blockStep) {
        decodeBlock(reader, part, base, scan);
      }
    }
  }
}

function chooseBlockDecoder(frame: Frame, scan: Scan): DecodeBlock {
  if (!frame.progressive) return decodeSequential;
  if (scan.bandStart === 0) return scan.refining ? refineDc : decodeDc;
  return scan.refining ? refineAc : decodeAc;
}

/** Restart markers count 0 to 7 and again (T.81 E.1.4); returns where the next interval begins. */
function skipRestartMarker(bytes: Uint8Array, position: number, restart: number): number {
  let at = position + 1;
  while (bytes[at] === 0xff) at++;
  if (at >= bytes.length) refuseShortData(bytes, bytes.length);
  const expected = 0xd0 + ((restart - 1) & 7);
  if (bytes[at] !== expected) {
    const problem = `restart marker ${expected & 7} is missing or out of order`;
    refuse('ERR_JPEG_CORRUPT', problem, position);
  }
  return at + 1;
}

function refuseShortData(bytes: Uint8Array, position: number): never {
  if (position >= bytes.length) {
    refuse('ERR_JPEG_TRUNCATED', 'the file ends within the picture data', bytes.length);
  }
  refuse('ERR_JPEG_CORRUPT', 'a marker comes before the picture data are complete', position);
}
