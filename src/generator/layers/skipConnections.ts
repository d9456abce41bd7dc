import type { GraphBuilder, Value } from '../../graph/builder.js';
import type { Module } from '../../nn/module.js';
import { catOperator } from '../../tensor/cat.js';

/** Channels of `x`, and then those of `y`. */
export function concatenate(g: GraphBuilder, x: Value, y: Value): Value {
  return g.apply(catOperator, [x, y], { dim: -3 });
}

/**
 * A U-Net by its levels: pictures are made smaller step by step; on the way back, each step's result is concatenated with
 * what was of its size on the way down.
 *
 * @param downs One more than `ups`: nothing is concatenated with the smallest.
 * @returns The concatenation of the last step; what makes a picture of it is left to the caller.
 */
export function traceLevels(
  g: GraphBuilder,
  x: Value,
  downs: readonly Module[],
  ups: readonly Module[],
): Value {
  const skips: Value[] = [];
  let y = x;
  for (const down of downs) {
    y = g.call(down, y);
    skips.push(y);
  }
  for (const [index, up] of ups.entries()) {
    y = concatenate(g, g.call(up, y), skips[downs.length - 2 - index]);
  }
  return y;
}
