import { instanceNorm2dOperator } from '../../../../tensor/instanceNorm2d.js';
import { rule } from '../rule.js';
import { fuseConstantNorm } from './constantNorm.js';

export const instanceNorm2dRule = rule(
  instanceNorm2dOperator,
  (fuser, node) => {
    if (fuser.weight(node, 3) !== null) return fuseConstantNorm(fuser, node);
    const plain = fuser.materialize(fuser.operand(node, 0));
    const { stored } = plain.core;
    const sums = fuser.sumsOf(plain);
    const [weight, bias] = [fuser.weight(node, 1), fuser.weight(node, 2)];
    const to = { channels: stored.channels };
    fuser.push({ kind: 'norm', sums, of: stored, weight, bias, eps: node.attributes.eps, to });
    // None of n numbers is more than √n deviations from their mean. Weights may come to be anything.
    const isBounded = weight === null && bias === null;
    const bound = isBounded ? Math.sqrt(stored.height * stored.width) : Number.POSITIVE_INFINITY;
    return fuser.append(plain, { kind: 'norm', factors: to }, () => bound);
  },
  { pictures: 1 },
);
