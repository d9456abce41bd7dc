import { tanhOperator } from '../../tensor/tanh.js';
import { mul, sub } from '../arithmetic.js';
import { gradientRule } from '../rule.js';

/** g · (1 − y²), as g − (g · y) · y. */
export const tanhGradient = gradientRule(tanhOperator, ({ g, output, gradient }) => [
  sub(g, gradient, mul(g, mul(g, gradient, output), output)),
]);
