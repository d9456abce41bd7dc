import type { Value } from '../../graph/builder.js';
import { batchNorm2dOperator } from '../../tensor/batchNorm2d.js';
import { instanceNorm2dOperator } from '../../tensor/instanceNorm2d.js';
import type { NormAttributes } from '../../tensor/normalize.js';
import { Tensor } from '../../tensor/tensor.js';
import { instanceNorm2dGradientOperator } from '../../tensor/training/instanceNorm2dGradient.js';
import { byChannel, channelSums, div, mul, reshaped, scalar, scaled } from '../arithmetic.js';
import { type Differentiated, gradientRule, operand } from '../rule.js';

export const instanceNorm2dGradient = gradientRule(instanceNorm2dOperator, (node) => {
  if (node.operands[3] !== null) return givenNormGradients(node);
  const { g, gradient, attributes } = node;
  const input = operand(node, 0);
  const [, weight, bias] = node.operands;
  const weighted = weight === null ? gradient : mul(g, gradient, byChannel(g, weight));
  const normed = () => g.apply(instanceNorm2dOperator, [input, null, null, null, null], attributes);
  return [
    node.needs(0) ? g.apply(instanceNorm2dGradientOperator, [input, weighted], attributes) : null,
    weight !== null && node.needs(1)
      ? channelSums(g, mul(g, gradient, normed()), weight.shape)
      : null,
    bias !== null && node.needs(2) ? channelSums(g, gradient, bias.shape) : null,
    null,
    null,
  ];
});

export const batchNorm2dGradient = gradientRule(batchNorm2dOperator, givenNormGradients);

/**
 * Of a norm whose statistics are given, which is a scale and a shift per channel. With `y = x̂ · w + b` and
 * `x̂ = (x − m) / √(v + eps)`: of m, the sum of the input's, negated; of v, `−½ · w · Σ g · x̂ / (v + eps)`.
 */
function givenNormGradients(node: Differentiated<NormAttributes>) {
  const { g, gradient, attributes } = node;
  const [input, mean, variance] = [operand(node, 0), operand(node, 3), operand(node, 4)];
  const [, weight, bias] = node.operands;
  const zero = g.constant(Tensor.zeros(mean.shape));
  const ofInput = once(() =>
    g.apply(batchNorm2dOperator, [gradient, weight, null, zero, variance], attributes),
  );
  const ofScale = once(() => {
    const normed = g.apply(batchNorm2dOperator, [input, null, null, mean, variance], attributes);
    return channelSums(g, mul(g, gradient, normed), variance.shape);
  });
  const ofVariance = () => {
    const own =
      weight === null ? ofScale() : mul(g, ofScale(), reshaped(g, weight, variance.shape));
    const eps = g.add(variance, scalar(g, attributes.eps));
    return scaled(g, div(g, own, eps), -0.5);
  };
  return [
    node.needs(0) ? ofInput() : null,
    weight !== null && node.needs(1) ? reshaped(g, ofScale(), weight.shape) : null,
    bias !== null && node.needs(2) ? channelSums(g, gradient, bias.shape) : null,
    node.needs(3) ? scaled(g, channelSums(g, ofInput(), mean.shape), -1) : null,
    node.needs(4) ? ofVariance() : null,
  ];
}

/** A value that is made when it is first asked for. */
function once(make: () => Value): () => Value {
  let made: Value | null = null;
  return () => {
    made ??= make();
    return made;
  };
}
