import { type NoAttributes, type Operator, runOperator } from './operator.js';
import { pointwiseRegions } from './region.js';
import { Tensor } from './tensor.js';

export const sigmoidOperator: Operator<NoAttributes, readonly ['input']> = {
  op: 'sigmoid',
  operands: ['input'],
  outputShape: ([input]) => [...input],
  run: ([input]) => {
    const from = input.data;
    const out = new Float32Array(from.length);
    for (let i = 0; i < out.length; i++) out[i] = 1 / (1 + Math.exp(-from[i]));
    return new Tensor(out, input.shape);
  },
  inputRegions: pointwiseRegions,
};

/**
 * `1 / (1 + exp(−x))` for every element, in [0, 1]. Any shape.
 *
 * ```ts
 * sigmoid(new Tensor(Float32Array.of(0), [1])).data[0]; // 0.5
 * ```
 *
 * @see torch.nn.Sigmoid
 */
export function sigmoid(input: Tensor): Tensor {
  return runOperator(sigmoidOperator, [input], {});
}
