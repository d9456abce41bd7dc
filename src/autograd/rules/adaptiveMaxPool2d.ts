import { adaptiveMaxPool2dOperator } from '../../tensor/adaptiveMaxPool2d.js';
import { adaptiveMaxPool2dGradientOperator } from '../../tensor/training/adaptiveMaxPool2dGradient.js';
import { gradientRule, operand } from '../rule.js';

export const adaptiveMaxPool2dGradient = gradientRule(adaptiveMaxPool2dOperator, (node) => [
  node.g.apply(
    adaptiveMaxPool2dGradientOperator,
    [operand(node, 0), node.gradient],
    node.attributes,
  ),
]);
