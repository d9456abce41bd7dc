import { LIMIT } from './limit.js';

/*
 * The inverse DCT of Loeffler, Ligtenberg and Moschytz in integers, with the roundings of libjpeg's
 * "islow" method: constants have 13 fractional bits, and what the first pass hands to the second
 * has 2. Other roundings would be as good, but not the same bytes.
 */

/** From 64 dequantised coefficients, in natural order, to samples from `to` on in rows of `stride`. */
type TransformBlock = (block: Int32Array, samples: Uint8Array, to: number, stride: number) => void;

export const transformBlock = createTransform();

/**
 * Below this sum of the coefficients' magnitudes no number on the way outgrows the 16 bits in which libjpeg-turbo's SIMD keeps
 * them: a column's results are at most 4 · 1.39 times the sum, and two of them are added. Blocks of encoders stay below.
 */
export const SAFE_SUM = 5800;

/**
 * Everything stands inside a function because bundlers turn the constants of a module into
 * variables, which machine code looks up again at every use: a first picture takes a fifth longer.
 */
function createTransform(): TransformBlock {
  const CONST_BITS = 13;
  const PASS1_BITS = 2;
  const COLUMN_SHIFT = CONST_BITS - PASS1_BITS;
  const COLUMN_ROUND = 1 << (COLUMN_SHIFT - 1);
  /** The two passes together scale by 8, hence the 3. */
  const ROW_SHIFT = CONST_BITS + PASS1_BITS + 3;
  /** Rounds, and moves the samples from -128..127 to 0..255. */
  const ROW_ROUND = (128 << ROW_SHIFT) + (1 << (ROW_SHIFT - 1));

  /* round(x * 2 ** 13) */
  const FIX_0_298631336 = 2446;
  const FIX_0_390180644 = 3196;
  const FIX_0_541196100 = 4433;
  const FIX_0_765366865 = 6270;
  const FIX_0_899976223 = 7373;
  const FIX_1_175875602 = 9633;
  const FIX_1_501321110 = 12299;
  const FIX_1_847759065 = 15137;
  const FIX_1_961570560 = 16069;
  const FIX_2_053119869 = 16819;
  const FIX_2_562915447 = 20995;
  const FIX_3_072711026 = 25172;

  const limit = LIMIT;
  /** Between the two passes. */
  const workspace = new Int32Array(64);

  /**
   * The columns of a block. Math.imul keeps the products 32-bit integers. The shortcut gives exactly
   * what the long way would, and is common: most high frequencies are 0.
   */
  function transformColumns(block: Int32Array): void {
    for (let column = 0; column < 8; column++) {
      const c0 = block[column];
      const c1 = block[column + 8];
      const c2 = block[column + 16];
      const c3 = block[column + 24];
      const c4 = block[column + 32];
      const c5 = block[column + 40];
      const c6 = block[column + 48];
      const c7 = block[column + 56];
      if ((c1 | c2 | c3 | c4 | c5 | c6 | c7) === 0) {
        const flat = c0 << PASS1_BITS;
        workspace[column] = flat;
        workspace[column + 8] = flat;
        workspace[column + 16] = flat;
        workspace[column + 24] = flat;
        workspace[column + 32] = flat;
        workspace[column + 40] = flat;
        workspace[column + 48] = flat;
        workspace[column + 56] = flat;
        continue;
      }

      // Even part.
      const turn = Math.imul(c2 + c6, FIX_0_541196100);
      const e2 = turn - Math.imul(c6, FIX_1_847759065);
      const e3 = turn + Math.imul(c2, FIX_0_765366865);
      const e0 = ((c0 + c4) << CONST_BITS) + COLUMN_ROUND;
      const e1 = ((c0 - c4) << CONST_BITS) + COLUMN_ROUND;
      const even0 = e0 + e3;
      const even3 = e0 - e3;
      const even1 = e1 + e2;
      const even2 = e1 - e2;

      // Odd part.
      const z5 = Math.imul(c7 + c3 + c5 + c1, FIX_1_175875602);
      const z1 = Math.imul(c7 + c1, -FIX_0_899976223);
      const z2 = Math.imul(c5 + c3, -FIX_2_562915447);
      const z3 = Math.imul(c7 + c3, -FIX_1_961570560) + z5;
      const z4 = Math.imul(c5 + c1, -FIX_0_390180644) + z5;
      const odd0 = Math.imul(c1, FIX_1_501321110) + z1 + z4;
      const odd1 = Math.imul(c3, FIX_3_072711026) + z2 + z3;
      const odd2 = Math.imul(c5, FIX_2_053119869) + z2 + z4;
      const odd3 = Math.imul(c7, FIX_0_298631336) + z1 + z3;

      workspace[column] = (even0 + odd0) >> COLUMN_SHIFT;
      workspace[column + 56] = (even0 - odd0) >> COLUMN_SHIFT;
      workspace[column + 8] = (even1 + odd1) >> COLUMN_SHIFT;
      workspace[column + 48] = (even1 - odd1) >> COLUMN_SHIFT;
      workspace[column + 16] = (even2 + odd2) >> COLUMN_SHIFT;
      workspace[column + 40] = (even2 - odd2) >> COLUMN_SHIFT;
      workspace[column + 24] = (even3 + odd3) >> COLUMN_SHIFT;
      workspace[column + 32] = (even3 - odd3) >> COLUMN_SHIFT;
    }
  }

  /** The rows: the same arithmetic. `>>>` makes the index at which `limit` keeps a number. */
  function transformRows(samples: Uint8Array, to: number, stride: number): void {
    for (let row = 0; row < 64; row += 8, to += stride) {
      const c0 = workspace[row];
      const c1 = workspace[row + 1];
      const c2 = workspace[row + 2];
      const c3 = workspace[row + 3];
      const c4 = workspace[row + 4];
      const c5 = workspace[row + 5];
      const c6 = workspace[row + 6];
      const c7 = workspace[row + 7];
      if ((c1 | c2 | c3 | c4 | c5 | c6 | c7) === 0) {
        const flat = limit[((c0 << CONST_BITS) + ROW_ROUND) >>> ROW_SHIFT];
        samples[to] = flat;
        samples[to + 1] = flat;
        samples[to + 2] = flat;
        samples[to + 3] = flat;
        samples[to + 4] = flat;
        samples[to + 5] = flat;
        samples[to + 6] = flat;
        samples[to + 7] = flat;
        continue;
      }

      const turn = Math.imul(c2 + c6, FIX_0_541196100);
      const e2 = turn - Math.imul(c6, FIX_1_847759065);
      const e3 = turn + Math.imul(c2, FIX_0_765366865);
      const e0 = ((c0 + c4) << CONST_BITS) + ROW_ROUND;
      const e1 = ((c0 - c4) << CONST_BITS) + ROW_ROUND;
      const even0 = e0 + e3;
      const even3 = e0 - e3;
      const even1 = e1 + e2;
      const even2 = e1 - e2;

      const z5 = Math.imul(c7 + c3 + c5 + c1, FIX_1_175875602);
      const z1 = Math.imul(c7 + c1, -FIX_0_899976223);
      const z2 = Math.imul(c5 + c3, -FIX_2_562915447);
      const z3 = Math.imul(c7 + c3, -FIX_1_961570560) + z5;
      const z4 = Math.imul(c5 + c1, -FIX_0_390180644) + z5;
      const odd0 = Math.imul(c1, FIX_1_501321110) + z1 + z4;
      const odd1 = Math.imul(c3, FIX_3_072711026) + z2 + z3;
      const odd2 = Math.imul(c5, FIX_2_053119869) + z2 + z4;
      const odd3 = Math.imul(c7, FIX_0_298631336) + z1 + z3;

      samples[to] = limit[(even0 + odd0) >>> ROW_SHIFT];
      samples[to + 7] = limit[(even0 - odd0) >>> ROW_SHIFT];
      samples[to + 1] = limit[(even1 + odd1) >>> ROW_SHIFT];
      samples[to + 6] = limit[(even1 - odd1) >>> ROW_SHIFT];
      samples[to + 2] = limit[(even2 + odd2) >>> ROW_SHIFT];
      samples[to + 5] = limit[(even2 - odd2) >>> ROW_SHIFT];
      samples[to + 3] = limit[(even3 + odd3) >>> ROW_SHIFT];
      samples[to + 4] = limit[(even3 - odd3) >>> ROW_SHIFT];
    }
  }

  return (block, samples, to, stride) => {
    transformColumns(block);
    transformRows(samples, to, stride);
  };
}
