import { type GraphNode, shapeOf } from '../../../../../graph/graph.js';
import { axisOf, type Shape, sizeOf } from '../../../../../tensor/shape.js';
import { type SumAttributes, sumOperator } from '../../../../../tensor/training/sum.js';
import { isReadableAsPictures, isReadableFlat, type LaidOutGraph } from '../../layouts.js';
import { storedValue } from '../../lazyValue.js';
import { channelAxis, picturesOf } from '../../pictures.js';
import type { OperatorRule } from '../../rule.js';

/** What is added up: all there is, the pixels of each channel, or the channels of each pixel. */
type Extent = 'all' | 'pixels' | 'channels';

/** `null` for what is added up in another way. */
function extentOf(graph: LaidOutGraph, node: GraphNode): Extent | null {
  const input = node.operands[0] as number;
  const shape = shapeOf(graph, input);
  const summed = summedAxes(shape, node.attributes as SumAttributes);
  const isSummed = (axis: number) => summed.has(axis) || shape[axis] === 1;
  const isAll = shape.every((_, axis) => isSummed(axis));
  if (isAll && isReadableFlat(graph, input)) return 'all';
  if (!isReadableAsPictures(graph, input, true)) return null;
  const channels = channelAxis(shape);
  // Never over pictures of a batch: each is on its own.
  const isOfOne = picturesOf({ shape }) === 1 || !summed.has(0);
  if (!isOfOne) return null;
  const pixels = shape.flatMap((_, axis) => (axis > channels ? [axis] : []));
  if (pixels.every(isSummed)) return isSummed(channels) ? 'all' : 'pixels';
  const isOfPixels = pixels.some((axis) => summed.has(axis) && shape[axis] > 1);
  return isOfPixels || !isSummed(channels) ? null : 'channels';
}

function summedAxes(shape: Shape, { dims }: SumAttributes): Set<number> {
  return new Set(dims.map((dim) => axisOf('sum', dim, shape)));
}

/** Sums of one picture are flat, as gradients of weights and losses are; others are of each picture of a batch. */
function sizeOfSums(graph: LaidOutGraph, node: GraphNode): number | null {
  const extent = extentOf(graph, node);
  const isOfOne = isReadableFlat(graph, node.operands[0] as number);
  if (extent === 'channels' || !isOfOne) return null;
  return extent === 'all' ? 1 : node.shape[channelAxis(node.shape)];
}

export const sumRule: OperatorRule = {
  operator: sumOperator as unknown as OperatorRule['operator'],
  takes: (graph, node) => extentOf(graph, node) !== null,
  layout: sizeOfSums,
  fuse: (fuser, node) => {
    const [extent, size] = fuser.ask(
      (graph) => [extentOf(graph, node), sizeOfSums(graph, node)] as const,
    );
    const flat = fuser.flatOrNull(node, 0);
    const isWhole = flat?.size === sizeOf(fuser.weightShape(node.operands[0] as number));
    if (flat !== null && isWhole && extent === 'all') {
      const to = fuser.storeFlat(1);
      fuser.push({ kind: 'flatSum', source: flat, to });
      return to;
    }
    const value = fuser.readable(fuser.operand(node, 0));
    if (extent === 'channels') {
      const to = fuser.store(node.shape);
      fuser.push({ kind: 'channelSum', source: value, to });
      return storedValue(to);
    }
    const isTotal = extent === 'all';
    const source = fuser.withoutBorder(value);
    if (size === null) {
      const to = fuser.store(node.shape);
      fuser.push({ kind: 'sum', source, isTotal, to });
      return storedValue(to);
    }
    const to = fuser.storeFlat(size);
    fuser.push({ kind: 'sum', source, isTotal, to });
    return to;
  },
};
