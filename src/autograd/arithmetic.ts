import type { GraphBuilder, Value } from '../graph/builder.js';
import { divOperator } from '../tensor/div.js';
import { mulOperator } from '../tensor/mul.js';
import { reshapeOperator } from '../tensor/reshape.js';
import { sameShape, sizeOf } from '../tensor/shape.js';
import { subOperator } from '../tensor/sub.js';
import { Tensor } from '../tensor/tensor.js';
import { expandOperator } from '../tensor/training/expand.js';
import { sumOperator } from '../tensor/training/sum.js';

/** A number as a value of shape `[1]`, which goes with any. */
export function scalar(g: GraphBuilder, value: number): Value {
  return g.constant(Tensor.full([1], value));
}

export function mul(g: GraphBuilder, a: Value, b: Value): Value {
  return g.apply(mulOperator, [a, b], {});
}

export function sub(g: GraphBuilder, a: Value, b: Value): Value {
  return g.apply(subOperator, [a, b], {});
}

export function div(g: GraphBuilder, a: Value, b: Value): Value {
  return g.apply(divOperator, [a, b], {});
}

/** A value times a number. */
export function scaled(g: GraphBuilder, value: Value, factor: number): Value {
  return factor === 1 ? value : mul(g, value, scalar(g, factor));
}

/** The sum of all elements, of shape `[1]`. */
export function total(g: GraphBuilder, value: Value): Value {
  return sumTo(g, value, [1]);
}

/** The sum over everything that was repeated when `shape` was broadcast to that of `value`. */
export function sumTo(g: GraphBuilder, value: Value, shape: readonly number[]): Value {
  if (sameShape(value.shape, shape)) return value;
  const extra = value.shape.length - shape.length;
  const dims = value.shape.flatMap((side, axis) =>
    side !== 1 && (axis < extra || shape[axis - extra] === 1) ? [axis] : [],
  );
  const summed = dims.length === 0 ? value : g.apply(sumOperator, [value], { dims });
  return reshaped(g, summed, shape);
}

/** A value repeated along sides of 1. */
export function expand(g: GraphBuilder, value: Value, shape: readonly number[]): Value {
  return sameShape(value.shape, shape) ? value : g.apply(expandOperator, [value], { shape });
}

/** The same elements in another shape. */
export function reshaped(g: GraphBuilder, value: Value, shape: readonly number[]): Value {
  return sameShape(value.shape, shape)
    ? value
    : g.apply(reshapeOperator, [value], { shape: [...shape] });
}

/**
 * The sum of each channel over all the rest, as a value of one element per channel.
 * @param shape Of the result: that of the weight or bias whose gradient it is.
 * @param behind How many axes stand behind that of the channels.
 */
export function channelSums(
  g: GraphBuilder,
  value: Value,
  shape: readonly number[],
  behind = 2,
): Value {
  return reshaped(g, sumTo(g, value, channelShape(sizeOf(shape), behind)), shape);
}

/** A value of one element per channel, `[C]`, as `[C, 1, 1]`, which goes with pictures channel by channel. */
export function byChannel(g: GraphBuilder, value: Value, behind = 2): Value {
  return reshaped(g, value, channelShape(sizeOf(value.shape), behind));
}

function channelShape(channels: number, behind: number): number[] {
  return [channels, ...new Array<number>(behind).fill(1)];
}

/** `[height, width]` of a picture. */
export function sidesOf(shape: readonly number[]): readonly [height: number, width: number] {
  return [shape[shape.length - 2], shape[shape.length - 1]];
}
