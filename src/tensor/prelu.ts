import { ShapeError } from '../errors.js';
import { type NoAttributes, type Operator, runOperator } from './operator.js';
import { regionOfFirst } from './region.js';
import { formatShape, type Shape, sizeOf } from './shape.js';
import { Tensor } from './tensor.js';

export const preluOperator: Operator<NoAttributes, readonly ['input', 'weight']> = {
  op: 'prelu',
  operands: ['input', 'weight'],

  outputShape([input, weight]) {
    const channels = channelsOf(input);
    if (weight.length !== 1 || (weight[0] !== 1 && weight[0] !== channels)) {
      throw new ShapeError(
        `prelu: expected one slope, or one for each of ${channels} channels of ${formatShape(input)}, but got a weight of size ${formatShape(weight)}.`,
      );
    }
    return [...input];
  },

  run([{ data, shape }, weight]) {
    const out = new Float32Array(data.length);
    const slopes = weight.data;
    const inner = sizeOf(shape.slice(2));
    for (let i = 0; i < out.length; i++) {
      const slope = slopes.length === 1 ? slopes[0] : slopes[Math.floor(i / inner) % slopes.length];
      out[i] = data[i] > 0 ? data[i] : data[i] * slope;
    }
    return new Tensor(out, shape);
  },

  inputRegions: regionOfFirst,
};

/** As PyTorch counts them: of dimension 1, or one where there is none. */
function channelsOf(shape: Shape): number {
  return shape[1] ?? 1;
}

/**
 * `x` above zero, `x` times a learned slope below, of each channel or of all.
 *
 * ```ts
 * const x = new Tensor(Float32Array.of(-2, 3), [1, 2, 1, 1]);
 * prelu(x, new Tensor(Float32Array.of(0.25, 0.5), [2])).data; // [-0.5, 3]
 * ```
 *
 * @param input `[N, C, …]`.
 * @param weight `[C]` or `[1]`.
 * @throws ShapeError for another number of slopes.
 * @see torch.nn.functional.prelu
 */
export function prelu(input: Tensor, weight: Tensor): Tensor {
  return runOperator(preluOperator, [input, weight], {});
}
