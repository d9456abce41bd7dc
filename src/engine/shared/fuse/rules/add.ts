import { addOperator } from '../../../../tensor/add.js';
import { isMaterialized } from '../lazyValue.js';
import { rule } from '../rule.js';

/** One side may be unfinished, and the sum is then its last operation; the other has to be stored. */
export const addRule = rule(addOperator, (fuser, node) => {
  const [a, b] = [fuser.operand(node, 0), fuser.operand(node, 1)];
  const [pending, base] = isMaterialized(a) ? [b, a] : [a, b];
  const probe = { kind: 'add', other: base.core.stored } as const;
  const left = fuser.isOpen(pending, probe) ? pending : fuser.materialize(pending);
  const { stored, bound: added } = fuser.materialize(base).core;
  return fuser.append(left, { kind: 'add', other: stored }, (bound) => bound + added);
});
