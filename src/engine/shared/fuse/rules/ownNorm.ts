import type { GraphNode } from '../../../../graph/graph.js';
import type { Fuser } from '../fuser.js';
import type { LazyValue } from '../lazyValue.js';
import type { Statistics } from '../steps.js';

/** A norm by statistics of the value itself, whose weight and bias are operands 1 and 2. */
export function fuseOwnNorm(fuser: Fuser, node: GraphNode, how: Statistics): LazyValue {
  const plain = fuser.materialize(fuser.operand(node, 0));
  const { stored } = plain.core;
  const [weight, bias] = [fuser.weight(node, 1), fuser.weight(node, 2)];
  const factors = fuser.statistics.normOf(fuser.statistics.sumsOf([plain]), {
    weight,
    bias,
    ...how,
  });
  // None of n numbers is more than √n deviations from their mean. Weights may come to be anything.
  const isBounded = weight === null && bias === null;
  const count = how.perGroup * stored.height * stored.width;
  const bound = isBounded ? Math.sqrt(count) : Number.POSITIVE_INFINITY;
  return fuser.append(plain, { kind: 'norm', factors }, () => bound);
}
