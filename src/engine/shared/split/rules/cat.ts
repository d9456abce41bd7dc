import { catOperator } from '../../../../tensor/cat.js';
import { axisOf } from '../../../../tensor/shape.js';
import { splitRule } from '../splitRule.js';
import { picturesValue } from '../splitValue.js';

/** Pictures behind pictures are those of a longer batch. */
export const catSplit = splitRule(catOperator, {
  join: (splitter, node) => {
    if (axisOf('cat', node.attributes.dim, node.shape) > 0) return null;
    const pictures = node.operands.flatMap((_, i) =>
      splitter.picturesOf(splitter.operand(node, i)),
    );
    return picturesValue(node.shape, pictures);
  },
});
