import { maxPool2dOperator } from '../../tensor/maxPool2d.js';
import { maxPool2dGradientOperator } from '../../tensor/training/maxPool2dGradient.js';
import { gradientRule, operand } from '../rule.js';

export const maxPool2dGradient = gradientRule(maxPool2dOperator, (node) => [
  node.g.apply(maxPool2dGradientOperator, [operand(node, 0), node.gradient], node.attributes),
]);
