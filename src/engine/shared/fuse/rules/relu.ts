import { reluOperator } from '../../../../tensor/relu.js';
import { rule } from '../rule.js';

export const reluRule = rule(reluOperator, (fuser, node) =>
  fuser.append(
    fuser.operand(node, 0),
    { kind: 'activation', activation: 'relu' },
    (bound) => bound,
  ),
);
