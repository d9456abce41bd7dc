import { maxPool2dOperator } from '../../../tensor/maxPool2d.js';
import { namesOf, spelling } from '../spelling.js';
import { poolAttributes } from './poolAttributes.js';

export const maxPool2dSpelling = spelling(maxPool2dOperator, (writer, { attributes }, operands) => {
  const { dilation } = attributes;
  const window = poolAttributes(attributes, operands, dilation);
  return writer.add('MaxPool', namesOf(operands), { ...window, dilations: dilation });
});
