import { narrowOperator } from '../../../../tensor/narrow.js';
import { axisOf } from '../../../../tensor/shape.js';
import { splitRule } from '../splitRule.js';
import { picturesValue } from '../splitValue.js';

/** Some pictures of a batch. */
export const narrowSplit = splitRule(narrowOperator, {
  join: (splitter, node) => {
    const { dim, start, length } = node.attributes;
    if (axisOf('narrow', dim, node.shape) > 0) return null;
    const pictures = splitter.picturesOf(splitter.operand(node, 0));
    return picturesValue(node.shape, pictures.slice(start, start + length));
  },
});
