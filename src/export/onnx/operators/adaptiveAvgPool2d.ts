import { adaptiveAvgPool2dOperator } from '../../../tensor/adaptiveAvgPool2d.js';
import { spelling } from '../spelling.js';
import { writeAdaptivePool } from './adaptivePool.js';

export const adaptiveAvgPool2dSpelling = spelling(
  adaptiveAvgPool2dOperator,
  (writer, node, operands) => writeAdaptivePool(writer, node, operands, 'Average'),
);
