import { ShapeError } from '../../errors.js';
import { checkTensor } from '../../tensor/operator.js';
import { formatShape } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';

/** Features of pictures: a row for each. */
export interface FeatureRows {
  readonly count: number;
  readonly size: number;
  /** `count` by `size`. */
  readonly data: Float32Array | Float64Array;
}

/**
 * @throws ShapeError unless both are `[N, D]` with N of 2 at least, the same D, and finite.
 */
export function checkFeatures(
  a: Tensor,
  b: Tensor,
  caller: string,
): readonly [FeatureRows, FeatureRows] {
  checkTensor(`${caller}: a`, a);
  checkTensor(`${caller}: b`, b);
  for (const { shape, data } of [a, b]) {
    if (shape.length !== 2 || shape[1] !== a.shape[1] || shape[1] < 1) {
      throw new ShapeError(
        `${caller}: expected features [N, D], of one D, but got ${formatShape(a.shape)} and ${formatShape(b.shape)}.`,
      );
    }
    if (shape[0] < 2) {
      throw new ShapeError(
        `${caller}: two sets of pictures are compared, of two at least, but one has ${shape[0]}.`,
      );
    }
    if (!data.every(Number.isFinite)) {
      throw new ShapeError(`${caller}: features are not finite (NaN or infinity).`);
    }
  }
  const rows = ({ shape: [count, size], data }: Tensor) => ({ count, size, data });
  return [rows(a), rows(b)];
}

/** The mean of each feature. */
export function meanRow({ count, size, data }: FeatureRows): Float64Array {
  const mean = new Float64Array(size);
  for (let i = 0; i < count; i++) for (let k = 0; k < size; k++) mean[k] += data[i * size + k];
  return mean.map((sum) => sum / count);
}

/** Rows less their mean, over √(n − 1): the transpose of these times these is the unbiased covariance. */
export function centredRows(rows: FeatureRows): FeatureRows & { readonly data: Float64Array } {
  const { count, size, data } = rows;
  const mean = meanRow(rows);
  const scale = 1 / Math.sqrt(count - 1);
  const centred = Float64Array.from(
    { length: count * size },
    (_, i) => (data[i] - mean[i % size]) * scale,
  );
  return { count, size, data: centred };
}

/** `a` times the transpose of `b`, both row by row: `a.count` by `b.count`. */
export function timesTransposed(a: FeatureRows, b: FeatureRows): Float64Array {
  const { size } = a;
  const [x, y] = [a.data, b.data];
  const out = new Float64Array(a.count * b.count);
  for (let i = 0; i < a.count; i++) {
    for (let j = 0; j < b.count; j++) {
      const [p, q] = [i * size, j * size];
      // Four sums do not wait for each other.
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      let k = 0;
      for (; k + 4 <= size; k += 4) {
        s0 += x[p + k] * y[q + k];
        s1 += x[p + k + 1] * y[q + k + 1];
        s2 += x[p + k + 2] * y[q + k + 2];
        s3 += x[p + k + 3] * y[q + k + 3];
      }
      for (; k < size; k++) s0 += x[p + k] * y[q + k];
      out[i * b.count + j] = s0 + s1 + (s2 + s3);
    }
  }
  return out;
}

/** Columns become rows. */
export function transposedRows({ count, size, data }: FeatureRows): FeatureRows {
  const out = new Float64Array(count * size);
  for (let i = 0; i < count; i++)
    for (let k = 0; k < size; k++) out[k * count + i] = data[i * size + k];
  return { count: size, size: count, data: out };
}
