import { sigmoidOperator } from '../../../../tensor/sigmoid.js';
import { elementwiseRule } from './elementwise.js';

export const sigmoidRule = elementwiseRule(sigmoidOperator, {
  activation: () => 'sigmoid',
  bound: () => 1,
});
