import { type GroupNormAttributes, groupNormOperator } from '../groupNorm.js';
import { planeStatistics } from '../normalize.js';
import type { Operator } from '../operator.js';
import { Tensor } from '../tensor.js';
import { checkSame } from './elementwise.js';

/**
 * The gradient of what a group norm without scale and shift has read. For `y = (x − mean) / D`, of the n elements of a group it
 * is `(g − mean(g)) / D − (x − mean) · Σ g · (x − mean) / (D² · (n − correction) · S)`: D is what was divided by, S the root in
 * it, which is D unless `eps` stands outside.
 */
export const groupNormGradientOperator: Operator<
  GroupNormAttributes,
  readonly ['input', 'gradient']
> = {
  op: 'groupNormGradient',
  operands: ['input', 'gradient'],

  outputShape([input, gradient], attributes) {
    groupNormOperator.outputShape([input, null, null], attributes);
    return checkSame('groupNormGradient', input, gradient);
  },

  run([input, gradient], { numGroups, eps, correction, epsOutside }) {
    const out = Tensor.zeros(input.shape);
    const count = input.size / (input.shape[0] * numGroups);
    for (let start = 0; start < input.size; start += count) {
      const { mean, variance } = planeStatistics(input.data, start, count);
      const estimate = (variance * count) / (count - correction);
      const root = Math.sqrt(epsOutside ? estimate : estimate + eps);
      const deviation = epsOutside ? root + eps : root;
      let sum = 0;
      let dot = 0;
      for (let i = start; i < start + count; i++) {
        sum += gradient.data[i];
        dot += gradient.data[i] * (input.data[i] - mean);
      }
      // As in PyTorch, a deviation of 0 has a gradient of 0.
      const slope = root === 0 ? 0 : dot / (deviation * deviation * (count - correction) * root);
      for (let i = start; i < start + count; i++) {
        out.data[i] = (gradient.data[i] - sum / count) / deviation - (input.data[i] - mean) * slope;
      }
    }
    return out;
  },
};
