import { absOperator, signOperator } from '../../tensor/training/elementwise.js';
import { mul } from '../arithmetic.js';
import { gradientRule, operand } from '../rule.js';

/** As in PyTorch, 0 at 0. */
export const absGradient = gradientRule(absOperator, (node) => [
  mul(node.g, node.gradient, node.g.apply(signOperator, [operand(node, 0)], {})),
]);
