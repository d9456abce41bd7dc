import { NATURAL_ORDER } from './order.js';

/** Of luminance and of chrominance, in natural order (T.81 tables K.1 and K.2). */
const LUMINANCE = [
  [16, 11, 10, 16, 24, 40, 51, 61],
  [12, 12, 14, 19, 26, 58, 60, 55],
  [14, 13, 16, 24, 40, 57, 69, 56],
  [14, 17, 22, 29, 51, 87, 80, 62],
  [18, 22, 37, 56, 68, 109, 103, 77],
  [24, 35, 55, 64, 81, 104, 113, 92],
  [49, 64, 78, 87, 103, 121, 120, 101],
  [72, 92, 95, 98, 112, 100, 103, 99],
].flat();
const CHROMINANCE = [
  [17, 18, 24, 47],
  [18, 21, 26, 66],
  [24, 26, 56, 99],
  [47, 66, 99, 99],
];

/** The steps of both kinds of components for a quality from 1 to 100, in natural order. @see libjpeg's `jpeg_quality_scaling` */
export function quantizationSteps(quality: number): [luminance: number[], chrominance: number[]] {
  const percent = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  const scaled = (step: number) =>
    Math.min(255, Math.max(1, Math.floor((step * percent + 50) / 100)));
  const chrominance = LUMINANCE.map((_, i) => CHROMINANCE[i >> 3]?.[i & 7] ?? 99);
  return [LUMINANCE.map(scaled), chrominance.map(scaled)];
}

/** In the order of a file. */
export function inZigzag(steps: readonly number[]): number[] {
  return steps.map((_, i) => steps[NATURAL_ORDER[i]]);
}
