import { convPhase } from '../../../../tensor/axisPhase.js';
import { conv2dOperator } from '../../../../tensor/conv2d.js';
import { rule } from '../rule.js';

export const conv2dRule = rule(
  conv2dOperator,
  (fuser, node) => {
    const { stride, padding, dilation, groups } = node.attributes;
    const weight = fuser.weight(node, 1) as number;
    const weightShape = fuser.weightShape(weight);
    const [outHeight, outWidth] = node.shape.slice(-2);
    const how = {
      isTransposed: false,
      weight,
      weightShape,
      bias: fuser.weight(node, 2),
      stride,
      dilation,
      groups,
      inStep: stride,
      rows: [convPhase(outHeight, weightShape[2], stride[0], padding[0], dilation[0])],
      cols: [convPhase(outWidth, weightShape[3], stride[1], padding[1], dilation[1])],
    };
    return fuser.convolve(fuser.operand(node, 0), how, node.shape);
  },
  { pictures: 1 },
);
