import { ShapeError } from '../../errors.js';
import type { Operator } from '../operator.js';
import { formatShape, type Shape, sameShape, sizeOf } from '../shape.js';
import { Tensor } from '../tensor.js';
import { philox } from './philox.js';

export interface DropoutAttributes {
  /** The probability that an element is dropped, 0 … 1. */
  readonly p: number;
  /** Tells the dropouts of a graph apart: those of one number and seed drop the same elements. */
  readonly stream: number;
  /** The number of the first picture in its batch. Default: 0. */
  readonly firstPicture?: number;
}

/** Random words are 32 bits wide. */
const WORDS = 2 ** 32;

/**
 * Sets elements to zero at random, and multiplies the others by 1 / (1 − p). Which ones are dropped follows from `seed` (`[2]`,
 * whole numbers from 0 to 2²⁴), the stream and the element's place alone, not from engine, threads or order: word `c mod 4` of
 * Philox 4x32-10, with the seed as its key and `(pixel, ⌊c / 4⌋, picture, stream)` as its counter, is below p · 2³². Four
 * neighbouring channels of a pixel are one call. For `[N, C, …]` a pixel is a place of what follows the channels.
 *
 * It is its own adjoint: applied to a gradient with the same seed and stream, it is that of the operator.
 */
export const dropoutOperator: Operator<DropoutAttributes, readonly ['input', 'seed']> = {
  op: 'dropout',
  operands: ['input', 'seed'],

  outputShape([input, seed]) {
    if (!sameShape(seed, [2])) {
      throw new ShapeError(`dropout: a seed is of shape [2], but got ${formatShape(seed)}.`);
    }
    return [...input];
  },

  run([input, seed], { p, stream, firstPicture = 0 }) {
    const { pictures, channels, pixels } = placesOf(input.shape);
    const out = Tensor.zeros(input.shape);
    const scale = p < 1 ? 1 / (1 - p) : 0;
    const threshold = p * WORDS;
    const key = [seed.data[0] >>> 0, seed.data[1] >>> 0] as const;
    for (let i = 0; i < pictures * pixels; i++) {
      const [picture, pixel] = [Math.floor(i / pixels), i % pixels];
      for (let c = 0; c < channels; c += 4) {
        const words = philox(key, [pixel, c / 4, firstPicture + picture, stream]);
        for (let k = 0; k < Math.min(4, channels - c); k++) {
          const at = (picture * channels + c + k) * pixels + pixel;
          // As in PyTorch, NaN and infinities that are dropped become NaN.
          out.data[at] = input.data[at] * (words[k] < threshold ? 0 : scale);
        }
      }
    }
    return out;
  },
};

function placesOf(shape: Shape): { pictures: number; channels: number; pixels: number } {
  // `[C, H, W]` is a picture without a batch, `[C]` a row without one.
  const batched = shape.length === 3 || shape.length < 2 ? [1, ...shape] : shape;
  const [pictures = 1, channels = 1, ...sides] = batched;
  return { pictures, channels, pixels: sizeOf(sides) };
}
