import { describe, expect, it } from 'vitest';
import { fuse } from '../../src/engine/shared/fuse/fuse.js';
import { winogradMatrices } from '../../src/engine/webgpu/kernels/convolution/winogradMatrices.js';
import { bytesOf, type DeviceBuffer } from '../../src/engine/webgpu/plan/buffers.js';
import { lower } from '../../src/engine/webgpu/plan/lower.js';
import type { Plan } from '../../src/engine/webgpu/plan/plan.js';
import { LIMITS } from '../../src/engine/webgpu/plan/source.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { traceGraph } from '../../src/nn/compile.js';

/** The plan of the full generator, for which no GPU is needed. */
function planOf(winograd: boolean, [height, width] = [256, 314]): Plan {
  const graph = traceGraph(new ResNetGenerator().eval(), [1, 3, height, width]);
  return lower(fuse(graph, LIMITS), { winograd });
}

const flopsOf = ({ dispatches }: Plan) => dispatches.reduce((sum, { flops }) => sum + flops, 0);

/** Bytes of the weights and of what is made of them: those that stay on the device, or those of a preparation, too. */
function weightBytes(dispatches: Plan['dispatches']): number {
  const buffers = new Set<DeviceBuffer>(
    dispatches.flatMap(({ kernel }) => kernel.bindings.map(({ buffer }) => buffer)),
  );
  return [...buffers].reduce(
    (sum, buffer) => (buffer.kind === 'arena' ? sum : sum + bytesOf(buffer)),
    0,
  );
}

describe('the full generator at 256 x 314 on a GPU', () => {
  it('takes few dispatches, and a third of the products by Winograd', () => {
    const [winograd, direct] = [planOf(true), planOf(false)];
    expect(winograd.dispatches.length).toBeLessThanOrEqual(95);
    expect(flopsOf(winograd)).toBeLessThanOrEqual(45e9);
    // 2 · multiply-adds of all convolutions.
    expect(flopsOf(direct)).toBeGreaterThan(110e9);
    expect(direct.dispatches.length).toBeLessThan(winograd.dispatches.length);
  });

  it('takes 320 MB at most, while weights are transformed and while it runs', () => {
    const { arenaBytes, preparation, dispatches, outputs } = planOf(true);
    const preparing = arenaBytes + weightBytes([...preparation, ...dispatches]);
    const readback = outputs.reduce((sum, { bytes }) => sum + bytes, 0);
    const running = arenaBytes + weightBytes(dispatches) + readback;
    expect(Math.max(preparing, running) / 1e6).toBeLessThanOrEqual(320);
  });

  it('moves the picture up and the result back, and nothing else', () => {
    const { inputs, outputs } = planOf(true);
    const bytes = (buffers: Plan['inputs']) => buffers.map((buffer) => buffer.bytes);
    expect(bytes(inputs)).toEqual([4 * 3 * 256 * 314]);
    // Two halvings and doublings make 316 of 314.
    expect(bytes(outputs)).toEqual([4 * 3 * 256 * 316]);
  });

  it('binds no more buffers than every device takes', () => {
    for (const { kernel } of [...planOf(true).dispatches, ...planOf(false).dispatches]) {
      expect(kernel.bindings.length).toBeLessThanOrEqual(8);
      expect(Math.max(...kernel.workgroups)).toBeLessThanOrEqual(65_535);
    }
  });
});

describe('matrices of Winograd', () => {
  it.each([
    [[0, 5 / 8, -5 / 8, 3 / 2, -3 / 2], 3],
    [[0, 5 / 16, -5 / 16, 7 / 8, -7 / 8, 7 / 4, -7 / 4], 3],
    [[0, 1, -1], 2],
  ] as const)('with the points %j give the outputs of %i taps', (points, taps) => {
    const { aT, g, bT, outputs, elements } = winogradMatrices(points, taps);
    const d = Array.from({ length: elements }, (_, i) => Math.sin(i * 1.7 + 0.3));
    const k = Array.from({ length: taps }, (_, i) => Math.cos(i * 2.1));
    const times = (matrix: readonly (readonly number[])[], v: readonly number[]) =>
      matrix.map((row) => row.reduce((sum, factor, i) => sum + factor * v[i], 0));
    const [u, v] = [times(g, k), times(bT, d)];
    const found = times(
      aT,
      u.map((factor, i) => factor * v[i]),
    );
    expect(found).toHaveLength(outputs);
    for (const [i, value] of found.entries()) {
      const expected = k.reduce((sum, tap, j) => sum + tap * d[i + j], 0);
      expect(value).toBeCloseTo(expected, 10);
    }
  });
});
