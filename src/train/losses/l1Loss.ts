import { sub } from '../../autograd/arithmetic.js';
import type { GraphBuilder, Value } from '../../graph/builder.js';
import { absOperator } from '../../tensor/training/elementwise.js';
import { type LossOptions, reduce, targetOf } from './reduce.js';

/**
 * The mean of the magnitudes of differences, `[1]`; where there is no difference, the gradient is 0.
 *
 * ```ts
 * const g = new GraphBuilder([2, 3]);
 * const other = g.addInput([2, 3], 'other');
 * l1Loss(g, g.input, other, { reduction: 'sum' }).shape; // [1]
 * ```
 *
 * @param target A value of the input's shape, or a number.
 * @throws ShapeError for a target of another shape.
 * @see torch.nn.L1Loss
 */
export function l1Loss(
  g: GraphBuilder,
  input: Value,
  target: Value | number,
  options: LossOptions = {},
): Value {
  const difference = sub(g, input, targetOf(g, 'l1Loss', input, target));
  return reduce(g, g.apply(absOperator, [difference], {}), options);
}
