import { conv2dOperator } from '../../tensor/conv2d.js';
import { convTranspose2dOperator } from '../../tensor/convTranspose2d.js';
import { conv2dWeightGradientOperator } from '../../tensor/training/conv2dWeightGradient.js';
import { channelSums } from '../arithmetic.js';
import { gradientRule, operand } from '../rule.js';

/** Of the input, the transposed convolution of the same weight; of the weight, a correlation of input and gradient. */
export const conv2dGradient = gradientRule(conv2dOperator, (node) => {
  const { g, gradient, attributes } = node;
  const { stride, padding, dilation } = attributes;
  const [input, weight] = [operand(node, 0), operand(node, 1)];
  const kernel = [weight.shape[2], weight.shape[3]] as const;
  // Rows and columns at the end that no output has read.
  const unread = (axis: 0 | 1) => {
    const side = input.shape[input.shape.length - 2 + axis];
    return (side + 2 * padding[axis] - dilation[axis] * (kernel[axis] - 1) - 1) % stride[axis];
  };
  const outputPadding = [unread(0), unread(1)] as const;
  return [
    node.needs(0)
      ? g.apply(convTranspose2dOperator, [gradient, weight, null], { ...attributes, outputPadding })
      : null,
    node.needs(1)
      ? g.apply(conv2dWeightGradientOperator, [input, gradient], { ...attributes, kernel })
      : null,
    node.needs(2) ? channelSums(g, gradient, operand(node, 2).shape) : null,
  ];
});
