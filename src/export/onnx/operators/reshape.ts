import { reshapeOperator } from '../../../tensor/reshape.js';
import { namesOf, spelling } from '../spelling.js';

export const reshapeSpelling = spelling(reshapeOperator, (writer, { attributes }, operands) =>
  writer.add('Reshape', [...namesOf(operands), writer.integers(attributes.shape)]),
);
