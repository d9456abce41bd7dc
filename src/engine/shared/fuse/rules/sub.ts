import { subOperator } from '../../../../tensor/sub.js';
import { pairRule } from './pair.js';

export const subRule = pairRule(subOperator, ['sub', 'subFrom'], (a, b) => a + b);
