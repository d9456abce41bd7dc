import { divOperator } from '../../tensor/div.js';
import { div, mul, scaled, sumTo } from '../arithmetic.js';
import { gradientRule, operand } from '../rule.js';

/** Of a / b: g / b, and −g · (a / b) / b. */
export const divGradient = gradientRule(divOperator, (node) => {
  const { g, output, gradient } = node;
  const [a, b] = [operand(node, 0), operand(node, 1)];
  const share = div(g, gradient, b);
  return [
    node.needs(0) ? sumTo(g, share, a.shape) : null,
    node.needs(1) ? sumTo(g, scaled(g, mul(g, share, output), -1), b.shape) : null,
  ];
});
