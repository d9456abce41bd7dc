import type { GraphNode } from '../../../graph/graph.js';
import { type UpsampleAttributes, upsampleOperator } from '../../../tensor/upsample.js';
import { type OnnxOperand, type OnnxWriter, spelling } from '../spelling.js';

/** From this opset on, operands that are not used may have no name. */
const UNUSED_MAY_BE_ABSENT = 13;

export const upsampleSpelling = spelling(upsampleOperator, (writer, node, [input]) => {
  const { mode, alignCorners } = node.attributes;
  const x = input as OnnxOperand;
  const unused = writer.opset < UNUSED_MAY_BE_ABSENT ? writer.float32([]) : '';
  const scales = scalesOf(node, x);
  const operands =
    scales === null
      ? [x.name, unused, unused, sizes(writer, x, node)]
      : [x.name, unused, writer.float32(scales)];
  if (mode === 'nearest') {
    return writer.add('Resize', operands, {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    });
  }
  return writer.add('Resize', operands, {
    mode: 'linear',
    coordinate_transformation_mode: alignCorners ? 'align_corners' : 'half_pixel',
  });
});

/** PyTorch leaves a side alone that comes out as long as it was, when it takes means. */
function scalesOf(
  { attributes: { scaleFactor, mode }, shape }: GraphNode<UpsampleAttributes>,
  input: OnnxOperand,
): readonly number[] | null {
  if (scaleFactor === null) return null;
  const sides = scaleFactor.map((scale, i) => {
    const isKept = mode === 'bilinear' && shape[2 + i] === input.shape[2 + i];
    return isKept ? 1 : scale;
  });
  return [1, 1, ...sides];
}

/** Batch and channels as they come, and the sides. */
function sizes(writer: OnnxWriter, x: OnnxOperand, { shape }: GraphNode): string {
  const zero = writer.integers([0]);
  const range = [zero, writer.integers([2]), zero];
  const kept = writer.add('Slice', [writer.add('Shape', [x.name]), ...range]);
  return writer.add('Concat', [kept, writer.integers(shape.slice(2))], { axis: 0 });
}
