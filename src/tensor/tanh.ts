import { type NoAttributes, type Operator, runOperator } from './operator.js';
import { pointwiseRegions } from './region.js';
import { Tensor } from './tensor.js';

export const tanhOperator: Operator<NoAttributes, readonly ['input']> = {
  op: 'tanh',
  operands: ['input'],
  outputShape: ([input]) => [...input],
  run: ([input]) => {
    const from = input.data;
    const out = new Float32Array(from.length);
    for (let i = 0; i < out.length; i++) out[i] = Math.tanh(from[i]);
    return new Tensor(out, input.shape);
  },
  inputRegions: pointwiseRegions,
};

/**
 * Hyperbolic tangent of every element, in [−1, 1]. Any shape.
 *
 * ```ts
 * tanh(new Tensor(Float32Array.of(0, 1), [2])).data; // [0, 0.7616]
 * ```
 *
 * @see torch.nn.Tanh
 */
export function tanh(input: Tensor): Tensor {
  return runOperator(tanhOperator, [input], {});
}
