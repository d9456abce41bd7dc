import { shapeOf } from '../../../../graph/graph.js';
import { maxPool2dOperator } from '../../../../tensor/maxPool2d.js';
import { hasEmptyWindow } from '../../../../tensor/pooling.js';
import { rule } from '../rule.js';
import { fusePool } from './pooling.js';

export const maxPool2dRule = rule(
  maxPool2dOperator,
  (fuser, node) => fusePool(fuser, node, { reduction: 'max', dilation: node.attributes.dilation }),
  // The largest of nothing is −∞, and so would be channels that an engine has as padding and takes for finite.
  {
    takes: ({ attributes, operands: [input], shape }, graph) =>
      input !== null && !hasEmptyWindow(shapeOf(graph, input), shape, attributes),
  },
);
