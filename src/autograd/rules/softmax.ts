import { softmaxOperator } from '../../tensor/softmax.js';
import { sumOperator } from '../../tensor/training/sum.js';
import { mul, sub } from '../arithmetic.js';
import { gradientRule } from '../rule.js';

/** y · (g − Σ g · y), as s − y · Σ s of s = g · y. */
export const softmaxGradient = gradientRule(softmaxOperator, (node) => {
  const { g, output, gradient, attributes } = node;
  const share = mul(g, gradient, output);
  const sum = g.apply(sumOperator, [share], { dims: [attributes.dim] });
  return [mul(g, output, sub(g, gradient, sum))];
});
