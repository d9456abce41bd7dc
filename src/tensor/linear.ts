import { ShapeError } from '../errors.js';
import { type NoAttributes, type Operator, runOperator } from './operator.js';
import { regionOfFirst } from './region.js';
import { formatShape, sizeOf } from './shape.js';
import { Tensor } from './tensor.js';

export const linearOperator: Operator<NoAttributes, readonly ['input', 'weight', 'bias?']> = {
  op: 'linear',
  operands: ['input', 'weight', 'bias?'],

  outputShape([input, weight, bias]) {
    const [outFeatures, inFeatures] = weight;
    if (weight.length !== 2 || input.length < 1 || input.at(-1) !== inFeatures) {
      throw new ShapeError(
        `linear: a weight of size ${formatShape(weight)} takes [N, ${inFeatures ?? 'inFeatures'}], but got ${formatShape(input)}.`,
      );
    }
    if (bias !== null && (bias.length !== 1 || bias[0] !== outFeatures)) {
      throw new ShapeError(
        `linear: expected a bias of size [${outFeatures}], but got ${formatShape(bias)}.`,
      );
    }
    return input.with(-1, outFeatures);
  },

  run([input, weight, bias]) {
    const [outFeatures, inFeatures] = weight.shape;
    const out = Tensor.zeros(input.shape.with(-1, outFeatures));
    for (let i = 0; i < out.size; i++) {
      const [row, feature] = [Math.floor(i / outFeatures), i % outFeatures];
      let sum = bias?.data[feature] ?? 0;
      for (let k = 0; k < inFeatures; k++) {
        sum += input.data[row * inFeatures + k] * weight.data[feature * inFeatures + k];
      }
      out.data[i] = sum;
    }
    return out;
  },

  multiplyAdds: ([input, weight]) => sizeOf(input) * weight[0],

  /** All features of a row. */
  inputRegions: (region, operands) =>
    regionOfFirst(
      operands[0].length < 2 ? null : { ...region, left: 0, right: operands[1][1] },
      operands,
    ),
};

/**
 * Weighted sums of a row's features: `input · weightᵀ + bias`.
 *
 * ```ts
 * const x = new Tensor(Float32Array.of(1, 2), [1, 2]);
 * const weight = new Tensor(Float32Array.of(1, 1, 3, -1, 0, 2), [3, 2]);
 * linear(x, weight).data; // [3, 1, 4]
 * ```
 *
 * @param input `[…, inFeatures]`.
 * @param weight `[outFeatures, inFeatures]`.
 * @param bias `[outFeatures]` or `null`.
 * @returns `[…, outFeatures]`.
 * @throws ShapeError when features do not fit.
 * @see torch.nn.functional.linear
 */
export function linear(input: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  return runOperator(linearOperator, [input, weight, bias], {});
}
