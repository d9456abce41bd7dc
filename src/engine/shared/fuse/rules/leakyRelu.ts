import { leakyReluOperator } from '../../../../tensor/leakyRelu.js';
import { elementwiseRule } from './elementwise.js';

export const leakyReluRule = elementwiseRule(leakyReluOperator, {
  activation: ({ negativeSlope }) => ({ leaky: negativeSlope }),
  bound: (bound, { negativeSlope }) => bound * Math.max(1, Math.abs(negativeSlope)),
});
