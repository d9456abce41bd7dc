import { type GroupNormAttributes, groupNormOperator } from '../../../tensor/groupNorm.js';
import { writeNormalized, writeScaled } from '../exactNorm.js';
import { type OnnxOperand, type OnnxWriter, spelling } from '../spelling.js';

/**
 * An instance norm of groups as channels, as PyTorch writes it: `GroupNormalization` is of opset 18 at the earliest, and scales
 * by group there. What `InstanceNormalization` has no attribute for is spelled out.
 */
export const groupNormSpelling = spelling(groupNormOperator, (writer, node, operands) => {
  const [input, weight, bias] = operands;
  const x = (input as OnnxOperand).name;
  const shape = writer.add('Shape', [x]);
  const { correction, epsOutside } = node.attributes;
  const isPlain = correction === 0 && !epsOutside && !writer.exactNorms;
  const value = isPlain
    ? plainNorm(writer, node.attributes, x)
    : writeNormalized(writer, node.attributes, rowsOfGroups(writer, node.attributes, x, shape));
  return writeScaled(writer, writer.add('Reshape', [value, shape]), weight, bias);
});

function plainNorm(writer: OnnxWriter, attributes: GroupNormAttributes, x: string): string {
  const { numGroups, eps } = attributes;
  const groups = writer.add('Reshape', [x, writer.integers([0, numGroups, -1])]);
  const inputs = [groups, writer.filled(1, numGroups), writer.filled(0, numGroups)];
  return writer.add('InstanceNormalization', inputs, { epsilon: { float: eps } });
}

/** `[N, groups, rows of all channels, W]`. */
function rowsOfGroups(
  writer: OnnxWriter,
  { numGroups }: GroupNormAttributes,
  x: string,
  shape: string,
): string {
  const range = [3, 4, 0].map((integer) => writer.integers([integer]));
  const width = writer.add('Slice', [shape, ...range]);
  const sides = writer.add('Concat', [writer.integers([0, numGroups, -1]), width], { axis: 0 });
  return writer.add('Reshape', [x, sides]);
}
