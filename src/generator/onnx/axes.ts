import { type Shape, sizeOf } from '../../tensor/shape.js';
import type { Lower } from './lowering.js';

/** An axis from 0 up. @throws CycleganError for one that there is not. */
export function axisAt(node: Lower, axis: number, rank: number): number {
  const found = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(found) && found >= 0 && found < rank) return found;
  throw node.refusal(`axis ${axis} of ${rank} dimensions`);
}

/** The axes that a reduction is over: an input in newer versions, an attribute in older ones. Default: all. */
export function axesOf(node: Lower, index: number, rank: number): readonly number[] {
  const axes = node.list(index, 'axes');
  if (axes === null || axes.length === 0) {
    return node.integer('noop_with_empty_axes', 0) === 1
      ? []
      : Array.from({ length: rank }, (_, axis) => axis);
  }
  return axes.map((axis) => axisAt(node, axis, rank));
}

/** The order of axes that a Transpose makes. @throws CycleganError for what is none. */
export function permutationOf(node: Lower, rank: number): readonly number[] {
  const order = node.integers('perm') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  const isOrder = order.length === rank && order.every((_, axis) => order.includes(axis));
  if (!isOrder) throw node.refusal(`its perm is no order of ${rank} axes`);
  return order;
}

/** The shape that Reshape, Flatten, Squeeze or Unsqueeze gives. */
export function reshapedShape(node: Lower, shape: Shape): Shape {
  const { type } = node.node;
  if (type === 'Flatten') {
    const axis = node.integer('axis', 1);
    const at = axis < 0 ? axis + shape.length : axis;
    return [sizeOf(shape.slice(0, at)), sizeOf(shape.slice(at))];
  }
  if (type === 'Squeeze') {
    const axes = node.list(1, 'axes')?.map((axis) => axisAt(node, axis, shape.length)) ?? null;
    // Where ONNX has an error, PyTorch leaves longer sides as they are.
    const leavesLonger = node.node.origin !== undefined;
    return shape.filter((side, axis) =>
      axes === null ? side !== 1 : !axes.includes(axis) || (leavesLonger && side !== 1),
    );
  }
  if (type === 'Unsqueeze') {
    const axes = node.list(1, 'axes') ?? [];
    const rank = shape.length + axes.length;
    const added = new Set(axes.map((axis) => axisAt(node, axis, rank)));
    const sides = [...shape];
    return Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (sides.shift() ?? 1)));
  }
  const wanted = node.list(1, 'shape');
  if (wanted === null) throw node.refusal('it has no shape');
  const keepsZero = node.integer('allowzero', 0) === 1;
  const sides = wanted.map((side, axis) => (side === 0 && !keepsZero ? shape[axis] : side));
  const known = sides.reduce((product, side) => (side === -1 ? product : product * side), 1);
  const made = sides.map((side) => (side === -1 ? sizeOf(shape) / known : side));
  if (made.every((side) => Number.isInteger(side) && side >= 0)) return made;
  throw node.refusal(`[${shape.join(', ')}] cannot become [${wanted.slice(0, 8).join(', ')}]`);
}

/** A part of an axis: every `step`-th element from `start` on. */
export interface AxisPart {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  readonly length: number;
}

/** What a Slice takes. @see https://onnx.ai/onnx/operators/onnx__Slice.html */
export function sliceOf(node: Lower, shape: Shape): readonly AxisPart[] {
  const [starts, ends] = [node.list(1, 'starts'), node.list(2, 'ends')];
  if (starts === null || ends === null) throw node.refusal('it has no starts or ends');
  const axes = node.list(3, 'axes') ?? starts.map((_, axis) => axis);
  const steps = node.list(4, 'steps') ?? starts.map(() => 1);
  return starts.map((first, i) => {
    const axis = axisAt(node, axes[i], shape.length);
    const [side, step] = [shape[axis], steps[i]];
    const isSound = [first, ends[i], step].every((number) => Number.isInteger(number));
    if (!isSound || step === 0) throw node.refusal('its starts, ends or steps are none');
    const within = (at: number, low: number, high: number) =>
      Math.min(Math.max(at < 0 ? at + side : at, low), high);
    const [low, high] = step < 0 ? [-1, side - 1] : [0, side];
    const start = within(first, step < 0 ? 0 : low, high);
    const end = within(ends[i], low, high);
    return { axis, start, step, length: Math.max(0, Math.ceil((end - start) / step)) };
  });
}

/** How long the parts are that a Split makes of an axis. @throws CycleganError for parts that are not the whole. */
export function splitSizes(node: Lower, side: number): readonly number[] {
  const count = node.node.outputs.length;
  const even = Math.ceil(side / count);
  const sizes =
    node.list(1, 'split') ??
    Array.from({ length: count }, (_, i) => Math.min(even, side - i * even));
  const whole = sizes.reduce((sum, length) => sum + length, 0);
  const areLengths = sizes.every((length) => Number.isInteger(length) && length >= 0);
  if (whole === side && areLengths) return sizes;
  throw node.refusal(`its parts come to ${whole} of a side of ${side}`);
}
