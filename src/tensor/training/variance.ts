import { ShapeError } from '../../errors.js';
import { planeStatistics } from '../normalize.js';
import type { Operator } from '../operator.js';
import { formatShape, imageShape } from '../shape.js';
import { Tensor } from '../tensor.js';

export interface VarianceAttributes {
  /** What is taken off the number of pixels that squares are divided by: 1 for the unbiased variance. */
  readonly correction: 0 | 1;
}

/** The variance of each channel of each picture, `[…, C, H, W]` → `[…, C, 1, 1]`. @see torch.var */
export const varianceOperator: Operator<VarianceAttributes, readonly ['input']> = {
  op: 'variance',
  operands: ['input'],

  outputShape([input], { correction }) {
    const { channels, height, width, with: resized } = imageShape(input, 'variance');
    if (height * width <= correction) {
      throw new ShapeError(
        `variance: expected more than ${correction} pixels per channel, but got an input of size ${formatShape(input)}.`,
      );
    }
    return resized(channels, 1, 1);
  },

  run([input], attributes) {
    const out = Tensor.zeros(this.outputShape([input.shape], attributes));
    const count = input.size / Math.max(1, out.size);
    for (let i = 0; i < out.size; i++) {
      const { variance } = planeStatistics(input.data, i * count, count);
      out.data[i] = (variance * count) / (count - attributes.correction);
    }
    return out;
  },
};
