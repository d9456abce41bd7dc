import { conv2dOperator } from '../../../tensor/conv2d.js';
import { namesOf, spelling } from '../spelling.js';
import { convolutionAttributes } from './convolutionAttributes.js';

export const conv2dSpelling = spelling(conv2dOperator, (writer, { attributes }, operands) =>
  writer.add('Conv', namesOf(operands), convolutionAttributes(attributes, operands[1])),
);
