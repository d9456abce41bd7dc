import type { Format } from '../../plan/buffers.js';
import { MAX_WORKGROUPS } from '../../shader/wgsl.js';
import {
  type MatrixShape,
  type MatrixTile,
  matrixBytes,
  matrixText,
  matrixTiles,
} from './matrixTile.js';

/**
 * How a workgroup's threads share a matrix product [pixels][inputs] × [inputs][outputs]: `across` threads side by side over
 * vectors of output channels, `down` over pixels, each with `vectors × pixels` sums in registers. A pixel's input vector is
 * used for `vectors` sums, a 4×4 block of weights for `pixels`. Vectors and pixels of neighbouring threads are neighbours, so that those
 * of one thread lie `across` and `down` apart.
 */
export interface Tile {
  readonly across: number;
  readonly down: number;
  readonly vectors: number;
  readonly pixels: number;
  /** Where operands come from (`product.ts`). */
  readonly reading: 'plain' | 'staged' | 'quads' | 'matrices';
  /** With `matrices`, and only then: how subgroups share the sums before threads have them. */
  readonly matrices?: MatrixTile;
}

const THREADS = 64;
/** Threads that a workgroup has on every device. */
const MAX_THREADS = 256;

/** The tile that nothing has to be known for: each thread reads for itself. */
export function plainTile(outVectors: number, pixels: number): Tile {
  const vectors = outVectors >= 16 ? 2 : 1;
  const wanted = Math.ceil(outVectors / vectors);
  const across = [1, 2, 4, 8].find((count) => count >= wanted) ?? 8;
  const perThread = pixels < THREADS ? 1 : 4;
  return { across, down: THREADS / across, vectors, pixels: perThread, reading: 'plain' };
}

/** Pixels of a workgroup. */
export function pixelsOf({ down, pixels }: Tile): number {
  return down * pixels;
}

/** Vectors of output channels of a workgroup. */
export function vectorsAcross({ across, vectors }: Tile): number {
  return across * vectors;
}

/** What tiles a device can run. */
export interface TileLimits {
  /** Bytes of workgroup memory. */
  readonly workgroupBytes: number;
  readonly hasSubgroups: boolean;
  /** What its subgroups multiply at once, the best first; none where it has no subgroup matrices. */
  readonly matrices: readonly MatrixShape[];
}

/**
 * Tiles worth timing for a product, the plain one first. Those that would stand idle for the most part are left out, and matrices
 * whose factors have fewer bits than the values.
 */
export function tileCandidates(
  outVectors: number,
  pixels: number,
  limits: TileLimits,
  format: Format,
): Tile[] {
  const plain = plainTile(outVectors, pixels);
  const others: Tile[] = [
    { across: 8, down: 8, vectors: 2, pixels: 8, reading: 'staged' },
    { across: 8, down: 8, vectors: 1, pixels: 8, reading: 'staged' },
    { across: 16, down: 16, vectors: 2, pixels: 4, reading: 'staged' },
    { across: 8, down: 16, vectors: 2, pixels: 8, reading: 'staged' },
    { ...plain, reading: 'quads' },
    ...matrixTiles(format, limits.matrices),
  ];
  const isBusy = (tile: Tile) =>
    vectorsAcross(tile) < 2 * outVectors && pixelsOf(tile) < 2 * pixels;
  return [
    plain,
    ...others.filter((tile) => {
      if (tile.across * tile.down > MAX_THREADS) return false;
      if (tile.reading === 'quads') return limits.hasSubgroups && tile.down % 4 === 0;
      return isBusy(tile) && workgroupBytes(tile) <= limits.workgroupBytes;
    }),
  ];
}

/** Input vectors that a staged tile holds at a time. */
export const STAGE = 4;
const VECTOR_BYTES = 16;
/** Of a part of statistics: a count and three vectors. */
const PART_BYTES = 64;

/** Workgroup memory of a tile that leaves statistics, too. */
export function workgroupBytes(tile: Tile): number {
  const parts = tile.across * tile.down * PART_BYTES;
  if (tile.matrices !== undefined) {
    return parts + matrixBytes(tile.matrices, pixelsOf(tile), 4 * vectorsAcross(tile));
  }
  if (tile.reading !== 'staged') return parts;
  return parts + STAGE * (pixelsOf(tile) + 4 * vectorsAcross(tile)) * VECTOR_BYTES;
}

/** A grid of tiles: along x, and along z where there are more than x takes, `parts` times over. */
export function gridOf(tile: Tile, pixels: number, outVectors: number, parts: number) {
  const tiles = Math.ceil(pixels / pixelsOf(tile));
  const x = Math.max(1, Math.min(tiles, MAX_WORKGROUPS));
  const layers = Math.max(1, Math.ceil(tiles / x));
  const y = Math.ceil(outVectors / vectorsAcross(tile));
  return { tiles, x, layers, workgroups: [x, y, layers * parts] as const };
}

/** A tile as text, which tells it from all others. */
export function textOf({ reading, across, down, vectors, pixels, matrices }: Tile): string {
  const text = `${reading} ${across}x${down} ${vectors}x${pixels}`;
  return matrices === undefined ? text : `${text} ${matrixText(matrices)}`;
}
