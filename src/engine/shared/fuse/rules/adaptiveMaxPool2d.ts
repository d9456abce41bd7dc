import { adaptiveMaxPool2dOperator } from '../../../../tensor/adaptiveMaxPool2d.js';
import { rule } from '../rule.js';
import { fuseAdaptivePool } from './adaptivePooling.js';

export const adaptiveMaxPool2dRule = rule(adaptiveMaxPool2dOperator, (fuser, node) =>
  fuseAdaptivePool(fuser, node, 'max'),
);
