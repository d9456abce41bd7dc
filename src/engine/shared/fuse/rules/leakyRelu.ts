import { leakyReluOperator } from '../../../../tensor/leakyRelu.js';
import { rule } from '../rule.js';

export const leakyReluRule = rule(leakyReluOperator, (fuser, node) => {
  const leaky = node.attributes.negativeSlope;
  return fuser.append(
    fuser.operand(node, 0),
    { kind: 'activation', activation: { leaky } },
    (bound) => bound * Math.max(1, Math.abs(leaky)),
  );
});
