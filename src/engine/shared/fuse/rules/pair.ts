import { type GraphNode, shapeOf } from '../../../../graph/graph.js';
import type { NoAttributes, Operator } from '../../../../tensor/operator.js';
import { sameShape, sizeOf } from '../../../../tensor/shape.js';
import { type FusedValue, isFlatValue } from '../flatValue.js';
import type { Fuser } from '../fuser.js';
import { isFlat, type LaidOutGraph, operandsLayout, roleOfFlat } from '../layouts.js';
import { type Combination, isMaterialized, type LazyValue } from '../lazyValue.js';
import { channelAxis, isPicture, picturesOf } from '../pictures.js';
import type { OperatorRule } from '../rule.js';
import { fuseFlat, takesFlat } from './elementwise.js';

/**
 * What an operand of a pair is: of the result's shape; of one channel; of one pixel, computed; or flat, with one element a
 * channel, or one for all.
 */
export type Role = 'whole' | 'mask' | 'pixel' | 'factors';

/**
 * A sum, a difference or a product of two values. Of two pictures, one may be unfinished, and this is then its last operation; the
 * other has to be stored. A mask of one channel is the other, whatever it goes with. What has one pixel, or is flat, scales
 * and shifts channels, as a norm does. Two flat values make another.
 *
 * @param kinds Of an operation on the first operand by the second, and the other way round.
 */
export function pairRule(
  operator: Operator<NoAttributes, readonly ['a', 'b']>,
  kinds: readonly ['add' | 'mul' | 'sub', Combination],
  boundOf: (a: number, b: number) => number,
): OperatorRule {
  return {
    operator: operator as unknown as Operator,
    takes: pairTakes,
    layout: operandsLayout,
    fuse: (fuser, node) => {
      if (fuser.ask((graph) => isFlat(graph, node.id))) return fuseFlat(fuser, node, kinds[0]);
      for (const i of [1, 0]) {
        const by = channelOperand(fuser, node, i);
        if (by === null) continue;
        const value = fuser.operand(node, 1 - i);
        const most = isFlatValue(by) ? Number.POSITIVE_INFINITY : by.core.bound;
        return fuser.scale(value, kinds[1 - i], by, finite(boundOf(value.core.bound, most)));
      }
      const operands = [fuser.foldedOperand(node, 0), fuser.foldedOperand(node, 1)] as const;
      const merged = mergedNorms(fuser, kinds[0], operands, boundOf);
      if (merged !== null) return merged;
      const first = pendingOperand(...operands);
      const kind = kinds[first];
      const [pending, base] = [operands[first], operands[1 - first]];
      const probe = { kind, other: base.core.stored };
      // What is folded as it is copied goes with a value of as many channels.
      const isMask = base.core.stored.channels < pending.core.stored.channels;
      const isOpen = fuser.isOpen(pending, probe) && !(isMask && pending.core.fold !== undefined);
      const left = isOpen ? pending : fuser.materialize(pending);
      const { stored, bound } = fuser.materialize(base).core;
      return fuser.append(left, { kind, other: stored }, (before) =>
        finite(boundOf(before, bound)),
      );
    },
  };
}

/** Norms of one value: such as an instance and a layer norm, which are mixed. */
function mergedNorms(
  fuser: Fuser,
  kind: Combination,
  [a, b]: readonly [LazyValue, LazyValue],
  boundOf: (a: number, b: number) => number,
): LazyValue | null {
  if (kind !== 'add' && kind !== 'sub') return null;
  return fuser.mergeNorms(kind, a, b, finite(boundOf(a.core.bound, b.core.bound)));
}

function finite(bound: number): number {
  return Number.isNaN(bound) ? Number.POSITIVE_INFINITY : bound;
}

/** Which of two pictures may be unfinished. */
function pendingOperand(a: LazyValue, b: LazyValue): 0 | 1 {
  const [left, right] = [a.core.stored.channels, b.core.stored.channels];
  if (left !== right) return left > right ? 0 : 1;
  return isMaterialized(a) ? 1 : 0;
}

/** Whether one operand is as large as the result, and the other goes with it in a way that there is. */
export function pairTakes(graph: LaidOutGraph, node: GraphNode): boolean {
  if (operandsLayout(graph, node) !== null) return takesFlat(graph, node);
  const roles = node.operands.map((_, i) => roleOf(graph, node, i));
  return isPicture(node.shape, true) && roles.includes('whole') && !roles.includes(null);
}

/** `null` for what goes with the result, which is pictures, in another way. */
export function roleOf(graph: LaidOutGraph, node: GraphNode, index: number): Role | null {
  const id = node.operands[index];
  if (id === null) return null;
  const { shape } = node;
  const own = shapeOf(graph, id);
  if (isFlat(graph, id)) {
    const role = roleOfFlat(graph, id, shape);
    if (role !== 'elements') return role === null ? null : 'factors';
    if (picturesOf(node) > 1) return null;
    // Of one pixel, the elements are one for each channel.
    const isPixel = own.at(channelAxis(shape) - shape.length) === sizeOf(shape);
    return sameShape(own, shape) ? 'whole' : isPixel ? 'factors' : null;
  }
  if (sameShape(own, shape)) return 'whole';
  const axis = channelAxis(shape);
  if (sameShape(own, shape.with(axis, 1))) return 'mask';
  const sides = own.slice(axis + 1);
  const isPixel = own.length === shape.length && sides.every((side) => side === 1);
  const isBatch = sameShape(own.slice(0, axis), shape.slice(0, axis));
  return isPixel && isBatch && [1, shape[axis]].includes(own[axis]) ? 'pixel' : null;
}

/** An operand that channels are scaled by: a flat value, or one of one pixel. */
export function channelOperand(fuser: Fuser, node: GraphNode, index: number): FusedValue | null {
  const role = fuser.ask((graph) => roleOf(graph, node, index));
  if (role === 'factors') return fuser.flatOperand(node, index);
  return role === 'pixel' ? fuser.operand(node, index) : null;
}
