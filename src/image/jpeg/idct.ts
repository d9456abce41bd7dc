import { LIMIT } from './limit.js';

/*
 * The inverse DCT of Loeffler, Ligtenberg and Moschytz in integers, with the roundings of libjpeg's
 * "islow" method: factors have 13 fractional bits, and what the first pass hands to the second
 * has 2. Other roundings would be as good, but not the same bytes.
 *
 * Factors stand in the code as round(x · 2 ** 13), with x beside them. Nothing in the loops is a constant of the module,
 * which bundlers turn into variables: machine code looks these up again at every use, and a first picture takes a fifth
 * longer. Nor is the workspace a parameter of what is called for every block: only of an array that never changes does V8
 * know the length, and leaves out the checks of indices, another fifth.
 */

/** From 64 dequantised coefficients, in natural order, to samples from `to` on in rows of `stride`. */
type TransformBlock = (block: Int32Array, samples: Uint8Array, to: number, stride: number) => void;

type TransformRows = (samples: Uint8Array, to: number, stride: number) => void;

export const transformBlock = createTransform();

/**
 * Below this sum of the coefficients' magnitudes no number on the way outgrows the 16 bits in which libjpeg-turbo's SIMD keeps
 * them: a column's results are at most 4 · 1.39 times the sum, and two of them are added. Blocks of encoders stay below.
 */
export const SAFE_SUM = 5800;

function createTransform(): TransformBlock {
  /** Between the two passes. */
  const workspace = new Int32Array(64);
  const transformColumns = columnTransform(workspace);
  const transformRows = rowTransform(workspace, LIMIT);
  return (block, samples, to, stride) => {
    transformColumns(block);
    transformRows(samples, to, stride);
  };
}

/**
 * The columns of a block: `e` and `even` are of a column's even coefficients, `z` and `odd` of the odd ones. Math.imul keeps
 * the products 32-bit integers. The shortcut gives exactly what the long way would, and is common: most high frequencies
 * are 0.
 */
function columnTransform(workspace: Int32Array): (block: Int32Array) => void {
  const CONST_BITS = 13;
  const PASS1_BITS = 2;
  const SHIFT = CONST_BITS - PASS1_BITS;
  const ROUND = 1 << (SHIFT - 1);
  return (block) => {
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

      const turn = Math.imul(c2 + c6, 4433); // 0.541196100
      const e2 = turn - Math.imul(c6, 15137); // 1.847759065
      const e3 = turn + Math.imul(c2, 6270); // 0.765366865
      const e0 = ((c0 + c4) << CONST_BITS) + ROUND;
      const e1 = ((c0 - c4) << CONST_BITS) + ROUND;
      const even0 = e0 + e3;
      const even3 = e0 - e3;
      const even1 = e1 + e2;
      const even2 = e1 - e2;

      const z5 = Math.imul(c7 + c3 + c5 + c1, 9633); // 1.175875602
      const z1 = Math.imul(c7 + c1, -7373); // -0.899976223
      const z2 = Math.imul(c5 + c3, -20995); // -2.562915447
      const z3 = Math.imul(c7 + c3, -16069) + z5; // -1.961570560
      const z4 = Math.imul(c5 + c1, -3196) + z5; // -0.390180644
      const odd0 = Math.imul(c1, 12299) + z1 + z4; // 1.501321110
      const odd1 = Math.imul(c3, 25172) + z2 + z3; // 3.072711026
      const odd2 = Math.imul(c5, 16819) + z2 + z4; // 2.053119869
      const odd3 = Math.imul(c7, 2446) + z1 + z3; // 0.298631336

      workspace[column] = (even0 + odd0) >> SHIFT;
      workspace[column + 56] = (even0 - odd0) >> SHIFT;
      workspace[column + 8] = (even1 + odd1) >> SHIFT;
      workspace[column + 48] = (even1 - odd1) >> SHIFT;
      workspace[column + 16] = (even2 + odd2) >> SHIFT;
      workspace[column + 40] = (even2 - odd2) >> SHIFT;
      workspace[column + 24] = (even3 + odd3) >> SHIFT;
      workspace[column + 32] = (even3 - odd3) >> SHIFT;
    }
  };
}

/** The rows: the same arithmetic. `>>>` makes the index at which `limit` keeps a number. */
function rowTransform(workspace: Int32Array, limit: Uint8Array): TransformRows {
  const CONST_BITS = 13;
  // What the first pass left, and the factor of 8 by which the two passes together scale.
  const SHIFT = CONST_BITS + 2 + 3;
  // Rounds, and moves the samples from -128..127 to 0..255.
  const ROUND = (128 << SHIFT) + (1 << (SHIFT - 1));
  return (samples, to, stride) => {
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
        const flat = limit[((c0 << CONST_BITS) + ROUND) >>> SHIFT];
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

      const turn = Math.imul(c2 + c6, 4433); // 0.541196100
      const e2 = turn - Math.imul(c6, 15137); // 1.847759065
      const e3 = turn + Math.imul(c2, 6270); // 0.765366865
      const e0 = ((c0 + c4) << CONST_BITS) + ROUND;
      const e1 = ((c0 - c4) << CONST_BITS) + ROUND;
      const even0 = e0 + e3;
      const even3 = e0 - e3;
      const even1 = e1 + e2;
      const even2 = e1 - e2;

      const z5 = Math.imul(c7 + c3 + c5 + c1, 9633); // 1.175875602
      const z1 = Math.imul(c7 + c1, -7373); // -0.899976223
      const z2 = Math.imul(c5 + c3, -20995); // -2.562915447
      const z3 = Math.imul(c7 + c3, -16069) + z5; // -1.961570560
      const z4 = Math.imul(c5 + c1, -3196) + z5; // -0.390180644
      const odd0 = Math.imul(c1, 12299) + z1 + z4; // 1.501321110
      const odd1 = Math.imul(c3, 25172) + z2 + z3; // 3.072711026
      const odd2 = Math.imul(c5, 16819) + z2 + z4; // 2.053119869
      const odd3 = Math.imul(c7, 2446) + z1 + z3; // 0.298631336

      samples[to] = limit[(even0 + odd0) >>> SHIFT];
      samples[to + 7] = limit[(even0 - odd0) >>> SHIFT];
      samples[to + 1] = limit[(even1 + odd1) >>> SHIFT];
      samples[to + 6] = limit[(even1 - odd1) >>> SHIFT];
      samples[to + 2] = limit[(even2 + odd2) >>> SHIFT];
      samples[to + 5] = limit[(even2 - odd2) >>> SHIFT];
      samples[to + 3] = limit[(even3 + odd3) >>> SHIFT];
      samples[to + 4] = limit[(even3 - odd3) >>> SHIFT];
    }
  };
}
