import { reluOperator } from '../../../../tensor/relu.js';
import { elementwiseRule } from './elementwise.js';

export const reluRule = elementwiseRule(reluOperator, {
  activation: () => 'relu',
  bound: (bound) => bound,
});
