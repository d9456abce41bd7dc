import { reluOperator } from '../../tensor/relu.js';
import { gateOperator } from '../../tensor/training/elementwise.js';
import { gradientRule } from '../rule.js';

export const reluGradient = gradientRule(reluOperator, ({ g, output, gradient }) => [
  g.apply(gateOperator, [output, gradient], {
    above: 0,
    below: Infinity,
    outside: 0,
    closed: false,
  }),
]);
