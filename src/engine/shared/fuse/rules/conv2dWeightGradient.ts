import type { GraphNode } from '../../../../graph/graph.js';
import type { Operator } from '../../../../tensor/operator.js';
import { sizeOf } from '../../../../tensor/shape.js';
import {
  type Conv2dWeightGradientAttributes,
  conv2dWeightGradientOperator,
} from '../../../../tensor/training/conv2dWeightGradient.js';
import type { Fuser } from '../fuser.js';
import { flatLayout, isOfOnePicture, isReadableAsPictures } from '../layouts.js';
import type { LazyValue } from '../lazyValue.js';
import type { OperatorRule } from '../rule.js';

/** The input as the convolution read it: what was pending is done anew, so that nothing has to be kept for the gradient alone. */
export const conv2dWeightGradientRule: OperatorRule = {
  operator: conv2dWeightGradientOperator as unknown as Operator,
  layout: flatLayout,
  takes: (graph, node) =>
    node.operands.every(
      (id) => id !== null && isReadableAsPictures(graph, id, false) && isOfOnePicture(graph, id),
    ),
  fuse: (fuser, node) => {
    const { attributes, shape } = node as GraphNode<Conv2dWeightGradientAttributes>;
    const { padding, stride, dilation, groups, kernel } = attributes;
    const source = zeroPadded(fuser, fuser.readable(fuser.operand(node, 0)), padding);
    const gradient = fuser.readable(fuser.operand(node, 1));
    const to = fuser.storeFlat(sizeOf(shape));
    fuser.push({ kind: 'weightGradient', source, gradient, stride, dilation, groups, kernel, to });
    return to;
  },
};

function zeroPadded(
  fuser: Fuser,
  value: LazyValue,
  [vertical, horizontal]: readonly [number, number],
): LazyValue {
  if (vertical === 0 && horizontal === 0) return value;
  const [top, bottom, left, right] = [vertical, vertical, horizontal, horizontal];
  return fuser.surround(value, { mode: 'zero', top, bottom, left, right });
}
