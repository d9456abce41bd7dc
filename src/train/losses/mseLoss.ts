import { mul, sub } from '../../autograd/arithmetic.js';
import type { GraphBuilder, Value } from '../../graph/builder.js';
import { type LossOptions, reduce, targetOf } from './reduce.js';

/**
 * The mean of squared differences, `[1]`.
 *
 * ```ts
 * const g = new GraphBuilder([2, 3]);
 * const graph = g.finish(mseLoss(g, g.input, 1));
 * valueAndGrad(graph, { by: [g.input.id] }).outputs.length; // 2
 * ```
 *
 * @param target A value of the input's shape, or a number.
 * @throws ShapeError for a target of another shape.
 * @see torch.nn.MSELoss
 */
export function mseLoss(
  g: GraphBuilder,
  input: Value,
  target: Value | number,
  options: LossOptions = {},
): Value {
  const difference = sub(g, input, targetOf(g, 'mseLoss', input, target));
  return reduce(g, mul(g, difference, difference), options);
}
