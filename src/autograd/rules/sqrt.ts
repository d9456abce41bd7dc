import { sqrtOperator } from '../../tensor/training/elementwise.js';
import { div, scaled } from '../arithmetic.js';
import { gradientRule } from '../rule.js';

/** g / 2y; as in PyTorch, infinite at 0. */
export const sqrtGradient = gradientRule(sqrtOperator, ({ g, output, gradient }) => [
  div(g, gradient, scaled(g, output, 2)),
]);
