import type { BitReader } from './bitReader.js';
import { NATURAL_ORDER } from './order.js';
import { refuse } from './refuse.js';
import type { Scan, ScanComponent } from './scanHeader.js';

/** First scan of DC coefficients (T.81 G.1.2.1). */
export function decodeDc(reader: BitReader, part: ScanComponent, base: number, scan: Scan): void {
  const sum = part.predictor + (reader.readNumber(part.dcTable) >> 8);
  if (sum !== (sum | 0)) {
    refuse('ERR_JPEG_CORRUPT', 'a DC coefficient grows beyond 32 bits', reader.offset);
  }
  part.predictor = sum;
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
  if (k > bandEnd + 1) reader.longRunAt = reader.offset;
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
      if (k > bandEnd) reader.longRunAt = reader.offset;
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
