import type { Tensor } from '../../tensor/tensor.js';
import {
  centredRows,
  checkFeatures,
  type FeatureRows,
  meanRow,
  timesTransposed,
  transposedRows,
} from './featureRows.js';
import { symmetricEigen } from './symmetricEigen.js';

/**
 * The Fréchet distance of two sets of pictures, of which features are given: that of the normal distributions with their means and
 * (unbiased) covariances, |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2·(Σ₁Σ₂)^½), in double precision; 0 for equal sets. With features of
 * Inception v3 it is the FID. Few pictures make it larger than it is: covariances of D features want many more than D pictures, and
 * up to D they are singular. `kernelDistance` has no such bias.
 *
 * ```ts
 * const a = new Tensor(Float32Array.of(0, 2, 4), [3, 1]);
 * const b = new Tensor(Float32Array.of(3, 5, 7), [3, 1]);
 * frechetDistance(a, b).toFixed(6); // '9.000000'
 * ```
 *
 * @param a `[N, D]`: D features of each of N pictures, N being 2 at least.
 * @param b `[M, D]`.
 * @throws ShapeError for any other shapes, and for features that are not finite.
 * @see Heusel et al., arXiv:1706.08500; https://github.com/mseitzer/pytorch-fid
 */
export function frechetDistance(a: Tensor, b: Tensor): number {
  const [first, second] = checkFeatures(a, b, 'frechetDistance');
  const [m1, m2] = [meanRow(first), meanRow(second)];
  const means = m1.reduce((sum, value, i) => sum + (value - m2[i]) ** 2, 0);
  const [x, y] = [centredRows(first), centredRows(second)];
  // Of either, the trace of the covariance is the sum of squares.
  const traces = sumOfSquares(x.data) + sumOfSquares(y.data);
  return Math.max(0, means + traces - 2 * traceOfRoot(x, y));
}

function sumOfSquares(data: Float64Array): number {
  let sum = 0;
  for (const value of data) sum += value * value;
  return sum;
}

/**
 * The trace of (Σ₁Σ₂)^½ with Σ₁ = XᵀX and Σ₂ = YᵀY. Its eigenvalues are the singular values of XYᵀ: those of the smaller of
 * pictures and features are computed.
 */
function traceOfRoot(x: FeatureRows, y: FeatureRows): number {
  if (Math.min(x.count, y.count) > x.size) return rootOfCovariances(x, y);
  const [few, many] = x.count < y.count ? [x, y] : [y, x];
  const product = { count: few.count, size: many.count, data: timesTransposed(few, many) };
  return sumOfRoots(timesTransposed(product, product), few.count);
}

/** With Σ₁ = VΛVᵀ, Σ₁Σ₂ has the eigenvalues of the symmetric Λ^½VᵀΣ₂VΛ^½. */
function rootOfCovariances(x: FeatureRows, y: FeatureRows): number {
  const { size } = x;
  const [columns, others] = [transposedRows(x), transposedRows(y)];
  const { values, vectors } = symmetricEigen(timesTransposed(columns, columns), size, {
    vectors: true,
  });
  if (vectors === null) throw new Error('no eigenvectors');
  const basis = { count: size, size, data: vectors };
  const covariance = { count: size, size, data: timesTransposed(others, others) };
  // Symmetric, so its transpose is itself.
  const half = { count: size, size, data: timesTransposed(basis, covariance) };
  const roots = values.map((value) => Math.sqrt(Math.max(0, value)));
  const inner = timesTransposed(half, basis).map(
    (value, i) => value * roots[Math.floor(i / size)] * roots[i % size],
  );
  return sumOfRoots(inner, size);
}

/** Of a symmetric matrix that is positive but for rounding. */
function sumOfRoots(matrix: Float64Array, size: number): number {
  const { values } = symmetricEigen(matrix, size, { vectors: false });
  return values.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
}
