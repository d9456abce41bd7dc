import { transposedPhases } from '../../../../tensor/axisPhase.js';
import { convTranspose2dOperator } from '../../../../tensor/convTranspose2d.js';
import { rule } from '../rule.js';

export const convTranspose2dRule = rule(
  convTranspose2dOperator,
  (fuser, node) => {
    const { stride, padding, dilation, groups } = node.attributes;
    const weight = fuser.weight(node, 1) as number;
    const weightShape = fuser.weightShape(weight);
    const [height, width] = node.shape.slice(-2);
    const how = {
      isTransposed: true,
      weight,
      weightShape,
      bias: fuser.weight(node, 2),
      stride,
      dilation,
      groups,
      inStep: [1, 1] as const,
      rows: transposedPhases(height, weightShape[2], stride[0], padding[0], dilation[0]),
      cols: transposedPhases(width, weightShape[3], stride[1], padding[1], dilation[1]),
    };
    return fuser.convolve(fuser.operand(node, 0), how, node.shape);
  },
  { pictures: 1 },
);
