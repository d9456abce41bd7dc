import { sigmoidOperator } from '../../../../tensor/sigmoid.js';
import { rule } from '../rule.js';

export const sigmoidRule = rule(sigmoidOperator, (fuser, node) =>
  fuser.append(fuser.operand(node, 0), { kind: 'activation', activation: 'sigmoid' }, () => 1),
);
