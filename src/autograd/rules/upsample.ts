import { upsampleGradientOperator } from '../../tensor/training/upsampleGradient.js';
import { upsampleOperator } from '../../tensor/upsample.js';
import { sidesOf } from '../arithmetic.js';
import { gradientRule, operand } from '../rule.js';

export const upsampleGradient = gradientRule(upsampleOperator, (node) => [
  node.g.apply(upsampleGradientOperator, [node.gradient], {
    ...node.attributes,
    inputSize: sidesOf(operand(node, 0).shape),
  }),
]);
