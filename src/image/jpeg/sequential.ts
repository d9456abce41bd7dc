import type { BitReader } from './bitReader.js';
import { SAFE_SUM, transformBlock } from './idct.js';
import { NATURAL_ORDER } from './order.js';
import type { ScanComponent } from './scanHeader.js';
import { transformWild } from './wildIdct.js';

/** The block at work: it is transformed as soon as it is read, and never leaves the cache. */
const BLOCK = new Int32Array(64);

/** A whole block of a sequential scan (T.81 F.2.2), from bits to samples. */
export function decodeSequential(reader: BitReader, part: ScanComponent, base: number): void {
  const { acTable, component } = part;
  const { quantization, samples, stride } = component;
  const block = BLOCK;
  const order = NATURAL_ORDER;
  block.fill(0);
  // libjpeg keeps coefficients in 16 bits, which matters for damaged data.
  part.predictor = ((part.predictor + (reader.readNumber(part.dcTable) >> 8)) << 16) >> 16;
  const dc = Math.imul(part.predictor, quantization[0]);
  block[0] = dc;
  let sum = Math.abs(dc);
  let k = 1;
  for (; k < 64; k++) {
    const number = reader.readNumber(acTable);
    const run = (number >> 4) & 15;
    // Size 0 ends the block, except that after a run of 15 it is one more zero.
    if ((number & 15) === 0 && run < 15) break;
    k += run;
    const at = order[k];
    const value = Math.imul(number >> 8, quantization[at]);
    block[at] = value;
    sum += Math.abs(value);
  }
  if (k > 64) reader.longRunAt = reader.offset;
  if (sum < SAFE_SUM) transformBlock(block, samples, base, stride * 8);
  else transformWild(block, samples, base, stride * 8);
}

/** The same, to coefficients: for pictures of several scans. Zeros leave what an earlier scan brought. */
export function decodeSequentialCoefficients(
  reader: BitReader,
  part: ScanComponent,
  base: number,
): void {
  const { acTable } = part;
  const { coefficients } = part.component;
  part.predictor = ((part.predictor + (reader.readNumber(part.dcTable) >> 8)) << 16) >> 16;
  coefficients[base] = part.predictor;
  let k = 1;
  for (; k < 64; k++) {
    const number = reader.readNumber(acTable);
    const run = (number >> 4) & 15;
    if ((number & 15) === 0) {
      if (run < 15) break;
      k += 15;
      continue;
    }
    k += run;
    coefficients[base + NATURAL_ORDER[k]] = number >> 8;
  }
  if (k > 64) reader.longRunAt = reader.offset;
}

/** What a block without data becomes: an even grey. */
export function blankSequential(_reader: BitReader, part: ScanComponent, base: number): void {
  const { samples, stride } = part.component;
  for (let y = 0; y < 8; y++) {
    const from = base + y * stride * 8;
    samples.fill(128, from, from + 8);
  }
}
