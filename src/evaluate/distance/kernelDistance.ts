import { ShapeError } from '../../errors.js';
import { checkOptions } from '../../tensor/callerValues.js';
import type { Tensor } from '../../tensor/tensor.js';
import { checkFeatures, type FeatureRows, timesTransposed } from './featureRows.js';

export interface KernelDistanceOptions {
  /** Pairs of subsets that are compared; default: 100. */
  readonly subsets?: number;
  /** Pictures of each subset; default: half of the smaller set, at most 1000, at least 2. */
  readonly subsetSize?: number;
  /** Of the choice of subsets; default: 0. */
  readonly seed?: number;
}

export interface KernelDistance {
  /** The mean over subsets. */
  readonly mean: number;
  /** The standard deviation over subsets; `null` where there is one subset alone, which is all pictures. */
  readonly deviation: number | null;
  readonly subsets: number;
  readonly subsetSize: number;
}

const DEFAULT_SUBSETS = 100;
const MAX_SUBSETS = 10_000;
const MAX_SUBSET = 1000;

/** So many pictures of a set are compared at most, chosen at random: kernels of all pairs lie in memory. */
const MAX_PICTURES = 2048;

/**
 * The kernel distance of two sets of pictures, of which features are given: the squared maximum mean discrepancy with the kernel
 * (xᵀy / D + 1)³, by its unbiased estimate, as a mean over random subsets. With features of Inception v3 it is the KID. It is near 0
 * for sets that are alike, and may then be negative; unlike the Fréchet distance, it does not depend on how many pictures there are,
 * but for its noise, of which the deviation tells.
 *
 * ```ts
 * const a = new Tensor(Float32Array.of(0, 1, 2, 3), [4, 1]);
 * kernelDistance(a, a, { subsets: 50 }).subsetSize; // 2
 * ```
 *
 * @param a `[N, D]`: D features of each of N pictures, N being 2 at least.
 * @param b `[M, D]`.
 * @throws ShapeError for any other shapes, for features that are not finite, and for subsets that cannot be.
 * @see Bińkowski et al., arXiv:1801.01401
 */
export function kernelDistance(
  a: Tensor,
  b: Tensor,
  options: KernelDistanceOptions = {},
): KernelDistance {
  checkOptions('kernelDistance', options);
  const random = randomNumbers(options.seed ?? 0);
  const [first, second] = checkFeatures(a, b, 'kernelDistance').map((rows) =>
    atMost(rows, MAX_PICTURES, random),
  );
  const fewest = Math.min(first.count, second.count);
  const { subsetSize = Math.min(MAX_SUBSET, Math.max(2, Math.floor(fewest / 2))) } = options;
  checkCount('subsetSize', subsetSize, 2, fewest);
  const isWhole = subsetSize === first.count && subsetSize === second.count;
  const { subsets = DEFAULT_SUBSETS } = options;
  checkCount('subsets', subsets, 1, MAX_SUBSETS);
  const kernels = {
    aa: kernelOf(first, first),
    bb: kernelOf(second, second),
    ab: kernelOf(first, second),
  };
  const count = isWhole ? 1 : subsets;
  const estimates = Array.from({ length: count }, () => {
    const i = chosen(first.count, subsetSize, random);
    const j = chosen(second.count, subsetSize, random);
    return estimate(kernels, first.count, second.count, i, j);
  });
  const mean = estimates.reduce((sum, value) => sum + value, 0) / count;
  const variance = estimates.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  return {
    mean,
    deviation: count === 1 ? null : Math.sqrt(variance),
    subsets: count,
    subsetSize,
  };
}

function checkCount(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new ShapeError(
    `kernelDistance: ${name} must be a whole number from ${least} to ${most}, but got ${value}.`,
  );
}

interface Kernels {
  readonly aa: Float64Array;
  readonly bb: Float64Array;
  readonly ab: Float64Array;
}

function kernelOf(a: FeatureRows, b: FeatureRows): Float64Array {
  const kernel = timesTransposed(a, b);
  for (let i = 0; i < kernel.length; i++) {
    const value = kernel[i] / a.size + 1;
    kernel[i] = value * value * value;
  }
  return kernel;
}

/** The unbiased estimate of the squared discrepancy: pictures are not compared with themselves. */
function estimate(
  { aa, bb, ab }: Kernels,
  countA: number,
  countB: number,
  first: Uint32Array,
  second: Uint32Array,
): number {
  const n = first.length;
  let [within, between] = [0, 0];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (i !== j) within += aa[first[i] * countA + first[j]] + bb[second[i] * countB + second[j]];
      between += ab[first[i] * countB + second[j]];
    }
  }
  return within / (n * (n - 1)) - (2 * between) / (n * n);
}

/** mulberry32: numbers in [0, 1) that are the same everywhere. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** So many of the numbers below `count`, none twice: the beginning of a shuffle. */
function chosen(count: number, size: number, random: () => number): Uint32Array {
  const all = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = 0; i < size; i++) {
    const other = i + Math.floor(random() * (count - i));
    [all[i], all[other]] = [all[other], all[i]];
  }
  return all.subarray(0, size);
}

function atMost(rows: FeatureRows, most: number, random: () => number): FeatureRows {
  if (rows.count <= most) return rows;
  const { size } = rows;
  const data = new Float64Array(most * size);
  for (const [i, from] of chosen(rows.count, most, random).entries()) {
    data.set(rows.data.subarray(from * size, (from + 1) * size), i * size);
  }
  return { count: most, size, data };
}
