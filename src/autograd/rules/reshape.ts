import { reshapeOperator } from '../../tensor/reshape.js';
import { reshaped } from '../arithmetic.js';
import { gradientRule, operand } from '../rule.js';

export const reshapeGradient = gradientRule(reshapeOperator, (node) => [
  reshaped(node.g, node.gradient, operand(node, 0).shape),
]);
