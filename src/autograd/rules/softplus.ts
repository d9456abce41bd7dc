import { sigmoidOperator } from '../../tensor/sigmoid.js';
import { softplusOperator } from '../../tensor/training/elementwise.js';
import { mul } from '../arithmetic.js';
import { gradientRule, operand } from '../rule.js';

export const softplusGradient = gradientRule(softplusOperator, (node) => [
  mul(node.g, node.gradient, node.g.apply(sigmoidOperator, [operand(node, 0)], {})),
]);
