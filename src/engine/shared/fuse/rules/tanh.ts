import { tanhOperator } from '../../../../tensor/tanh.js';
import { rule } from '../rule.js';

export const tanhRule = rule(tanhOperator, (fuser, node) =>
  fuser.append(fuser.operand(node, 0), { kind: 'activation', activation: 'tanh' }, () => 1),
);
