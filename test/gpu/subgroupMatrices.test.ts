import { afterEach, beforeAll, describe, expect, it, type TestContext, vi } from 'vitest';
import { buildProgram } from '../../src/engine/webgpu/buildProgram.js';
import { type Device, openDevice } from '../../src/engine/webgpu/device/device.js';
import type { MatrixShape } from '../../src/engine/webgpu/kernels/convolution/matrixTile.js';
import {
  type Tile,
  textOf,
  tileCandidates,
} from '../../src/engine/webgpu/kernels/convolution/tile.js';
import { checkTile } from '../../src/engine/webgpu/tuning/tileCheck.js';
import { traceGraph } from '../../src/nn/compile.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { ConvTranspose2d } from '../../src/nn/convTranspose2d.js';
import { Tensor } from '../../src/tensor/tensor.js';

let device: Device;

beforeAll(async () => {
  device = (await openDevice()) as Device;
});

afterEach(() => {
  vi.unstubAllEnvs();
});

/** The shape of 16-bit factors. */
function shapeOrSkip({ skip }: TestContext): MatrixShape {
  const shape = device.tileLimits.matrices.find(({ factors }) => factors === 'f16');
  if (shape === undefined || !device.has('shader-f16')) {
    skip(`${device.name} has no subgroup matrices of 16-bit factors and 32-bit sums`);
  }
  return shape as MatrixShape;
}

/** Shared in ways that no other test has: more pixels than threads, one matrix a side, subgroups one below the other. */
function tilesOf(shape: MatrixShape): Tile[] {
  const tile = (subgroups: readonly number[], each: readonly number[]): Tile => {
    const threads = subgroups[0] * subgroups[1] * shape.lanes;
    const across = (subgroups[0] * each[0] * shape.n) / 4;
    const down = threads / across;
    const sides = ([x, y]: readonly number[]) => ({ across: x, down: y });
    const matrices = { ...shape, subgroups: sides(subgroups), each: sides(each) };
    const pixels = (subgroups[1] * each[1] * shape.m) / down;
    return { across, down, vectors: 1, pixels, reading: 'matrices', matrices };
  };
  return [tile([1, 2], [4, 2]), tile([2, 1], [1, 1]), tile([2, 2], [1, 2])].filter(
    ({ down, pixels }) => [down, pixels].every(Number.isInteger),
  );
}

/** Whole numbers from −most to most. */
function whole(shape: readonly number[], most: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from(
    { length: size },
    (_, i) => ((i * i + 3 * i) % 29) % (2 * most + 1),
  );
  return new Tensor(
    data.map((v) => v - most),
    shape,
  );
}

/** Convolutions with remainders on every side. */
const CONVOLUTIONS: readonly (readonly [string, () => Conv2d | ConvTranspose2d])[] = [
  ['3x3', () => new Conv2d(22, 70, 3, { padding: 1, bias: false })],
  ['3x3 of stride 2', () => new Conv2d(22, 33, 3, { padding: 1, stride: 2, bias: false })],
  ['1x1 to 3 channels', () => new Conv2d(22, 3, 1, { bias: false })],
  ['transposed', () => new ConvTranspose2d(22, 40, 3, { stride: 2, padding: 1, bias: false })],
];

const SHAPE = [1, 22, 9, 13];

describe('subgroup matrices', () => {
  // At most 22 · 9 · 2, which 16 bits hold, as they do all factors.
  it.for(CONVOLUTIONS)('%s: sums of whole numbers are exact', async ([, make], context) => {
    const tiles = tilesOf(shapeOrSkip(context));
    expect(tiles.length).toBeGreaterThan(1);
    const net = make().eval();
    net.loadStateDict(new Map([['weight', whole(net.weight.shape, 1)]]));
    const input = whole(SHAPE, 2);
    const expected = await net.forward(input, { engine: 'js' });
    for (const tile of tiles) {
      const options = { winograd: false, format: 'f16' as const, tileOf: () => tile };
      const program = await buildProgram(device, traceGraph(net, SHAPE), options);
      expect(await program.run(input), textOf(tile)).toEqual(expected);
      program.dispose();
    }
  });

  it('are left off by CYCLEGAN_NO_SUBGROUP_MATRICES', async (context) => {
    shapeOrSkip(context);
    vi.stubEnv('CYCLEGAN_NO_SUBGROUP_MATRICES', '1');
    vi.resetModules();
    const anew = await import('../../src/engine/webgpu/device/device.js');
    const { tileLimits } = (await anew.openDevice()) as Device;
    expect(tileLimits).toEqual({ ...device.tileLimits, matrices: [] });
  });

  it('are as the plain tile, with norms and by Winograd, too', async (context) => {
    shapeOrSkip(context);
    const tiles = tileCandidates(256, 4096, device.tileLimits, 'f16').filter(
      ({ reading }) => reading === 'matrices',
    );
    expect(tiles.length).toBeGreaterThan(0);
    for (const tile of tiles) expect(await checkTile(device, tile, 'f16'), textOf(tile)).toBe(true);
  });
});
