import { sigmoidOperator } from '../../tensor/sigmoid.js';
import { mul, sub } from '../arithmetic.js';
import { gradientRule } from '../rule.js';

/** g · y · (1 − y), as s − s · y of s = g · y. */
export const sigmoidGradient = gradientRule(sigmoidOperator, ({ g, output, gradient }) => {
  const share = mul(g, gradient, output);
  return [sub(g, share, mul(g, share, output))];
});
