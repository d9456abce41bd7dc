import { describe, expect, it } from 'vitest';
import { matrixShapes } from '../../src/engine/webgpu/device/matrixShapes.js';
import {
  type MatrixShape,
  matrixTiles,
} from '../../src/engine/webgpu/kernels/convolution/matrixTile.js';
import {
  textOf,
  tileCandidates,
  workgroupBytes,
} from '../../src/engine/webgpu/kernels/convolution/tile.js';

const shape = (m: number, n: number, k: number, factors: 'f16' | 'f32', lanes: number) =>
  ({ m, n, k, factors, lanes }) satisfies MatrixShape;

/** What kinds of GPUs list, and Mesa's software adapter. */
const SHAPES = {
  nvidia: shape(16, 16, 16, 'f16', 32),
  amd: shape(16, 16, 16, 'f16', 64),
  intel: shape(8, 16, 16, 'f16', 32),
  apple: shape(8, 8, 8, 'f32', 32),
  llvmpipe: shape(8, 8, 8, 'f16', 8),
};

describe('tiles of subgroup matrices', () => {
  it.each(Object.entries(SHAPES))('%s: matrices and threads cover the same sums', (_, one) => {
    const tiles = matrixTiles('f16', [one]);
    expect(tiles.length).toBeGreaterThan(0);
    for (const { across, down, vectors, pixels, matrices } of tiles) {
      const { subgroups, each, m, n } = matrices;
      expect(across * down).toBe(subgroups.across * subgroups.down * one.lanes);
      expect(across * down).toBeLessThanOrEqual(256);
      expect(4 * across * vectors).toBe(subgroups.across * each.across * n);
      expect(down * pixels).toBe(subgroups.down * each.down * m);
      // A thread has as many sums of each row of matrices.
      expect(pixels % each.down).toBe(0);
    }
  });

  it('are none where subgroups are too large, or matrices', () => {
    expect(matrixTiles('f16', [shape(16, 16, 16, 'f16', 256)])).toEqual([]);
    expect(matrixTiles('f16', [shape(64, 64, 16, 'f16', 32)])).toEqual([]);
  });

  it('are candidates where factors have the bits of the values, the best shape of each type', () => {
    const worse = shape(16, 8, 8, 'f16', 32);
    const { nvidia, apple } = SHAPES;
    const limits = { workgroupBytes: 32_768, hasSubgroups: true, matrices: [nvidia, worse, apple] };
    const factorsOf = (format: 'f16' | 'f32') =>
      tileCandidates(256, 4096, limits, format).flatMap(({ matrices: own }) => own?.factors ?? []);
    expect(factorsOf('f32')).toEqual(['f32', 'f32']);
    expect(factorsOf('f16')).toEqual(['f16', 'f16', 'f32', 'f32']);
    const texts = tileCandidates(256, 4096, limits, 'f16').map(textOf);
    expect(texts.some((text) => text.endsWith('of 16x8x8 f16'))).toBe(false);
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('are none that a workgroup has no memory for', () => {
    const matrices = [SHAPES.amd];
    const fitting = (bytes: number) =>
      tileCandidates(256, 4096, { workgroupBytes: bytes, hasSubgroups: true, matrices }, 'f16');
    const isOwn = (tile: object) => 'matrices' in tile;
    const needed = fitting(32_768).filter(isOwn).map(workgroupBytes);
    expect(needed.length).toBeGreaterThan(0);
    expect(fitting(Math.min(...needed) - 1).some(isOwn)).toBe(false);
  });
});

describe('what an adapter lists', () => {
  const config = (componentType: string, resultComponentType: string) => ({
    ...{ componentType, resultComponentType, M: 8, N: 16, K: 32 },
  });
  const info = (subgroupMatrixConfigs?: readonly object[]) =>
    ({ subgroupMaxSize: 16, subgroupMatrixConfigs }) as unknown as GPUAdapterInfo;

  it('is products of floats whose sums have 32 bits', () => {
    const all = [config('f16', 'f16'), config('f16', 'f32'), config('u8', 'u32')];
    expect(matrixShapes(info([...all, config('f32', 'f32')]))).toEqual([
      shape(8, 16, 32, 'f16', 16),
      shape(8, 16, 32, 'f32', 16),
    ]);
  });

  it('is nothing where it does not know of them', () => {
    expect(matrixShapes(info())).toEqual([]);
    expect(matrixShapes(info([]))).toEqual([]);
  });
});
