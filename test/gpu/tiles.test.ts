import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { fuse } from '../../src/engine/shared/fuse/fuse.js';
import { buildProgram } from '../../src/engine/webgpu/buildProgram.js';
import { type Device, openDevice } from '../../src/engine/webgpu/device/device.js';
import {
  plainTile,
  type Tile,
  textOf,
  tileCandidates,
  workgroupBytes,
} from '../../src/engine/webgpu/kernels/convolution/tile.js';
import { lower } from '../../src/engine/webgpu/plan/lower.js';
import { LIMITS } from '../../src/engine/webgpu/plan/source.js';
import type { Kernel } from '../../src/engine/webgpu/shader/wgsl.js';
import { checkTile } from '../../src/engine/webgpu/tuning/tileCheck.js';
import { timeKernel } from '../../src/engine/webgpu/tuning/timeKernel.js';
import { Tuner } from '../../src/engine/webgpu/tuning/tuner.js';
import { traceGraph } from '../../src/nn/compile.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { manualSeed } from '../../src/nn/random.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectClose } from '../support/closeness.js';

/** A product large enough for every tile. */
const LARGE = [256, 4096] as const;
const LIMITS_OF_MOST = { workgroupBytes: 32_768, hasSubgroups: true, matrices: [] };
const ALL = tileCandidates(...LARGE, LIMITS_OF_MOST, 'f32');

/** Kernels with two vectors of sums are long, where workgroup memory is in them: it takes a processor up to a minute to compile one. */
const isLong = ({ reading, vectors }: Tile) => reading === 'staged' && vectors > 1;
const SHAPE = [1, 22, 9, 13];

let device: Device;

beforeAll(async () => {
  device = (await openDevice()) as Device;
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** One convolution, with remainders on every side. */
function convolution(): Conv2d {
  manualSeed(3);
  return new Conv2d(22, 70, 3, { padding: 1 }).eval();
}

function wave(shape: readonly number[]): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return new Tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(i * 0.37)),
    shape,
  );
}

describe('tiles of products', () => {
  it.each(ALL.map((tile) => [textOf(tile), tile] as const))(
    '%s: as the plain one',
    async (_, tile) => {
      if (tile.reading === 'quads' && !device.has('subgroups')) return;
      if (!device.isSoftware || !isLong(tile)) {
        expect(await checkTile(device, tile, 'f32')).toBe(true);
        return;
      }
      const [net, input] = [convolution(), wave(SHAPE)];
      const options = { winograd: false, tileOf: () => tile };
      const program = await buildProgram(device, traceGraph(net, SHAPE), options);
      const expected = await net.forward(input, { engine: 'js' });
      expectClose(await program.run(input), expected, { absolute: 2e-5 });
      program.dispose();
    },
  );

  it('are those that a device can run', () => {
    const limits = { workgroupBytes: 16_384, hasSubgroups: false, matrices: [] };
    const small = tileCandidates(...LARGE, limits, 'f32');
    expect(small.length).toBeLessThan(ALL.length);
    expect(small.every((tile) => workgroupBytes(tile) <= 16_384)).toBe(true);
    expect(small.some(({ reading }) => reading === 'quads')).toBe(false);
    expect(ALL.filter(({ reading }) => reading === 'quads')).toHaveLength(1);
  });

  it('are timed once, and looked up from then on', async () => {
    if (device.isSoftware) {
      // Each is compiled for this product, and a processor takes long over those that have workgroup memory.
      const limits = { ...device.tileLimits, workgroupBytes: 0 };
      vi.spyOn(device, 'tileLimits', 'get').mockReturnValue(limits);
    }
    // Of so many channels that its tiles were checked above.
    const graph = traceGraph(new Conv2d(16, 64, 1).eval(), [1, 16, 10, 18]);
    const tuner = new Tuner(device, { minFlops: 0 });
    const options = { winograd: false, tileOf: tuner.tileOf };
    lower(fuse(graph, LIMITS), options);
    expect(await tuner.tune()).toBe(true);
    const again = new Tuner(device, { minFlops: 0 });
    const tiles: string[] = [];
    lower(fuse(graph, LIMITS), {
      winograd: false,
      tileOf: (product) => {
        const tile = again.tileOf(product);
        tiles.push(textOf(tile), device.memory.notes.tiles[product.key]);
        return tile;
      },
    });
    expect(tiles[0]).toBe(tiles[1]);
    expect(await again.tune()).toBe(false);
  });

  it('are the plain ones where there is little to do', async () => {
    const tuner = new Tuner(device);
    const kernel = () => expect.unreachable();
    const sizes = { outVectors: 16, pixels: 64, flops: 1e6 };
    const product = { key: 'little', format: 'f32' as const, ...sizes, kernel };
    expect(tuner.tileOf(product)).toEqual(plainTile(16, 64));
    expect(await tuner.tune()).toBe(false);
  });
});

describe('the time of a kernel', () => {
  function convolutionKernel(): Kernel {
    const { dispatches } = lower(fuse(traceGraph(convolution(), SHAPE), LIMITS), {
      winograd: false,
    });
    return dispatches.map(({ kernel }) => kernel).find(isConvolution) as Kernel;
  }
  const isConvolution = ({ label }: Kernel) => label.startsWith('convolution');

  it('is a number of milliseconds', async () => {
    const time = await timeKernel(device, convolutionKernel());
    expect(time).toBeGreaterThan(0);
    expect(time).toBeLessThan(Number.POSITIVE_INFINITY);
  });

  it('is endless where the device refuses it', async () => {
    const kernel = { ...convolutionKernel(), code: 'fn main() { nonsense' };
    expect(await timeKernel(device, kernel)).toBe(Number.POSITIVE_INFINITY);
  });

  it('is unknown where there is no room for its buffers', async () => {
    const scope = vi.spyOn(device.gpu, 'popErrorScope');
    // The inner one is that of validation.
    scope.mockImplementationOnce(async () => null);
    scope.mockImplementationOnce(async () => ({ message: 'out of memory' }));
    expect(await timeKernel(device, convolutionKernel())).toBeNaN();
  });

  it('is unknown where the device is lost', async () => {
    const kernel = convolutionKernel();
    device.gpu.destroy();
    expect(await timeKernel(device, kernel)).toBeNaN();
  });
});
