import { mulOperator } from '../../../../tensor/mul.js';
import { pairRule } from './pair.js';

export const mulRule = pairRule(mulOperator, ['mul', 'mul'], (a, b) => a * b);
