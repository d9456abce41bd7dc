import { mulOperator } from '../../tensor/mul.js';
import { mul, sumTo } from '../arithmetic.js';
import { gradientRule, operand } from '../rule.js';

export const mulGradient = gradientRule(mulOperator, (node) => {
  const { g, gradient } = node;
  const [a, b] = [operand(node, 0), operand(node, 1)];
  return [
    node.needs(0) ? sumTo(g, mul(g, gradient, b), a.shape) : null,
    node.needs(1) ? sumTo(g, mul(g, gradient, a), b.shape) : null,
  ];
});
