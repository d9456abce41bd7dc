import { mul, scaled, sub } from '../../autograd/arithmetic.js';
import type { GraphBuilder, Value } from '../../graph/builder.js';
import { softplusOperator } from '../../tensor/training/elementwise.js';
import { type LossOptions, reduce, targetOf } from './reduce.js';

/**
 * The mean binary cross entropy of logits, `[1]`: `ln(1 + eˣ) − x · target`, without overflow.
 *
 * ```ts
 * const g = new GraphBuilder([2, 3]);
 * bceWithLogitsLoss(g, g.input, 1).shape; // [1]
 * ```
 *
 * @param target Probabilities, a value of the input's shape, or a number.
 * @throws ShapeError for a target of another shape.
 * @see torch.nn.BCEWithLogitsLoss
 */
export function bceWithLogitsLoss(
  g: GraphBuilder,
  input: Value,
  target: Value | number,
  options: LossOptions = {},
): Value {
  const losses = g.apply(softplusOperator, [input], {});
  // Not as a product, which has no value for infinite logits.
  if (target === 0) return reduce(g, losses, options);
  const agreeing =
    typeof target === 'number'
      ? scaled(g, input, target)
      : mul(g, input, targetOf(g, 'bceWithLogitsLoss', input, target));
  return reduce(g, sub(g, losses, agreeing), options);
}
