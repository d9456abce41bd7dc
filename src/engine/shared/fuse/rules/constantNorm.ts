import type { GraphNode } from '../../../../graph/graph.js';
import type { NormAttributes } from '../../../../tensor/normalize.js';
import type { Fuser } from '../fuser.js';
import type { LazyValue } from '../lazyValue.js';

/** A norm by running statistics, which are weights: its factors are known before a run. */
export function fuseConstantNorm(fuser: Fuser, node: GraphNode<NormAttributes>): LazyValue {
  const value = fuser.operand(node, 0);
  const factors = fuser.addConstantNorm(
    {
      weight: fuser.weight(node, 1),
      bias: fuser.weight(node, 2),
      mean: fuser.weight(node, 3) as number,
      variance: fuser.weight(node, 4) as number,
      eps: node.attributes.eps,
    },
    value.core.stored.channels,
  );
  return fuser.append(value, { kind: 'norm', factors }, () => Number.POSITIVE_INFINITY);
}
