import { conv2dOperator } from '../../tensor/conv2d.js';
import { convTranspose2dOperator } from '../../tensor/convTranspose2d.js';
import { conv2dWeightGradientOperator } from '../../tensor/training/conv2dWeightGradient.js';
import { channelSums } from '../arithmetic.js';
import { gradientRule, operand } from '../rule.js';

/** As of a convolution, with input and gradient exchanged. */
export const convTranspose2dGradient = gradientRule(convTranspose2dOperator, (node) => {
  const { g, gradient } = node;
  const { stride, padding, dilation, groups } = node.attributes;
  const attributes = { stride, padding, dilation, groups };
  const [input, weight] = [operand(node, 0), operand(node, 1)];
  const kernel = [weight.shape[2], weight.shape[3]] as const;
  return [
    node.needs(0) ? g.apply(conv2dOperator, [gradient, weight, null], attributes) : null,
    node.needs(1)
      ? g.apply(conv2dWeightGradientOperator, [gradient, input], { ...attributes, kernel })
      : null,
    node.needs(2) ? channelSums(g, gradient, operand(node, 2).shape) : null,
  ];
});
