import { describe, expect, it } from 'vitest';
import { fuse } from '../../src/engine/shared/fuse/fuse.js';
import { bytesOf } from '../../src/engine/webgpu/plan/buffers.js';
import { lower } from '../../src/engine/webgpu/plan/lower.js';
import type { Plan } from '../../src/engine/webgpu/plan/plan.js';
import { LIMITS } from '../../src/engine/webgpu/plan/source.js';
import { checkRoom } from '../../src/engine/webgpu/room.js';
import type { CycleganError } from '../../src/errors.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { traceGraph } from '../../src/nn/compile.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import type { Module } from '../../src/nn/module.js';

const MEGABYTE = 2 ** 20;
/** What every device has by the standard. */
const LEAST = { maxBufferSize: 256 * MEGABYTE, maxStorageBufferBindingSize: 128 * MEGABYTE };

function planOf(module: Module, shape: readonly number[], maxBindingBytes?: number): Plan {
  return lower(fuse(traceGraph(module.eval(), shape), LIMITS), { winograd: true, maxBindingBytes });
}

function bindings({ preparation, dispatches }: Plan) {
  return [...preparation, ...dispatches].flatMap(({ kernel }) => kernel.bindings);
}

function refusalOf(plan: Plan, shape: readonly number[], limits: typeof LEAST): CycleganError {
  try {
    checkRoom(plan, shape, limits, 'a small GPU');
  } catch (error) {
    return error as CycleganError;
  }
  return expect.unreachable();
}

describe('what a GPU has room for', () => {
  it('is the full generator at 256 x 314 on every device', () => {
    const shape = [1, 3, 256, 314];
    const plan = planOf(new ResNetGenerator(), shape, LEAST.maxStorageBufferBindingSize);
    checkRoom(plan, shape, LEAST, 'a small GPU');
    for (const { buffer } of bindings(plan)) {
      expect(bytesOf(buffer)).toBeLessThanOrEqual(LEAST.maxStorageBufferBindingSize);
    }
  });

  it.each([
    ['of the whole', { maxBufferSize: 64 * MEGABYTE, maxStorageBufferBindingSize: 64 * MEGABYTE }],
    ['of a binding', { maxBufferSize: 2 ** 31, maxStorageBufferBindingSize: 8 * MEGABYTE }],
  ])('is told by a low limit %s, with the need and a size that does fit', (_, limits) => {
    const net = new ResNetGenerator(3, 3, 16, 2);
    const shape = [1, 3, 1000, 1400];
    const most = limits.maxStorageBufferBindingSize;
    const refusal = refusalOf(planOf(net, shape, most), shape, limits);
    expect(refusal.code).toBe('ERR_TOO_LARGE');
    const words =
      /^A picture of 1400 x 1000 needs (\d+) MB in one buffer of the GPU \(a small GPU\), which has (\d+) MB at most; --resize (\d+) would fit, or --engine wasm\.$/;
    const [need, has, side] = (words.exec(refusal.message) ?? []).slice(1).map(Number);
    expect(has).toBe(most / MEGABYTE);
    expect(need).toBeGreaterThan(has);
    const fitting = [1, 3, side, Math.round(side * 1.4)];
    checkRoom(planOf(net, fitting, most), fitting, limits, 'a small GPU');
    // And it is no smaller than it has to be.
    const larger = [1, 3, side + 128, Math.round((side + 128) * 1.4)];
    expect(refusalOf(planOf(net, larger, most), larger, limits).code).toBe('ERR_TOO_LARGE');
  });

  it('is nothing by Winograd where its weights are larger than a buffer, but the layer all the same', () => {
    // 36 products of 1024 x 1024 are 151 MB, 9 are 38.
    const [layer, shape] = [new Conv2d(1024, 1024, 3, { padding: 1 }), [1, 1024, 8, 8]];
    const [free, held] = [planOf(layer, shape), planOf(layer, shape, 128 * MEGABYTE)];
    expect(bindings(free).some(({ buffer }) => bytesOf(buffer) > 128 * MEGABYTE)).toBe(true);
    checkRoom(held, shape, LEAST, 'a small GPU');
    expect(held.preparation).toEqual([]);
  });

  it('is no layer whose weights are larger than a buffer by any method, whatever the picture', () => {
    const [layer, shape] = [new Conv2d(1024, 1024, 3), [1, 1024, 8, 8]];
    const limits = { maxBufferSize: 32 * MEGABYTE, maxStorageBufferBindingSize: 32 * MEGABYTE };
    const plan = planOf(layer, shape, limits.maxStorageBufferBindingSize);
    expect(refusalOf(plan, shape, limits).message).toMatch(
      /^The weights of a layer need 36 MB .*has 32 MB at most, whatever the size of the picture; --engine wasm/,
    );
  });

  it('names no size where none would fit', () => {
    const shape = [1, 3, 70, 70];
    const limits = { maxBufferSize: MEGABYTE / 8, maxStorageBufferBindingSize: MEGABYTE / 8 };
    const plan = planOf(new ResNetGenerator(3, 3, 8, 0), shape, limits.maxBufferSize);
    expect(refusalOf(plan, shape, limits).message).toMatch(/at most; --engine wasm runs it\.$/);
  });
});
