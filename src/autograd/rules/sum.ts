import { sumOperator } from '../../tensor/training/sum.js';
import { expand } from '../arithmetic.js';
import { gradientRule, operand } from '../rule.js';

export const sumGradient = gradientRule(sumOperator, (node) => [
  expand(node.g, node.gradient, operand(node, 0).shape),
]);
