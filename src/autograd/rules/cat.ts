import { catOperator } from '../../tensor/cat.js';
import { narrowOperator } from '../../tensor/narrow.js';
import { axisOf } from '../../tensor/shape.js';
import { gradientRule } from '../rule.js';

export const catGradient = gradientRule(catOperator, (node) => {
  const { g, operands, output, gradient, attributes } = node;
  const dim = axisOf('cat', attributes.dim, output.shape);
  let start = 0;
  return operands.map((value, i) => {
    const length = value?.shape[dim] ?? 0;
    const part = { dim, start, length };
    start += length;
    return node.needs(i) ? g.apply(narrowOperator, [gradient], part) : null;
  });
});
