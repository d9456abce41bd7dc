import type { GraphNode } from '../../../../../graph/graph.js';
import type { MaxWindows } from '../../../../../tensor/training/scatterToMaxima.js';
import type { Fuser } from '../../fuser.js';
import { type LazyValue, storedValue } from '../../lazyValue.js';

/** The gradient of each window, operand 1, goes to its largest element of operand 0. */
export function fuseMaxima(fuser: Fuser, node: GraphNode, windows: MaxWindows): LazyValue {
  const source = fuser.materialize(fuser.operand(node, 0));
  const gradient = fuser.materialize(fuser.operand(node, 1)).core.stored;
  const to = fuser.store(node.shape);
  fuser.push({ kind: 'maxima', source, gradient, windows, to });
  return storedValue(to);
}
