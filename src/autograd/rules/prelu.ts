import { preluOperator } from '../../tensor/prelu.js';
import { gateOperator } from '../../tensor/training/elementwise.js';
import { byChannel, mul, reshaped, sub, sumTo } from '../arithmetic.js';
import { gradientRule, operand } from '../rule.js';

/** Of the input, what passes above zero and the slope times the rest; of the slope, the sum of the rest times the input. */
export const preluGradient = gradientRule(preluOperator, (node) => {
  const { g, gradient } = node;
  const [input, weight] = [operand(node, 0), operand(node, 1)];
  const passed = g.apply(gateOperator, [input, gradient], {
    above: 0,
    below: Infinity,
    outside: 0,
    closed: false,
  });
  const rest = sub(g, gradient, passed);
  // Slopes are those of the second axis.
  const behind = Math.max(0, input.shape.length - 2);
  const slopes = weight.shape[0] === 1 ? weight : byChannel(g, weight, behind);
  return [
    node.needs(0) ? g.add(passed, mul(g, rest, slopes)) : null,
    node.needs(1) ? reshaped(g, sumTo(g, mul(g, rest, input), slopes.shape), weight.shape) : null,
  ];
});
