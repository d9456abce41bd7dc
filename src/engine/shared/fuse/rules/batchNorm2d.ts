import { batchNorm2dOperator } from '../../../../tensor/batchNorm2d.js';
import { rule } from '../rule.js';
import { fuseConstantNorm } from './constantNorm.js';

export const batchNorm2dRule = rule(batchNorm2dOperator, fuseConstantNorm, { pictures: 1 });
