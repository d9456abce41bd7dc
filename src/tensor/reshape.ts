import { ShapeError } from '../errors.js';
import { describeValue } from './describeValue.js';
import { checkTensor, type Operator, runOperator } from './operator.js';
import { axisOf, formatShape, type Shape, sizeOf } from './shape.js';
import type { Tensor } from './tensor.js';

export interface ReshapeAttributes {
  /** Sides of the result: 0 for that of the input at the same place, −1 for what is left, at one place at most. */
  readonly shape: readonly number[];
}

/** Attributes for an input of that shape: what stays as it is, such as the number of pictures, may be another in a run. */
export function resolveReshape(input: Shape, shape: Shape): ReshapeAttributes {
  return { shape: shape.map((side, axis) => (side === input[axis] ? 0 : side)) };
}

/** Attributes that make one side of some: PyTorch's `flatten`. @throws ShapeError for dimensions that there are not. */
export function resolveFlatten(input: Shape, startDim: number, endDim: number): ReshapeAttributes {
  const [start, end] = [startDim, endDim].map((dim) => axisOf('flatten', dim, input));
  if (start > end) {
    throw new ShapeError(
      `flatten: dimension ${startDim} comes behind ${endDim} in ${formatShape(input)}.`,
    );
  }
  if (start === end) return { shape: input.map(() => 0) };
  return { shape: [...input.slice(0, start).map(() => 0), -1, ...input.slice(end + 1)] };
}

export const reshapeOperator: Operator<ReshapeAttributes, readonly ['input']> = {
  op: 'reshape',
  operands: ['input'],

  outputShape([input], { shape }) {
    const known = shape.map((side, axis) => (side === 0 ? (input[axis] ?? 0) : side));
    const open = known.indexOf(-1);
    const rest = sizeOf(input) / sizeOf(known.filter((side) => side !== -1));
    const sides = open < 0 ? known : known.with(open, rest);
    const isFit = sides.every((side) => Number.isInteger(side) && side >= 0);
    if (!isFit || sizeOf(sides) !== sizeOf(input)) {
      throw new ShapeError(
        `reshape: the ${sizeOf(input)} elements of ${formatShape(input)} do not make ${formatShape(known)}.`,
      );
    }
    return sides;
  },

  run([input], attributes) {
    return input.reshape(this.outputShape([input.shape], attributes)).clone();
  },

  /** Elements of any place. */
  inputRegions: () => [null],
};

/**
 * The same elements in another shape.
 *
 * ```ts
 * reshape(Tensor.zeros([2, 3, 4, 5]), [2, -1]).shape; // [2, 60]
 * ```
 *
 * @param shape One side may be −1, and is then what is left.
 * @throws ShapeError when there are more or fewer elements.
 * @see torch.reshape
 */
export function reshape(input: Tensor, shape: Shape): Tensor {
  checkTensor('reshape: input', input);
  if (!Array.isArray(shape)) {
    throw new ShapeError(`reshape: shape is a list of numbers, but got ${describeValue(shape)}.`);
  }
  return runOperator(reshapeOperator, [input], resolveReshape(input.shape, shape));
}

/**
 * Dimensions `startDim … endDim` become one.
 *
 * ```ts
 * flatten(Tensor.zeros([2, 3, 4, 5]), 1).shape; // [2, 60]
 * ```
 *
 * @param startDim Default: 0. From the end, if negative, as `endDim`.
 * @param endDim Default: −1.
 * @throws ShapeError for dimensions that there are not.
 * @see torch.flatten
 */
export function flatten(input: Tensor, startDim = 0, endDim = -1): Tensor {
  checkTensor('flatten: input', input);
  return runOperator(reshapeOperator, [input], resolveFlatten(input.shape, startDim, endDim));
}
