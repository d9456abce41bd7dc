import { groupNormOperator } from '../../tensor/groupNorm.js';
import { groupNormGradientOperator } from '../../tensor/training/groupNormGradient.js';
import { byChannel, channelSums, mul } from '../arithmetic.js';
import { gradientRule, operand } from '../rule.js';

export const groupNormGradient = gradientRule(groupNormOperator, (node) => {
  const { g, gradient, attributes } = node;
  const input = operand(node, 0);
  const [, weight, bias] = node.operands;
  // Channels are the second axis, whatever follows.
  const behind = input.shape.length - 2;
  const scaled = weight === null ? gradient : mul(g, gradient, byChannel(g, weight, behind));
  const normed = () => g.apply(groupNormOperator, [input, null, null], attributes);
  return [
    node.needs(0) ? g.apply(groupNormGradientOperator, [input, scaled], attributes) : null,
    weight !== null && node.needs(1)
      ? channelSums(g, mul(g, gradient, normed()), weight.shape, behind)
      : null,
    bias !== null && node.needs(2) ? channelSums(g, gradient, bias.shape, behind) : null,
  ];
});
