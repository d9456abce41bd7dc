import { tanhOperator } from '../../../../tensor/tanh.js';
import { elementwiseRule } from './elementwise.js';

export const tanhRule = elementwiseRule(tanhOperator, { activation: () => 'tanh', bound: () => 1 });
