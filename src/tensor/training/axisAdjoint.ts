import type { Tensor } from '../tensor.js';

/** One product of an operator along an axis: `weight` times element `from` goes into element `to` of the result. */
export type AxisTap = readonly [to: number, from: number, weight: number];

/**
 * An operator along an axis, turned around: which elements of its result each element of its operand has gone into. Element `i`
 * has gone into `first[i]` and those behind it, with the weights from `start[i]` up to `start[i + 1]`.
 */
export interface AxisAdjoint {
  readonly first: Int32Array;
  /** One more than there are elements. */
  readonly start: Int32Array;
  readonly weights: Float64Array;
}

/** @param size Of the operand's axis; an element may be in no tap. */
export function axisAdjoint(size: number, taps: readonly AxisTap[]): AxisAdjoint {
  const first = new Int32Array(size).fill(-1);
  const lists = Array.from({ length: size }, (): number[] => []);
  for (const [to, from, weight] of taps.toSorted(([a], [b]) => a - b)) {
    if (first[from] < 0) first[from] = to;
    const at = to - first[from];
    while (lists[from].length <= at) lists[from].push(0);
    lists[from][at] += weight;
  }
  const start = new Int32Array(size + 1);
  for (const [i, list] of lists.entries()) start[i + 1] = start[i] + list.length;
  return { first, start, weights: Float64Array.from(lists.flat()) };
}

/** The adjoint of an operator that is one along rows and one along columns: each element gathers what it has gone into. */
export function gatherAxes(
  gradient: Tensor,
  out: Tensor,
  rows: AxisAdjoint,
  columns: AxisAdjoint,
): void {
  const [height, width] = out.shape.slice(-2);
  const [outHeight, outWidth] = gradient.shape.slice(-2);
  for (let i = 0; i < out.size; i++) {
    const x = i % width;
    const row = Math.floor(i / width);
    const y = row % height;
    const plane = Math.floor(row / height) * outHeight;
    let sum = 0;
    for (let j = rows.start[y]; j < rows.start[y + 1]; j++) {
      const from = (plane + rows.first[y] + j - rows.start[y]) * outWidth + columns.first[x];
      let line = 0;
      for (let k = columns.start[x], at = from; k < columns.start[x + 1]; k++, at++) {
        line += columns.weights[k] * gradient.data[at];
      }
      sum += rows.weights[j] * line;
    }
    out.data[i] = sum;
  }
}
