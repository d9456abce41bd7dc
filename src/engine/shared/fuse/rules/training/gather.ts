import type { GraphNode } from '../../../../../graph/graph.js';
import type { AxisAdjoint } from '../../../../../tensor/training/axisAdjoint.js';
import type { Fuser } from '../../fuser.js';
import { type LazyValue, storedValue } from '../../lazyValue.js';

/** Each pixel gathers what it has gone into, along rows and along columns. */
export function fuseGather(
  fuser: Fuser,
  node: GraphNode,
  [rows, columns]: readonly [rows: AxisAdjoint, columns: AxisAdjoint],
): LazyValue {
  const source = fuser.readable(fuser.operand(node, 0));
  const to = fuser.store(node.shape);
  fuser.push({ kind: 'gather', source, rows, columns, to });
  return storedValue(to);
}
