import { resolveConv2d } from '../../tensor/conv2d.js';
import { convTranspose2dOperator, resolveConvTranspose2d } from '../../tensor/convTranspose2d.js';
import { linearOperator } from '../../tensor/linear.js';
import { sizeOf } from '../../tensor/shape.js';
import { conv2dWeightGradientOperator } from '../../tensor/training/conv2dWeightGradient.js';
import { channelSums, reshaped } from '../arithmetic.js';
import { gradientRule, operand } from '../rule.js';

/** As of a convolution of 1 × 1, each row being a picture of one pixel. */
export const linearGradient = gradientRule(linearOperator, (node) => {
  const { g, gradient } = node;
  const [input, weight] = [operand(node, 0), operand(node, 1)];
  const [outFeatures, inFeatures] = weight.shape;
  const rows = sizeOf(input.shape.slice(0, -1));
  const pixels = reshaped(g, gradient, [rows, outFeatures, 1, 1]);
  const ofInput = () => {
    const kernel = reshaped(g, weight, [outFeatures, inFeatures, 1, 1]);
    const made = g.apply(convTranspose2dOperator, [pixels, kernel, null], resolveConvTranspose2d());
    return reshaped(g, made, input.shape);
  };
  const ofWeight = () => {
    const read = reshaped(g, input, [rows, inFeatures, 1, 1]);
    const attributes = { ...resolveConv2d(), kernel: [1, 1] as const };
    const made = g.apply(conv2dWeightGradientOperator, [read, pixels], attributes);
    return reshaped(g, made, weight.shape);
  };
  return [
    node.needs(0) ? ofInput() : null,
    node.needs(1) ? ofWeight() : null,
    node.needs(2) ? channelSums(g, gradient, operand(node, 2).shape, 0) : null,
  ];
});
