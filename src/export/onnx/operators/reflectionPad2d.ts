import { reflectionPad2dOperator } from '../../../tensor/reflectionPad2d.js';
import { namesOf, spelling } from '../spelling.js';

export const reflectionPad2dSpelling = spelling(
  reflectionPad2dOperator,
  (writer, node, operands) => {
    const [left, right, top, bottom] = node.attributes.padding;
    const pads = writer.integers([0, 0, top, left, 0, 0, bottom, right]);
    return writer.add('Pad', [...namesOf(operands), pads], { mode: 'reflect' });
  },
);
