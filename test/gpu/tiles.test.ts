import { beforeAll, describe, expect, it } from 'vitest';
import { fuse } from '../../src/engine/shared/fuse/fuse.js';
import { type Device, openDevice } from '../../src/engine/webgpu/device/device.js';
import {
  plainTile,
  textOf,
  tileCandidates,
  workgroupBytes,
} from '../../src/engine/webgpu/kernels/convolution/tile.js';
import { lower } from '../../src/engine/webgpu/plan/lower.js';
import { LIMITS } from '../../src/engine/webgpu/plan/source.js';
import { checkTile } from '../../src/engine/webgpu/tuning/tileCheck.js';
import { Tuner } from '../../src/engine/webgpu/tuning/tuner.js';
import { traceGraph } from '../../src/nn/compile.js';
import { Conv2d } from '../../src/nn/conv2d.js';

/** A product large enough for every tile. */
const LARGE = [256, 4096] as const;
const ALL = tileCandidates(...LARGE, { workgroupBytes: 32_768, hasSubgroups: true });

let device: Device;

beforeAll(async () => {
  device = (await openDevice()) as Device;
});

describe('tiles of products', () => {
  it.each(ALL.map((tile) => [textOf(tile), tile] as const))(
    '%s: as the plain one',
    async (_, tile) => {
      if (tile.reading === 'quads' && !device.has('subgroups')) return;
      expect(await checkTile(device, tile)).toBe(true);
    },
  );

  it('are those that a device can run', () => {
    const small = tileCandidates(...LARGE, { workgroupBytes: 16_384, hasSubgroups: false });
    expect(small.length).toBeLessThan(ALL.length);
    expect(small.every((tile) => workgroupBytes(tile) <= 16_384)).toBe(true);
    expect(small.some(({ reading }) => reading === 'quads')).toBe(false);
    expect(ALL.filter(({ reading }) => reading === 'quads')).toHaveLength(1);
  });

  it('are timed once, and looked up from then on', async () => {
    const graph = traceGraph(new Conv2d(16, 64, 3).eval(), [1, 16, 10, 18]);
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
    const product = { key: 'little', outVectors: 16, pixels: 64, flops: 1e6, kernel };
    expect(tuner.tileOf(product)).toEqual(plainTile(16, 64));
    expect(await tuner.tune()).toBe(false);
  });
});
