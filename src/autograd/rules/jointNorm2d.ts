import { Tensor } from '../../tensor/tensor.js';
import { jointNorm2dOperator } from '../../tensor/training/jointNorm2d.js';
import { jointNorm2dGradientOperator } from '../../tensor/training/jointNorm2dGradient.js';
import { gradientRule, operand } from '../rule.js';

/** Each of the tensors has part in the statistics. */
export const jointNorm2dGradient = gradientRule(jointNorm2dOperator, (node) => {
  const { g, gradient, attributes } = node;
  const { index, eps } = attributes;
  const inputs = node.operands.map((_, i) => operand(node, i));
  const gradients = inputs.map(({ shape }, i) =>
    i === index ? gradient : g.constant(Tensor.zeros(shape)),
  );
  const operands = [...inputs, ...gradients];
  return inputs.map((_, i) =>
    node.needs(i) ? g.apply(jointNorm2dGradientOperator, operands, { index: i, eps }) : null,
  );
});
