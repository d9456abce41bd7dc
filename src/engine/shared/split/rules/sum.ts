import { axisOf } from '../../../../tensor/shape.js';
import { sumOperator } from '../../../../tensor/training/sum.js';
import { splitRule } from '../splitRule.js';
import { wholeValue } from '../splitValue.js';

/** Over a batch, the sum of the sums of its pictures. */
export const sumSplit = splitRule(sumOperator, {
  join: (splitter, node) => {
    const value = splitter.operand(node, 0);
    const isOverBatch = node.attributes.dims.some((dim) => axisOf('sum', dim, value.shape) === 0);
    if (!isOverBatch) return null;
    const sums = splitter.picturesOf(value).map((id) => splitter.add(node, [id], node.attributes));
    return wholeValue(node.shape, splitter.sum(node, sums));
  },
});
