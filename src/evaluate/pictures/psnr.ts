import type { PictureInput } from '../../image/pictureInput.js';
import { checkPair } from './pair.js';

/** The largest difference that two bytes can have. */
const PEAK = 255;

/**
 * The peak signal-to-noise ratio of two pictures of one size, in decibels: 10 · log₁₀(255² / MSE), with the mean squared error
 * over all pixels and their three channels; alpha is left out. Equal pictures have `Infinity`.
 *
 * ```ts
 * const dot = (level: number) => ({ width: 1, height: 1, data: Uint8Array.of(level, level, level) });
 * psnr(dot(0), dot(255)); // 0
 * psnr(dot(7), dot(7)); // Infinity
 * ```
 *
 * @throws ShapeError unless both are of one size; ImageError for what is no picture.
 * @see skimage.metrics.peak_signal_noise_ratio
 */
export function psnr(a: PictureInput, b: PictureInput): number {
  const [first, second] = checkPair(a, b, 'psnr');
  let sum = 0;
  for (let i = 0; i < first.data.length; i++) sum += (first.data[i] - second.data[i]) ** 2;
  return 10 * Math.log10(PEAK ** 2 / (sum / first.data.length));
}
