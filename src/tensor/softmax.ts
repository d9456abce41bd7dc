import { type Operator, runOperator } from './operator.js';
import { axisOf, sizeOf } from './shape.js';
import { Tensor } from './tensor.js';

export interface SoftmaxAttributes {
  /** The axis along which elements sum up to 1; from the end, if negative. */
  readonly dim: number;
}

export const softmaxOperator: Operator<SoftmaxAttributes, readonly ['input']> = {
  op: 'softmax',
  operands: ['input'],

  outputShape([input], { dim }) {
    axisOf('softmax', dim, input);
    return [...input];
  },

  run([{ data, shape }], { dim }) {
    const axis = axisOf('softmax', dim, shape);
    const out = new Float32Array(data.length);
    const [side, step] = [shape[axis], sizeOf(shape.slice(axis + 1))];
    for (let start = 0; start < data.length; start += side * step) {
      for (let i = start; i < start + step; i++) softmaxAlong(data, i, step, side, out);
    }
    return new Tensor(out, shape);
  },

  inputRegions(region, [input], { dim }) {
    const [height, width] = input.slice(-2);
    const fromEnd = input.length - axisOf('softmax', dim, input);
    if (input.length < 2) return [null];
    const rows = fromEnd === 2 ? { top: 0, bottom: height } : {};
    const columns = fromEnd === 1 ? { left: 0, right: width } : {};
    return [{ ...region, ...rows, ...columns }];
  },
};

/** Of `count` elements from `start` on, `step` apart. The largest is taken off first: no exponential is beyond 1. */
function softmaxAlong(
  data: Float32Array,
  start: number,
  step: number,
  count: number,
  out: Float32Array,
): void {
  const end = start + count * step;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = start; i < end; i += step) most = Math.max(most, data[i]);
  let sum = 0;
  for (let i = start; i < end; i += step) sum += Math.exp(data[i] - most);
  for (let i = start; i < end; i += step) out[i] = Math.exp(data[i] - most) / sum;
}

/**
 * Elements as shares of 1 along a dimension: `exp(x) / Σ exp(x)`. Any shape but a scalar's.
 *
 * ```ts
 * const x = new Tensor(Float32Array.of(0, Math.log(3)), [1, 2, 1, 1]);
 * softmax(x, 1).data; // [0.2500, 0.7500]
 * ```
 *
 * @param dim From the end, if negative: 1 are channels of `[N, C, H, W]`.
 * @throws ShapeError for a dimension that there is not.
 * @see torch.nn.Softmax
 */
export function softmax(input: Tensor, dim: number): Tensor {
  return runOperator(softmaxOperator, [input], { dim });
}
