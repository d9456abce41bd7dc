import type { BitReader } from './bitReader.js';
import { transformBlock } from './idct.js';
import { NATURAL_ORDER, type ScanComponent } from './markers.js';
import { refuseLongRun } from './refuse.js';

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
  block[0] = Math.imul(part.predictor, quantization[0]);
  let k = 1;
  for (; k < 64; k++) {
    const number = reader.readNumber(acTable);
    const run = (number >> 4) & 15;
    // Size 0 ends the block, except that after a run of 15 it is one more zero.
    if ((number & 15) === 0 && run < 15) break;
    k += run;
    const at = order[k];
    block[at] = Math.imul(number >> 8, quantization[at]);
  }
  if (k > 64) refuseLongRun(reader.offset);
  transformBlock(block, samples, base, stride * 8);
}
