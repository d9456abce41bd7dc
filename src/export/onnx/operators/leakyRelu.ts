import { leakyReluOperator } from '../../../tensor/leakyRelu.js';
import { namesOf, spelling } from '../spelling.js';

export const leakyReluSpelling = spelling(leakyReluOperator, (writer, node, operands) =>
  writer.add('LeakyRelu', namesOf(operands), { alpha: { float: node.attributes.negativeSlope } }),
);
