import {
  type BitReader,
  LOOKUP_BITS,
  LOOKUP_MASK,
  RUN_SHIFT,
  TOTAL_SHIFT,
  VALUE_SHIFT,
} from './huffman.js';
import { type Frame, NATURAL_ORDER, type Scan, type ScanComponent } from './markers.js';
import { refuse } from './refuse.js';

/** Decodes what one scan tells about the block whose coefficients begin at `base`. */
type DecodeBlock = (reader: BitReader, part: ScanComponent, base: number, scan: Scan) => void;

/**
 * Decodes one scan into the components' coefficients. The data begin at `offset`; returns the
 * offset of the marker behind them.
 */
export function decodeScan(
  bytes: Uint8Array,
  offset: number,
  frame: Frame,
  scan: Scan,
  reader: BitReader,
): number {
  const decodeBlock = chooseBlockDecoder(frame, scan);
  const interleaved = scan.components.length > 1;
  const { component } = scan.components[0];
  // A scan of one component has no MCU padding: it counts only blocks within the picture (A.2.2).
  const across = interleaved ? frame.mcusAcross : component.blocksAcross;
  const down = interleaved ? frame.mcusDown : component.blocksDown;
  const total = across * down;
  const interval = scan.restartInterval || total;
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
      decodeMcu(reader, scan, row, mcu - row * across, interleaved, decodeBlock);
      if (reader.isOverrun()) refuseShortData(bytes, position);
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
  decodeBlock: DecodeBlock,
): void {
  for (const part of scan.components) {
    const { h, v, stride } = part.component;
    const blocksDown = interleaved ? v : 1;
    const blocksAcross = interleaved ? h : 1;
    for (let y = 0; y < blocksDown; y++) {
      const first = (row * blocksDown + y) * stride + column * blocksAcross;
      for (let x = 0; x < blocksAcross; x++) decodeBlock(reader, part, (first + x) * 64, scan);
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

function refuseLongRun(reader: BitReader): never {
  refuse('ERR_JPEG_CORRUPT', 'a block has more coefficients than its band', reader.offset);
}

/**
 * A whole block of a sequential scan (T.81 F.2.2): the hottest loop of the decoder. Most numbers
 * come, with the run of zeros before them, from one table access; the reader does the rest.
 */
function decodeSequential(reader: BitReader, part: ScanComponent, base: number): void {
  const { acTable } = part;
  const { coefficients } = part.component;
  const { lookup } = acTable;
  const { data } = reader;
  part.predictor = (part.predictor + reader.readValue(reader.readSymbol(part.dcTable))) | 0;
  coefficients[base] = part.predictor;
  let k = 1;
  let { position } = reader;
  while (k < 64) {
    const byte = position >>> 3;
    const bytes = (data[byte] << 16) | (data[byte + 1] << 8) | data[byte + 2];
    const entry = lookup[(bytes >> (24 - LOOKUP_BITS - (position & 7))) & LOOKUP_MASK];
    const length = (entry >> TOTAL_SHIFT) & 31;
    if (length !== 0) {
      position += length;
      k += (entry >> RUN_SHIFT) & 15;
      coefficients[base + NATURAL_ORDER[k]] = entry >> VALUE_SHIFT;
    } else {
      reader.position = position;
      const symbol = reader.readSymbol(acTable);
      const run = symbol >> 4;
      const size = symbol & 15;
      // Size 0 ends the block, except that after a run of 15 it is one more zero.
      if (size === 0 && run < 15) {
        position = reader.position;
        break;
      }
      k += run;
      coefficients[base + NATURAL_ORDER[k]] = reader.readValue(size);
      position = reader.position;
    }
    k++;
  }
  reader.position = position;
  if (k > 64) refuseLongRun(reader);
}

/** First scan of DC coefficients (T.81 G.1.2.1). */
function decodeDc(reader: BitReader, part: ScanComponent, base: number, scan: Scan): void {
  part.predictor = (part.predictor + reader.readValue(reader.readSymbol(part.dcTable))) | 0;
  part.component.coefficients[base] = part.predictor << scan.shift;
}

/** One more bit for every DC coefficient. */
function refineDc(reader: BitReader, part: ScanComponent, base: number, scan: Scan): void {
  if (reader.readBits(1)) part.component.coefficients[base] |= 1 << scan.shift;
}

/** First scan of a band of AC coefficients (T.81 G.1.2.2). */
function decodeAc(reader: BitReader, part: ScanComponent, base: number, scan: Scan): void {
  if (part.eobRun > 0) {
    part.eobRun--;
    return;
  }
  const { coefficients } = part.component;
  const { bandEnd, shift } = scan;
  let k = scan.bandStart;
  while (k <= bandEnd) {
    const symbol = reader.readSymbol(part.acTable);
    const run = symbol >> 4;
    const size = symbol & 15;
    if (size === 0) {
      if (run < 15) {
        // The band ends here, in this block and in the next `eobRun` ones.
        part.eobRun = (1 << run) - 1 + reader.readBits(run);
        return;
      }
      k += 16;
      continue;
    }
    k += run;
    coefficients[base + NATURAL_ORDER[k]] = reader.readValue(size) << shift;
    k++;
  }
  if (k > bandEnd + 1) refuseLongRun(reader);
}

/**
 * One more bit for a band of AC coefficients (T.81 G.1.2.3). A run counts only coefficients that
 * are still zero; each other one passed on the way takes a correction bit.
 */
function refineAc(reader: BitReader, part: ScanComponent, base: number, scan: Scan): void {
  const { coefficients } = part.component;
  const { bandEnd, shift } = scan;
  const unit = 1 << shift;
  let k = scan.bandStart;
  while (part.eobRun === 0 && k <= bandEnd) {
    const symbol = reader.readSymbol(part.acTable);
    let run = symbol >> 4;
    let value = 0;
    if ((symbol & 15) !== 0) {
      value = reader.readBits(1) ? unit : -unit;
    } else if (run < 15) {
      part.eobRun = (1 << run) + reader.readBits(run);
      break;
    }
    // Go to the zero coefficient behind the run; it gets the value, if there is one.
    for (; k <= bandEnd; k++) {
      const at = base + NATURAL_ORDER[k];
      if (coefficients[at] !== 0) correct(reader, coefficients, at, unit);
      else if (--run < 0) break;
    }
    if (value !== 0) {
      if (k > bandEnd) refuseLongRun(reader);
      coefficients[base + NATURAL_ORDER[k]] = value;
    }
    k++;
  }
  if (part.eobRun > 0) {
    for (; k <= bandEnd; k++) {
      const at = base + NATURAL_ORDER[k];
      if (coefficients[at] !== 0) correct(reader, coefficients, at, unit);
    }
    part.eobRun--;
  }
}

/** Applies a correction bit: away from zero, unless damaged data have set that bit before. */
function correct(reader: BitReader, coefficients: Int16Array, at: number, unit: number): void {
  const value = coefficients[at];
  if (reader.readBits(1) && (value & unit) === 0)
    coefficients[at] = value + (value > 0 ? unit : -unit);
}
