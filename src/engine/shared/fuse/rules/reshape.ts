import { shapeOf } from '../../../../graph/graph.js';
import { reshapeOperator } from '../../../../tensor/reshape.js';
import { sizeOf } from '../../../../tensor/shape.js';
import {
  isFlat,
  isReadableAsPictures,
  isReadableFlat,
  type LaidOutGraph,
  type Layout,
} from '../layouts.js';
import { hasBorder, storedValue } from '../lazyValue.js';
import { type OperatorRule, rule } from '../rule.js';

/**
 * The elements of each picture in another shape: channels of one pixel are what they are, others lie in another order. Flat
 * values stay what they are, and so does a picture that becomes none.
 */
const picturesRule = rule(
  reshapeOperator,
  (fuser, node) => {
    const value = fuser.operand(node, 0);
    const source = hasBorder(value) ? fuser.materialize(value) : fuser.readable(value);
    const { stored, bound } = source.core;
    const to = fuser.store(node.shape);
    if (to.channels === stored.channels && to.width === stored.width) return source;
    fuser.push({ kind: 'reshape', source, to });
    return storedValue(to, bound);
  },
  {
    vectors: true,
    takes: ({ operands: [input], shape }, graph) => {
      const own = input === null ? [] : shapeOf(graph, input);
      return own[0] === shape[0] && own.length !== 3 && shape.length !== 3;
    },
  },
);

const layout: Layout = (graph, node) => {
  const input = node.operands[0] as number;
  // One element for all stays that.
  if (graph.flatSizes[input] === 1) return 1;
  return isFlat(graph, input) || !picturesRule.takes(graph, node) ? sizeOf(node.shape) : null;
};

/** Whether all elements of a value are there, or can be made of those that there are. */
function isReadable(graph: LaidOutGraph, input: number): boolean {
  return (
    isReadableFlat(graph, input) ||
    (isFlat(graph, input) && isReadableAsPictures(graph, input, true))
  );
}

export const reshapeRule: OperatorRule = {
  ...picturesRule,
  takes: (graph, node) =>
    [null, 1].includes(layout(graph, node)) || isReadable(graph, node.operands[0] as number),
  layout,
  fuse: (fuser, node) => {
    if (!fuser.ask((graph) => isFlat(graph, node.id))) return picturesRule.fuse(fuser, node);
    const flat = fuser.flatOperand(node, 0);
    const own = fuser.ask((graph) => shapeOf(graph, node.operands[0] as number));
    return flat.size === 1 || flat.size === sizeOf(own) ? flat : fuser.spread(flat, own);
  },
};
