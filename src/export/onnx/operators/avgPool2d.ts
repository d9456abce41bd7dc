import { avgPool2dOperator } from '../../../tensor/avgPool2d.js';
import { namesOf, spelling } from '../spelling.js';
import { poolAttributes } from './poolAttributes.js';

export const avgPool2dSpelling = spelling(avgPool2dOperator, (writer, { attributes }, operands) =>
  writer.add('AveragePool', namesOf(operands), {
    ...poolAttributes(attributes, operands),
    count_include_pad: attributes.countIncludePad ? 1 : 0,
  }),
);
