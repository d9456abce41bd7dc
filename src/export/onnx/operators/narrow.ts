import { narrowOperator } from '../../../tensor/narrow.js';
import { axisOf } from '../../../tensor/shape.js';
import { namesOf, spelling } from '../spelling.js';

export const narrowSpelling = spelling(narrowOperator, (writer, node, operands) => {
  const { dim, start, length } = node.attributes;
  const range = [start, start + length, axisOf('narrow', dim, node.shape)];
  const inputs = range.map((integer) => writer.integers([integer]));
  return writer.add('Slice', [...namesOf(operands), ...inputs]);
});
