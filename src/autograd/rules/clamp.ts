import { clampOperator } from '../../tensor/clamp.js';
import { gateOperator } from '../../tensor/training/elementwise.js';
import { gradientRule, operand } from '../rule.js';

/** As in PyTorch, elements that lie on a bound have a gradient, too. */
export const clampGradient = gradientRule(clampOperator, (node) => {
  const { min, max } = node.attributes;
  return [
    node.g.apply(gateOperator, [operand(node, 0), node.gradient], {
      above: min ?? -Infinity,
      below: max ?? Infinity,
      outside: 0,
      closed: true,
    }),
  ];
});
