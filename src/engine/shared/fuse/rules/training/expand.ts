import { shapeOf } from '../../../../../graph/graph.js';
import { type Shape, sizeOf } from '../../../../../tensor/shape.js';
import { expandOperator } from '../../../../../tensor/training/expand.js';
import { flatRole } from '../../flatValue.js';
import {
  isFlat,
  isOfOnePicture,
  type LaidOutGraph,
  operandsLayout,
  roleOfFlat,
} from '../../layouts.js';
import { channelAxis } from '../../pictures.js';
import type { OperatorRule } from '../../rule.js';

/** Nothing is done: whoever reads the value repeats its elements. What is one pixel becomes flat. */
export const expandRule: OperatorRule = {
  operator: expandOperator as unknown as OperatorRule['operator'],
  takes: (graph, { operands: [input], shape }) =>
    input !== null &&
    (roleOfFlat(graph, input, shape) !== null || pixelSize(graph, input, shape) !== null),
  layout: (graph, node) =>
    operandsLayout(graph, node) ?? pixelSize(graph, node.operands[0] as number, node.shape),
  fuse: (fuser, node) => fuser.flatOperand(node, 0),
};

/** Elements of a picture of one pixel that goes with all pixels of a shape; `null` for others. */
function pixelSize(graph: LaidOutGraph, id: number, shape: Shape): number | null {
  if (isFlat(graph, id) || !isOfOnePicture(graph, id)) return null;
  const own = shapeOf(graph, id);
  const size = sizeOf(own);
  const sides = own.slice(channelAxis(own) + 1);
  return sides.every((side) => side === 1) && flatRole(size, own, shape) !== null ? size : null;
}
