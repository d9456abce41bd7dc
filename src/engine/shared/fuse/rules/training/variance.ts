import { varianceOperator } from '../../../../../tensor/training/variance.js';
import { storedValue } from '../../lazyValue.js';
import { rule } from '../../rule.js';

/** By the sums of a norm, which mostly reads the same value. */
export const varianceRule = rule(varianceOperator, (fuser, node) => {
  const value = fuser.materialize(fuser.operand(node, 0));
  const { correction } = node.attributes;
  const to = fuser.store(node.shape);
  fuser.push({ kind: 'variance', sums: fuser.statistics.sumsOf([value]), correction, to });
  return storedValue(to);
});
