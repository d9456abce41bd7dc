import {
  absOperator,
  signOperator,
  softplusOperator,
  sqrtOperator,
} from '../../../../../tensor/training/elementwise.js';
import { elementwiseRule } from '../elementwise.js';

export const absRule = elementwiseRule(absOperator, {
  activation: () => 'abs',
  bound: (bound) => bound,
});

export const signRule = elementwiseRule(signOperator, { activation: () => 'sign', bound: () => 1 });

export const softplusRule = elementwiseRule(softplusOperator, {
  activation: () => 'softplus',
  bound: (bound) => bound + Math.LN2,
});

export const sqrtRule = elementwiseRule(sqrtOperator, {
  activation: () => 'sqrt',
  bound: (bound) => Math.max(1, bound),
});
