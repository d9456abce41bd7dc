import { type Operator, runOperator } from './operator.js';
import { pointwiseRegions } from './region.js';
import { Tensor } from './tensor.js';

export interface LeakyReluAttributes {
  readonly negativeSlope: number;
}

export const leakyReluOperator: Operator<LeakyReluAttributes, readonly ['input']> = {
  op: 'leakyRelu',
  operands: ['input'],
  outputShape: ([input]) => [...input],
  run: ([input], { negativeSlope }) => {
    const from = input.data;
    const slope = Math.fround(negativeSlope);
    const out = new Float32Array(from.length);
    for (let i = 0; i < out.length; i++) out[i] = from[i] > 0 ? from[i] : from[i] * slope;
    return new Tensor(out, input.shape);
  },
  inputRegions: pointwiseRegions,
};

/**
 * `x` above zero, `negativeSlope · x` below. Any shape.
 *
 * ```ts
 * leakyRelu(new Tensor(Float32Array.of(-1, 2), [2]), 0.1).data; // [-0.1, 2]
 * ```
 *
 * @see torch.nn.LeakyReLU
 */
export function leakyRelu(input: Tensor, negativeSlope = 0.01): Tensor {
  return runOperator(leakyReluOperator, [input], { negativeSlope });
}
