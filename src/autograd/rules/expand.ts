import { expandOperator } from '../../tensor/training/expand.js';
import { sumTo } from '../arithmetic.js';
import { gradientRule, operand } from '../rule.js';

export const expandGradient = gradientRule(expandOperator, (node) => [
  sumTo(node.g, node.gradient, operand(node, 0).shape),
]);
