import type { BitReader } from './bitReader.js';
import { transformBlock } from './idct.js';
import { type Component, NATURAL_ORDER, type Scan, type ScanComponent } from './markers.js';
import { refuseLongRun } from './refuse.js';

/** First scan of DC coefficients (T.81 G.1.2.1). */
export function decodeDc(reader: BitReader, part: ScanComponent, base: number, scan: Scan): void {
  part.predictor = (part.predictor + (reader.readNumber(part.dcTable) >> 8)) | 0;
  part.component.coefficients[base] = part.predictor << scan.shift;
}

/** One more bit for every DC coefficient. */
export function refineDc(reader: BitReader, part: ScanComponent, base: number, scan: Scan): void {
  if (reader.readBits(1)) part.component.coefficients[base] |= 1 << scan.shift;
}

/** First scan of a band of AC coefficients (T.81 G.1.2.2). */
export function decodeAc(reader: BitReader, part: ScanComponent, base: number, scan: Scan): void {
  if (part.eobRun > 0) {
    part.eobRun--;
    return;
  }
  const { coefficients } = part.component;
  const { bandEnd, shift } = scan;
  let k = scan.bandStart;
  while (k <= bandEnd) {
    const number = reader.readNumber(part.acTable);
    const run = (number >> 4) & 15;
    if ((number & 15) === 0) {
      if (run < 15) {
        // The band ends here, in this block and in the next `eobRun` ones.
        part.eobRun = (1 << run) - 1 + reader.readBits(run);
        return;
      }
      k += 16;
      continue;
    }
    k += run;
    coefficients[base + NATURAL_ORDER[k]] = (number >> 8) << shift;
    k++;
  }
  if (k > bandEnd + 1) refuseLongRun(reader.offset);
}

/**
 * One more bit for a band of AC coefficients (T.81 G.1.2.3). A run counts only coefficients that
 * are still zero; each other one passed on the way takes a correction bit.
 */
export function refineAc(reader: BitReader, part: ScanComponent, base: number, scan: Scan): void {
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
      if (k > bandEnd) refuseLongRun(reader.offset);
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

/** The coefficients of one row of blocks, when all scans are read, to samples. */
export function reconstructRow(component: Component, row: number): void {
  const { coefficients, quantization, samples, stride, blocksAcross } = component;
  const block = new Int32Array(64);
  const start = row * stride * 64;
  for (let column = 0; column < blocksAcross; column++) {
    const from = start + column * 64;
    for (let i = 0; i < 64; i++) block[i] = Math.imul(coefficients[from + i], quantization[i]);
    transformBlock(block, samples, start + column * 8, stride * 8);
  }
}
