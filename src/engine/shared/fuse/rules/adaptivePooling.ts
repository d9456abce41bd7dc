import type { GraphNode } from '../../../../graph/graph.js';
import type { AdaptivePoolAttributes } from '../../../../tensor/adaptivePooling.js';
import type { Fuser } from '../fuser.js';
import { type LazyValue, storedValue } from '../lazyValue.js';
import type { AdaptivePoolStep } from '../steps.js';

/** The columns of each row first, by as many threads as there are, and then the rows. */
export function fuseAdaptivePool(
  fuser: Fuser,
  node: GraphNode<AdaptivePoolAttributes>,
  reduction: AdaptivePoolStep['reduction'],
): LazyValue {
  const source = fuser.readable(fuser.operand(node, 0));
  const { bound, stored } = source.core;
  const to = fuser.store(node.shape);
  const { top, bottom } = source.border;
  const narrow = { ...to, height: top + stored.height + bottom };
  fuser.push({ kind: 'adaptivePool', axis: 'columns', reduction, source, to: narrow });
  const half = storedValue(narrow, bound);
  fuser.push({ kind: 'adaptivePool', axis: 'rows', reduction, source: half, to });
  // Neither the largest nor the mean of numbers is beyond them.
  return storedValue(to, bound);
}
