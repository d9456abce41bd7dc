import { scaled, total } from '../../autograd/arithmetic.js';
import { ShapeError } from '../../errors.js';
import type { GraphBuilder, Value } from '../../graph/builder.js';
import { formatShape, sameShape, sizeOf } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';

/** Of the losses of all elements, their mean or their sum. */
export type Reduction = 'mean' | 'sum';

export interface LossOptions {
  /** Default: `mean`. */
  readonly reduction?: Reduction;
}

/** The mean or the sum of all elements, of shape `[1]`. */
export function reduce(g: GraphBuilder, losses: Value, { reduction = 'mean' }: LossOptions): Value {
  const sum = total(g, losses);
  return reduction === 'sum' ? sum : scaled(g, sum, 1 / sizeOf(losses.shape));
}

/**
 * What a loss compares its input with: a value of the same shape, or one number for all elements.
 * @throws ShapeError for another shape: PyTorch would repeat it along the other, which is seldom meant.
 */
export function targetOf(
  g: GraphBuilder,
  loss: string,
  { shape }: Value,
  target: Value | number,
): Value {
  if (typeof target === 'number') return g.constant(Tensor.full([1], target));
  if (sameShape(shape, target.shape)) return target;
  throw new ShapeError(
    `${loss}: the target has to have the input's shape ${formatShape(shape)}, but has ${formatShape(target.shape)}.`,
  );
}
