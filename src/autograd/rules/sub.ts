import { subOperator } from '../../tensor/sub.js';
import { scaled, sumTo } from '../arithmetic.js';
import { gradientRule, operand } from '../rule.js';

export const subGradient = gradientRule(subOperator, (node) => {
  const { g, gradient } = node;
  return [
    node.needs(0) ? sumTo(g, gradient, operand(node, 0).shape) : null,
    node.needs(1) ? sumTo(g, scaled(g, gradient, -1), operand(node, 1).shape) : null,
  ];
});
