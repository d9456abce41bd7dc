import type { Format } from '../../plan/buffers.js';

/** What a subgroup multiplies at once: a matrix of m × k by one of k × n, whose sums are 32-bit floats. */
export interface MatrixShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** The type of the factors. */
  readonly factors: 'f32' | 'f16';
  /** Most threads that a subgroup of the device has. */
  readonly lanes: number;
}

/** How the subgroups of a workgroup share its sums: each has `each` matrices of them, which alternate with those of its neighbours. */
export interface MatrixTile extends MatrixShape {
  readonly subgroups: Sides;
  readonly each: Sides;
}

interface Sides {
  readonly across: number;
  readonly down: number;
}

/** Channels of a vector. */
export const VECTOR = 4;
const MAX_THREADS = 256;
/** Sums of a thread, at most: they are variables, one by one. */
const MAX_PIXELS = 16;
/** Pixels and channels of a workgroup. */
const SIDES = [64, 32];

/** Tiles worth timing for values of a format: of the best shape of each type of factors that loses nothing of those. */
export function matrixTiles(format: Format, shapes: readonly MatrixShape[]) {
  const types = format === 'f16' ? (['f16', 'f32'] as const) : (['f32'] as const);
  return types
    .flatMap((type) => shapes.find(({ factors }) => factors === type) ?? [])
    .flatMap(tilesOf);
}

/** Tiles of as many pixels as channels, as far as matrices of that shape make such. */
function tilesOf(shape: MatrixShape) {
  const subgroups = { across: 4 * shape.lanes > MAX_THREADS ? 1 : 2, down: 2 };
  const threads = subgroups.across * subgroups.down * shape.lanes;
  return SIDES.flatMap((side) => {
    const each = {
      across: side / (subgroups.across * shape.n),
      down: side / (subgroups.down * shape.m),
    };
    const across = side / VECTOR;
    const down = threads / across;
    const pixels = side / down;
    const counts = [each.across, each.down, down, pixels, pixels / each.down];
    const isWhole = counts.every((count) => Number.isInteger(count) && count > 0);
    if (threads > MAX_THREADS || pixels > MAX_PIXELS || !isWhole) return [];
    const matrices = { ...shape, subgroups, each };
    return [{ across, down, vectors: 1, pixels, reading: 'matrices' as const, matrices }];
  });
}

/** What tells them from others of the same adapter. */
export function matrixText({ m, n, k, factors }: MatrixTile): string {
  return `of ${m}x${n}x${k} ${factors}`;
}

/** Channels of the factors that a workgroup holds at a time. */
export function depthOf({ k }: MatrixShape): number {
  return 2 * k;
}

/** Pixels whose sums are handed over at a time. */
export function stripeOf({ subgroups, m }: MatrixTile): number {
  return subgroups.down * m;
}

/** Workgroup memory for so many pixels and channels, in bytes. */
export function matrixBytes(matrices: MatrixTile, pixels: number, channels: number): number {
  const factors = depthOf(matrices) * (pixels + channels);
  return factors * (matrices.factors === 'f16' ? 2 : 4) + stripeOf(matrices) * channels * 4;
}
