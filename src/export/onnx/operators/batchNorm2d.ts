import { batchNorm2dOperator } from '../../../tensor/batchNorm2d.js';
import { namesOf, spelling } from '../spelling.js';
import { normInputs } from './normOperands.js';

export const batchNorm2dSpelling = spelling(batchNorm2dOperator, (writer, node, operands) =>
  writer.add(
    'BatchNormalization',
    [...normInputs(writer, operands, node.shape), ...namesOf(operands.slice(3))],
    { epsilon: { float: node.attributes.eps } },
  ),
);
