/*
 * The transform of `idct.ts` for blocks that only damaged data hold: coefficients so large that libjpeg-turbo's SIMD code
 * (jidctint-sse2.asm and -avx2.asm, which Pillow runs on x86-64) wraps them to 16 bits here and limits them there.
 */

const CONST_BITS = 13;
const PASS1_BITS = 2;

const workspace = new Int32Array(64);
/** The eight numbers that one pass takes from a row or column, and gives back. */
const line = new Int32Array(8);

/** From 64 dequantised coefficients, in natural order, to samples from `to` on in rows of `stride`. */
export function transformWild(
  block: Int32Array,
  samples: Uint8Array,
  to: number,
  stride: number,
): void {
  // With nothing below the first row the first pass is a shift, which wraps; else it limits.
  const flat = block.every((value, i) => i < 8 || value === 0);
  for (let column = 0; column < 8; column++) {
    if (flat) {
      line.fill(wrap(block[column] << PASS1_BITS));
    } else {
      for (let i = 0; i < 8; i++) line[i] = wrap(block[column + 8 * i]);
      transformLine(CONST_BITS - PASS1_BITS);
    }
    for (let i = 0; i < 8; i++) workspace[column + 8 * i] = line[i];
  }
  for (let row = 0; row < 8; row++) {
    line.set(workspace.subarray(8 * row, 8 * row + 8));
    transformLine(CONST_BITS + PASS1_BITS + 3);
    for (let i = 0; i < 8; i++) {
      samples[to + row * stride + i] = Math.min(Math.max(line[i], -128), 127) + 128;
    }
  }
}

/** One dimension, scaled down by 2 ** `shift`. Sums of two inputs wrap to 16 bits, products and their sums to 32. */
function transformLine(shift: number): void {
  const [c0, c1, c2, c3, c4, c5, c6, c7] = line;
  const even2 = Math.imul(c2, 4433) + Math.imul(c6, 4433 - 15137);
  const even3 = Math.imul(c2, 4433 + 6270) + Math.imul(c6, 4433);
  const sum = wrap(c0 + c4) << CONST_BITS;
  const difference = wrap(c0 - c4) << CONST_BITS;
  const evens = [sum + even3, difference + even2, difference - even2, sum - even3];

  const z3 = wrap(c7 + c3);
  const z4 = wrap(c5 + c1);
  const odd3 = Math.imul(z3, 9633 - 16069) + Math.imul(z4, 9633);
  const odd4 = Math.imul(z3, 9633) + Math.imul(z4, 9633 - 3196);
  const odds = [
    Math.imul(c7, -7373) + Math.imul(c1, 12299 - 7373) + odd4,
    Math.imul(c5, -20995) + Math.imul(c3, 25172 - 20995) + odd3,
    Math.imul(c5, 16819 - 20995) + Math.imul(c3, -20995) + odd4,
    Math.imul(c7, 2446 - 7373) + Math.imul(c1, -7373) + odd3,
  ];
  const half = 1 << (shift - 1);
  for (let i = 0; i < 4; i++) {
    line[i] = limit((evens[i] + odds[i] + half) >> shift);
    line[7 - i] = limit((evens[i] - odds[i] + half) >> shift);
  }
}

/** To 16 bits with their sign. */
function wrap(value: number): number {
  return (value << 16) >> 16;
}

function limit(value: number): number {
  return Math.min(Math.max(value, -32768), 32767);
}
