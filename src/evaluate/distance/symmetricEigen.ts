/**
 * Eigenvalues of symmetric matrices in double precision: Householder's reduction to tridiagonal form, then QL steps with
 * implicit shifts. All loops run along rows, of which eigenvectors are made, too: matrices of 2048 features do not fit into a cache.
 *
 * @see Golub and Van Loan, Matrix Computations, 8.3; EISPACK tred2 and tql2
 */
export interface Eigen {
  readonly values: Float64Array;
  /** Row i is the eigenvector of value i, of length 1; absent where nobody asked. */
  readonly vectors: Float64Array | null;
}

/** Steps after which an eigenvalue has long converged; more come of NaN alone. */
const MAX_STEPS = 60;

/** Below it, products of two numbers lose their digits, and nothing is left to reflect. */
const TINY = 1e-150;

/**
 * @param matrix `size` by `size`, row by row, symmetric and finite; it is not changed.
 * @returns In no order.
 */
export function symmetricEigen(
  matrix: Float64Array,
  size: number,
  { vectors }: { readonly vectors: boolean },
): Eigen {
  const work = Float64Array.from(matrix);
  const { diagonal, off, scales } = tridiagonalize(work, size);
  const rows = vectors ? reflectorProduct(work, scales, size) : null;
  diagonalize(diagonal, off, rows, size);
  return { values: diagonal, vectors: rows };
}

interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** `off[i]` is beside `diagonal[i]` and `diagonal[i + 1]`; the last is 0. */
  readonly off: Float64Array;
  /** Reflector k is 1 − scales[k] · v vᵀ, with v in row k of the matrix, from column k + 1 on. */
  readonly scales: Float64Array;
}

function tridiagonalize(a: Float64Array, size: number): Tridiagonal {
  const off = new Float64Array(size);
  const scales = new Float64Array(size);
  const p = new Float64Array(size);
  for (let k = 0; k + 2 < size; k++) {
    const v = a.subarray(k * size, (k + 1) * size);
    const norm = Math.sqrt(dot(v, v, k + 1, size));
    const head = v[k + 1];
    off[k] = head > 0 ? -norm : norm;
    if (norm < TINY) continue;
    v[k + 1] = head - off[k];
    const scale = -1 / (off[k] * v[k + 1]);
    scales[k] = scale;
    for (let i = k + 1; i < size; i++) {
      p[i] = scale * dot(a.subarray(i * size, (i + 1) * size), v, k + 1, size);
    }
    const half = (scale / 2) * dot(p, v, k + 1, size);
    for (let i = k + 1; i < size; i++) p[i] -= half * v[i];
    for (let i = k + 1; i < size; i++) {
      const row = i * size;
      const [vi, pi] = [v[i], p[i]];
      for (let j = k + 1; j < size; j++) a[row + j] -= vi * p[j] + pi * v[j];
    }
  }
  if (size > 1) off[size - 2] = a[(size - 1) * size - 1];
  return {
    diagonal: Float64Array.from({ length: size }, (_, i) => a[i * (size + 1)]),
    off,
    scales,
  };
}

/** The product of all reflectors, the last one first: its rows become eigenvectors. */
function reflectorProduct(a: Float64Array, scales: Float64Array, size: number): Float64Array {
  const rows = new Float64Array(size * size);
  for (let i = 0; i < size; i++) rows[i * (size + 1)] = 1;
  // Row i of the product is what reflectors make of unit vector i, the last one first.
  for (let i = 0; i < size; i++) {
    const row = rows.subarray(i * size, (i + 1) * size);
    for (let k = size - 3; k >= 0; k--) {
      if (scales[k] === 0) continue;
      const v = a.subarray(k * size, (k + 1) * size);
      const factor = scales[k] * dot(row, v, k + 1, size);
      if (factor === 0) continue;
      for (let j = k + 1; j < size; j++) row[j] -= factor * v[j];
    }
  }
  return rows;
}

function diagonalize(
  d: Float64Array,
  e: Float64Array,
  rows: Float64Array | null,
  size: number,
): void {
  for (let l = 0; l < size; l++) {
    for (let step = 0; step < MAX_STEPS; step++) {
      let m = l;
      while (m + 1 < size && !isNegligible(e[m], d[m], d[m + 1])) m++;
      if (m === l) break;
      implicitStep(d, e, rows, size, l, m);
    }
  }
}

function isNegligible(off: number, a: number, b: number): boolean {
  return Math.abs(off) <= Number.EPSILON * (Math.abs(a) + Math.abs(b)) + TINY;
}

/** One QL step on the block from `l` to `m`. */
function implicitStep(
  d: Float64Array,
  e: Float64Array,
  rows: Float64Array | null,
  size: number,
  l: number,
  m: number,
): void {
  let g = (d[l + 1] - d[l]) / (2 * e[l]);
  let r = Math.hypot(g, 1);
  g = d[m] - d[l] + e[l] / (g + (g >= 0 ? r : -r));
  let [s, c, p] = [1, 1, 0];
  for (let i = m - 1; i >= l; i--) {
    const f = s * e[i];
    const b = c * e[i];
    r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1] -= p;
      e[m] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1] - p;
    r = (d[i] - g) * s + 2 * c * b;
    p = s * r;
    d[i + 1] = g + p;
    g = c * r - b;
    if (rows !== null) rotate(rows, size, i, s, c);
  }
  d[l] -= p;
  e[l] = g;
  e[m] = 0;
}

/** Rows i and i + 1. */
function rotate(rows: Float64Array, size: number, i: number, s: number, c: number): void {
  const [upper, lower] = [i * size, (i + 1) * size];
  for (let k = 0; k < size; k++) {
    const f = rows[lower + k];
    rows[lower + k] = s * rows[upper + k] + c * f;
    rows[upper + k] = c * rows[upper + k] - s * f;
  }
}

function dot(a: Float64Array, b: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += a[i] * b[i];
  return sum;
}
