import { avgPool2dOperator } from '../../../../tensor/avgPool2d.js';
import { rule } from '../rule.js';
import { fusePool } from './pooling.js';

export const avgPool2dRule = rule(avgPool2dOperator, (fuser, node) => {
  const reduction = node.attributes.countIncludePad ? 'paddedMean' : 'mean';
  return fusePool(fuser, node, { reduction, dilation: [1, 1] });
});
