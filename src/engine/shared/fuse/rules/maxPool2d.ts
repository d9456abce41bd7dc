import { maxPool2dOperator } from '../../../../tensor/maxPool2d.js';
import { rule } from '../rule.js';
import { fusePool } from './pooling.js';

export const maxPool2dRule = rule(maxPool2dOperator, (fuser, node) =>
  fusePool(fuser, node, { reduction: 'max', dilation: node.attributes.dilation }),
);
