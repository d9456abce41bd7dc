import type { Operator } from '../operator.js';
import { axisOf, rowMajorStrides, type Shape, sizeOf } from '../shape.js';
import { Tensor } from '../tensor.js';

export interface SumAttributes {
  /** Axes that are summed up and become sides of 1; from the end, if negative. */
  readonly dims: readonly number[];
}

/** Sums along axes, which stay as sides of 1. */
export const sumOperator: Operator<SumAttributes, readonly ['input']> = {
  op: 'sum',
  operands: ['input'],

  outputShape([input], { dims }) {
    const axes = new Set(dims.map((dim) => axisOf('sum', dim, input)));
    return input.map((side, axis) => (axes.has(axis) ? 1 : side));
  },

  run([{ data, shape }], attributes) {
    const out = this.outputShape([shape], attributes);
    const sums = new Float64Array(sizeOf(out));
    const strides = rowMajorStrides(out).map((stride, axis) => (out[axis] === 1 ? 0 : stride));
    forEachRow(shape, (from, place) => {
      let to = 0;
      for (let axis = 0; axis < place.length; axis++) to += place[axis] * strides[axis];
      const step = strides[shape.length - 1] ?? 0;
      const length = shape[shape.length - 1] ?? 1;
      for (let i = 0; i < length; i++) sums[to + i * step] += data[from + i];
    });
    return new Tensor(Float32Array.from(sums), out);
  },
};

/** Visits each row of a tensor, with the offset of its first element and its place along the axes before the last. */
function forEachRow(shape: Shape, visit: (offset: number, place: readonly number[]) => void): void {
  const outer = shape.slice(0, -1);
  const length = shape[shape.length - 1] ?? 1;
  const place = new Array<number>(outer.length).fill(0);
  for (let row = 0; row < sizeOf(outer); row++) {
    visit(row * length, place);
    for (let axis = outer.length - 1; axis >= 0 && ++place[axis] === outer[axis]; axis--) {
      place[axis] = 0;
    }
  }
}

/**
 * Sum along axes, which stay as sides of 1.
 *
 * ```ts
 * sum(Tensor.full([1, 2, 3, 4], 1), [-2, -1]).data; // [12, 12]
 * ```
 *
 * @param dims Axes, from the end if negative. Default: all.
 * @throws ShapeError for an axis that there is not.
 * @see torch.sum, with keepdim=True
 */
export function sum(input: Tensor, dims: readonly number[] = input.shape.map((_, i) => i)): Tensor {
  return sumOperator.run([input], { dims });
}
