import { avgPool2dOperator } from '../../tensor/avgPool2d.js';
import { avgPool2dGradientOperator } from '../../tensor/training/avgPool2dGradient.js';
import { sidesOf } from '../arithmetic.js';
import { gradientRule, operand } from '../rule.js';

export const avgPool2dGradient = gradientRule(avgPool2dOperator, (node) => [
  node.g.apply(avgPool2dGradientOperator, [node.gradient], {
    ...node.attributes,
    inputSize: sidesOf(operand(node, 0).shape),
  }),
]);
