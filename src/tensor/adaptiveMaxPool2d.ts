import {
  type AdaptivePoolAttributes,
  adaptivePoolShape,
  adaptiveRegion,
  reduceWindows,
  resolveAdaptivePool,
} from './adaptivePooling.js';
import { type Operator, runOperator } from './operator.js';
import type { Pair } from './shape.js';
import { Tensor } from './tensor.js';

export const adaptiveMaxPool2dOperator: Operator<AdaptivePoolAttributes, readonly ['input']> = {
  op: 'adaptiveMaxPool2d',
  operands: ['input'],

  outputShape: ([input], attributes) => adaptivePoolShape('adaptiveMaxPool2d', input, attributes),

  run([{ data, shape: input }], attributes) {
    const shape = this.outputShape([input], attributes);
    const out = reduceWindows(
      data,
      input,
      shape,
      Number.NEGATIVE_INFINITY,
      Math.max,
      (most) => most,
    );
    return new Tensor(out, shape);
  },

  inputRegions: (region, [input], attributes) => [adaptiveRegion(region, input, attributes)],
};

/**
 * The largest element of each of so many windows that cover a picture: with `outputSize` 1, of the whole picture.
 *
 * ```ts
 * const x = new Tensor(Float32Array.of(1, 2, 4, 9), [1, 1, 2, 2]);
 * adaptiveMaxPool2d(x, 1).data; // [9]
 * ```
 *
 * @param input `[N, C, H, W]` or `[C, H, W]`.
 * @param outputSize One side for both, or `[height, width]`.
 * @returns `[…, C, height, width]`. Window i of an axis reads elements ⌊i · H / height⌋ … ⌈(i + 1) · H / height⌉ − 1.
 * @throws ShapeError for a picture without pixels, or for sides that are no whole numbers from 1 on.
 * @see torch.nn.AdaptiveMaxPool2d
 */
export function adaptiveMaxPool2d(input: Tensor, outputSize: Pair): Tensor {
  const attributes = resolveAdaptivePool('adaptiveMaxPool2d', outputSize);
  return runOperator(adaptiveMaxPool2dOperator, [input], attributes);
}
