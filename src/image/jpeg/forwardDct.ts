/**
 * The forward DCT of a block in place, of Arai, Agui and Nakajima in floating point: five multiplications a line. What comes out is
 * the coefficient times `SCALES[row] · SCALES[column] · 8`, which the division by the quantisation step takes back.
 *
 * @param block 64 samples less 128, row by row.
 * @see Pennebaker and Mitchell, JPEG: Still Image Data Compression Standard, figure 4-8
 */
export function forwardDct(block: Float64Array): void {
  for (let row = 0; row < 64; row += 8) transformLine(block, row, 1);
  for (let column = 0; column < 8; column++) transformLine(block, column, 8);
}

/** 1, and cos(k·π/16) · √2. */
export const SCALES = [
  1, 1.387039845, 1.306562965, 1.175875602, 1, 0.785694958, 0.5411961, 0.275899379,
];

/** To nine digits, as in other encoders of this transform, whose bytes these are. */
const ROOT_HALF = 707_106_781 / 1e9;

/** Eight numbers from `at` on, `step` apart. */
function transformLine(block: Float64Array, at: number, step: number): void {
  const i1 = at + step;
  const i2 = i1 + step;
  const i3 = i2 + step;
  const i4 = i3 + step;
  const i5 = i4 + step;
  const i6 = i5 + step;
  const i7 = i6 + step;
  const sum07 = block[at] + block[i7];
  const sum16 = block[i1] + block[i6];
  const sum25 = block[i2] + block[i5];
  const sum34 = block[i3] + block[i4];
  const odd0 = block[at] - block[i7];
  const odd1 = block[i1] - block[i6];
  const odd2 = block[i2] - block[i5];
  const odd3 = block[i3] - block[i4];

  const even0 = sum07 + sum34;
  const even1 = sum16 + sum25;
  const even2 = sum16 - sum25;
  const even3 = sum07 - sum34;
  const turned = (even2 + even3) * ROOT_HALF;
  block[at] = even0 + even1;
  block[i4] = even0 - even1;
  block[i2] = even3 + turned;
  block[i6] = even3 - turned;

  const a = odd3 + odd2;
  const b = odd2 + odd1;
  const c = odd1 + odd0;
  const shared = (a - c) * 0.382683433;
  const z2 = 0.5411961 * a + shared;
  const z4 = 1.306562965 * c + shared;
  const z3 = b * ROOT_HALF;
  const z11 = odd0 + z3;
  const z13 = odd0 - z3;
  block[i5] = z13 + z2;
  block[i3] = z13 - z2;
  block[i1] = z11 + z4;
  block[i7] = z11 - z4;
}
