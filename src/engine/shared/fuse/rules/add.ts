import { addOperator } from '../../../../tensor/add.js';
import { pairRule } from './pair.js';

export const addRule = pairRule(addOperator, ['add', 'add'], (a, b) => a + b);
