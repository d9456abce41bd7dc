import type { GraphNode } from '../../../../graph/graph.js';
import type { PoolAttributes } from '../../../../tensor/pooling.js';
import type { Fuser } from '../fuser.js';
import { type LazyValue, storedValue } from '../lazyValue.js';
import type { PoolStep } from '../steps.js';

/** Windows of the first operand become a pixel each. */
export function fusePool(
  fuser: Fuser,
  node: GraphNode<PoolAttributes>,
  how: Pick<PoolStep, 'reduction' | 'dilation'>,
): LazyValue {
  const source = fuser.readable(fuser.operand(node, 0));
  const to = fuser.store(node.shape);
  const { kernelSize: kernel, stride, padding } = node.attributes;
  fuser.push({ kind: 'pool', source, kernel, stride, padding, ...how, to });
  // Neither the largest nor the mean of numbers is beyond them.
  return storedValue(to, source.core.bound);
}
