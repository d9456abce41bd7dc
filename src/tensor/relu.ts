import { type NoAttributes, type Operator, runOperator } from './operator.js';
import { pointwiseRegions } from './region.js';
import { Tensor } from './tensor.js';

export const reluOperator: Operator<NoAttributes, readonly ['input']> = {
  op: 'relu',
  operands: ['input'],
  outputShape: ([input]) => [...input],
  run: ([input]) => {
    const from = input.data;
    const out = new Float32Array(from.length);
    // `< 0 ? 0 :` and not `> 0 ? … : 0`: NaN has to pass.
    for (let i = 0; i < out.length; i++) out[i] = from[i] < 0 ? 0 : from[i];
    return new Tensor(out, input.shape);
  },
  inputRegions: pointwiseRegions,
};

/**
 * `max(x, 0)` for every element; NaN stays NaN. Any shape.
 *
 * ```ts
 * relu(new Tensor(Float32Array.of(-1, 2), [2])).data; // [0, 2]
 * ```
 *
 * @see torch.nn.ReLU
 */
export function relu(input: Tensor): Tensor {
  return runOperator(reluOperator, [input], {});
}
