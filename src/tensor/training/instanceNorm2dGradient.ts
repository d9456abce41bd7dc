import { type NormAttributes, planeStatistics } from '../normalize.js';
import type { Operator } from '../operator.js';
import { imageShape } from '../shape.js';
import { Tensor } from '../tensor.js';
import { checkSame } from './elementwise.js';

/**
 * The gradient of what an instance norm without scale and shift has read: `(g − mean(g) − x̂ · mean(g · x̂)) / deviation`,
 * means over each channel of each picture.
 */
export const instanceNorm2dGradientOperator: Operator<
  NormAttributes,
  readonly ['input', 'gradient']
> = {
  op: 'instanceNorm2dGradient',
  operands: ['input', 'gradient'],

  outputShape: ([input, gradient]) => checkSame('instanceNorm2dGradient', input, gradient),

  run([input, gradient], { eps }) {
    const out = Tensor.zeros(input.shape);
    const { height, width } = imageShape(input.shape, 'instanceNorm2dGradient');
    const count = height * width;
    for (let start = 0; start < input.size; start += count) {
      const { mean, variance } = planeStatistics(input.data, start, count);
      const scale = 1 / Math.sqrt(variance + eps);
      let sum = 0;
      let dot = 0;
      for (let i = start; i < start + count; i++) {
        sum += gradient.data[i];
        dot += gradient.data[i] * (input.data[i] - mean) * scale;
      }
      for (let i = start; i < start + count; i++) {
        const normed = (input.data[i] - mean) * scale;
        out.data[i] = scale * (gradient.data[i] - sum / count - (normed * dot) / count);
      }
    }
    return out;
  },
};
