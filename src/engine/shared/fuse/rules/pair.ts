import { type Graph, type GraphNode, shapeOf } from '../../../../graph/graph.js';
import type { NoAttributes, Operator } from '../../../../tensor/operator.js';
import { sameShape } from '../../../../tensor/shape.js';
import { isMaterialized, type LazyValue } from '../lazyValue.js';
import { type OperatorRule, rule } from '../rule.js';

/**
 * A sum or a product of two values: one may be unfinished, and this is then its last operation; the other has to be stored.
 * A mask of one channel is the other, whatever it goes with.
 */
export function pairRule(
  operator: Operator<NoAttributes, readonly ['a', 'b']>,
  kind: 'add' | 'mul',
  boundOf: (a: number, b: number) => number,
): OperatorRule {
  return rule(
    operator,
    (fuser, node) => {
      const [pending, base] = inOrder(fuser.operand(node, 0), fuser.operand(node, 1));
      const probe = { kind, other: base.core.stored };
      const left = fuser.isOpen(pending, probe) ? pending : fuser.materialize(pending);
      const { stored, bound } = fuser.materialize(base).core;
      return fuser.append(left, { kind, other: stored }, (before) => {
        const both = boundOf(before, bound);
        return Number.isNaN(both) ? Number.POSITIVE_INFINITY : both;
      });
    },
    { takes: goTogether },
  );
}

function inOrder(a: LazyValue, b: LazyValue): [pending: LazyValue, base: LazyValue] {
  const [left, right] = [a.core.stored.channels, b.core.stored.channels];
  if (left !== right) return left > right ? [a, b] : [b, a];
  return isMaterialized(a) ? [b, a] : [a, b];
}

/** Whether operands are of one shape, but for one channel. */
function goTogether({ operands, shape }: GraphNode<NoAttributes>, graph: Graph): boolean {
  const axis = shape.length - 3;
  return operands.every((id) => {
    const own = id === null ? [] : shapeOf(graph, id);
    return sameShape(own, shape) || sameShape(own, shape.with(axis, 1));
  });
}
