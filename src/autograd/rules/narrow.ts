import { catOperator } from '../../tensor/cat.js';
import { narrowOperator } from '../../tensor/narrow.js';
import { padOperator } from '../../tensor/pad.js';
import { axisOf } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { gradientRule, operand } from '../rule.js';

/** Zeros before and behind the part: of a picture's rows or columns, as a border. */
export const narrowGradient = gradientRule(narrowOperator, (node) => {
  const { g, gradient, attributes } = node;
  const { shape } = operand(node, 0);
  const dim = axisOf('narrow', attributes.dim, shape);
  const behind = shape[dim] - attributes.start - attributes.length;
  const fromEnd = shape.length - 1 - dim;
  if (fromEnd < 2 && shape.length >= 3 && shape.length <= 4) {
    const sides = [attributes.start, behind] as const;
    const padding = fromEnd === 0 ? ([...sides, 0, 0] as const) : ([0, 0, ...sides] as const);
    return [g.apply(padOperator, [gradient], { mode: 'constant', padding })];
  }
  const zeros = (length: number) =>
    length === 0 ? [] : [g.constant(Tensor.zeros(shape.with(dim, length)))];
  const parts = [...zeros(attributes.start), gradient, ...zeros(behind)];
  return [parts.length === 1 ? gradient : g.apply(catOperator, parts, { dim })];
});
