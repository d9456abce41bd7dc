import { adaptiveMaxPool2dOperator } from '../../../tensor/adaptiveMaxPool2d.js';
import { spelling } from '../spelling.js';
import { writeAdaptivePool } from './adaptivePool.js';

export const adaptiveMaxPool2dSpelling = spelling(
  adaptiveMaxPool2dOperator,
  (writer, node, operands) => writeAdaptivePool(writer, node, operands, 'Max'),
);
