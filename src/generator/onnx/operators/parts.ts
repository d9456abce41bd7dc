import type { Value } from '../../../graph/builder.js';
import { catOperator } from '../../../tensor/cat.js';
import { narrowOperator } from '../../../tensor/narrow.js';
import { sameShape } from '../../../tensor/shape.js';
import { axisAt, sliceOf, splitSizes } from '../axes.js';
import type { Lower, Lowering } from '../lowering.js';
import { Computed, type Operand } from '../operand.js';

/** The axis of the value that an axis of an operand is. */
function ownAxis(x: Computed, axis: number): number {
  return x.axes?.[axis] ?? axis;
}

/** An operand that is taken as it is, not for something else. */
function unviewed(node: Lower, x: Computed): Computed {
  return x.view === null ? x : new Computed(node.plain(x));
}

function part(node: Lower, x: Computed, axis: number, start: number, length: number): Computed {
  const dim = ownAxis(x, axis);
  if (start === 0 && length === x.value.shape[dim]) return x;
  return new Computed(node.g.apply(narrowOperator, [x.value], { dim, start, length }), x.axes);
}

export const concat: Lowering = (node) => {
  const parts = node.operands.map((_, i) => asComputed(node, node.operand(i)));
  const first = parts[0];
  const isAlike = parts.every(
    ({ axes, view }) => view === null && sameShape(axes ?? [], first.axes ?? []),
  );
  const axis = axisAt(node, node.integer('axis'), first.shape.length);
  if (isAlike) {
    const values = parts.map(({ value }) => value);
    return new Computed(
      node.g.apply(catOperator, values, { dim: ownAxis(first, axis) }),
      first.axes,
    );
  }
  const values = parts.map((one) => node.plain(one));
  return new Computed(node.g.apply(catOperator, values, { dim: axis }));
};

/** Constants may stand beside what is computed. */
function asComputed(node: Lower, operand: Operand): Computed {
  return operand instanceof Computed ? operand : new Computed(node.leaf(operand));
}

export const slice: Lowering = (node) => {
  let x = unviewed(node, node.computed(0));
  for (const { axis, start, step, length } of sliceOf(node, x.shape)) {
    if (step !== 1 && length > 1)
      throw node.refusal(`it takes every ${step}th element, or backwards, of a picture`);
    x = part(node, x, axis, start, length);
  }
  return x;
};

export const split: Lowering = (node) => {
  const x = unviewed(node, node.computed(0));
  const axis = axisAt(node, node.integer('axis', 0), x.shape.length);
  let start = 0;
  return splitSizes(node, x.shape[axis]).map((length) => {
    const made = part(node, x, axis, start, length);
    start += length;
    return made;
  });
};

/** More parts than this are no picture's channels. */
const MAX_PARTS = 256;

/** Channels in another order, or one element of an axis. */
export const gather: Lowering = (node) => {
  const x = unviewed(node, node.computed(0));
  const indices = node.constant(1);
  const axis = axisAt(node, node.integer('axis', 0), x.shape.length);
  const side = x.shape[axis];
  const at = Array.from(indices.numbers, (index) => (index < 0 ? index + side : index));
  if (indices.shape.length > 1 || at.length === 0 || at.length > MAX_PARTS) {
    throw node.refusal(`its indices have shape [${indices.shape.join(', ')}]`);
  }
  const parts = at.map((index) => part(node, x, axis, index, 1));
  if (indices.shape.length === 0) {
    const [one] = parts;
    return new Computed(
      one.value,
      one.axes,
      one.shape.filter((_, i) => i !== axis),
    );
  }
  return new Computed(joined(node, parts, ownAxis(x, axis)), x.axes);
};

function joined(node: Lower, parts: readonly Computed[], dim: number): Value {
  if (parts.length === 1) return parts[0].value;
  return node.g.apply(
    catOperator,
    parts.map(({ value }) => value),
    { dim },
  );
}

/** Channels of a picture, in this order. */
export function channelsInOrder(node: Lower, x: Value, order: readonly number[]): Value {
  if (order.length > MAX_PARTS)
    throw node.refusal(`it puts ${order.length} channels in another order`);
  const parts = order.map(
    (start) => new Computed(node.g.apply(narrowOperator, [x], { dim: 1, start, length: 1 })),
  );
  return joined(node, parts, 1);
}
