import { adaptiveAvgPool2dOperator } from '../../../../tensor/adaptiveAvgPool2d.js';
import { rule } from '../rule.js';
import { fuseAdaptivePool } from './adaptivePooling.js';

export const adaptiveAvgPool2dRule = rule(adaptiveAvgPool2dOperator, (fuser, node) =>
  fuseAdaptivePool(fuser, node, 'mean'),
);
