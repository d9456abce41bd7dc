import type { PictureInput } from '../../image/pictureInput.js';
import { checkPair } from './pair.js';

/**
 * The mean absolute difference of two pictures of one size, in levels from 0 to 255, over all pixels and their three channels;
 * alpha is left out.
 *
 * ```ts
 * const dot = (level: number) => ({ width: 1, height: 1, data: Uint8Array.of(level, level, level) });
 * l1(dot(10), dot(14)); // 4
 * ```
 *
 * @throws ShapeError unless both are of one size; ImageError for what is no picture.
 */
export function l1(a: PictureInput, b: PictureInput): number {
  const [first, second] = checkPair(a, b, 'l1');
  let sum = 0;
  for (let i = 0; i < first.data.length; i++) sum += Math.abs(first.data[i] - second.data[i]);
  return sum / first.data.length;
}
