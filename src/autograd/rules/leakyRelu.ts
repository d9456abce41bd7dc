import { leakyReluOperator } from '../../tensor/leakyRelu.js';
import { gateOperator } from '../../tensor/training/elementwise.js';
import { gradientRule, operand } from '../rule.js';

export const leakyReluGradient = gradientRule(leakyReluOperator, (node) => [
  node.g.apply(gateOperator, [operand(node, 0), node.gradient], {
    above: 0,
    below: Infinity,
    outside: node.attributes.negativeSlope,
    closed: false,
  }),
]);
