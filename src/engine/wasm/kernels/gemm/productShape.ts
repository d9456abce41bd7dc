/**
 * A matrix product that reads its left factor where it lies:
 *
 *     c[m][n] = start + Σ_k a[m][k] · b[k][n],   start = bias[n], 0, or what c holds already
 *
 * - `a`: row m begins `m · aStride` bytes on; its K values are runs of `run` floats in a row, `middle`
 *   runs `middleStride` bytes apart, and `outer` of those `outerStride` bytes apart. For a
 *   convolution over NHWC rows these are the channels, the kernel's columns and its rows.
 * - `b`: packed `[n / N][K][N]` with N = `4 · tile.vectors`; the last panels may be narrower (`panels.ts`). Or rows of n
 *   floats where they lie (`bRows`).
 * - `c`: row m begins `m · cStride` bytes on, and has `n` floats, a multiple of 4.
 */
export interface ProductShape {
  readonly n: number;
  readonly run: number;
  readonly middle: number;
  readonly middleStride: number;
  readonly outer: number;
  readonly outerStride: number;
  readonly aStride: number;
  readonly cStride: number;
  /**
   * `parts` is 0, too, but each of the `outer` runs is summed by itself first: long sums in float32 lose digits. `added` is what
   * c holds, but the sum is made by itself, and added then.
   */
  readonly start: 'bias' | 'zero' | 'sum' | 'parts' | 'added';
  /**
   * Whether the rows of the next block are fetched while a block is worked out: for an `a` that comes from beyond the
   * L2 cache, whose rows are one run each and lie side by side. Up to `tile.rows` rows beyond the last block are read.
   */
  readonly fetchesAhead: boolean;
  /** Whether up to `2 · tile.rows − 1` rows beyond `m` may be worked out, which is cheaper than low blocks. */
  readonly goesBeyond: boolean;
  /** Bytes from one k of a run to the next in `a`. Default: 4, neighbouring floats. */
  readonly aStep?: number;
  /**
   * Where `b` is not packed: its rows, one for each k, are read where they lie, so many bytes apart within a run, and those of the
   * `outer` runs so many. `middle` is 1 then.
   */
  readonly bRows?: { readonly stride: number; readonly outerStride: number };
}

/** Bytes of a step along k in `a`. */
export function aStepOf({ aStep = 4 }: ProductShape): number {
  return aStep;
}

/** Floats along K. */
export function productDepth({ run, middle, outer }: ProductShape): number {
  return run * middle * outer;
}
