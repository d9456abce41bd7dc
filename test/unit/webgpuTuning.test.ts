import { afterEach, describe, expect, it, vi } from 'vitest';
import { buildProgram } from '../../src/engine/webgpu/buildProgram.js';
import type { Device } from '../../src/engine/webgpu/device/device.js';
import {
  plainTile,
  type Tile,
  textOf,
  tileCandidates,
} from '../../src/engine/webgpu/kernels/convolution/tile.js';
import type { TiledProduct } from '../../src/engine/webgpu/plan/options.js';
import type { Kernel } from '../../src/engine/webgpu/shader/wgsl.js';
import { checkTile } from '../../src/engine/webgpu/tuning/tileCheck.js';
import { timeKernel } from '../../src/engine/webgpu/tuning/timeKernel.js';
import { Tuner } from '../../src/engine/webgpu/tuning/tuner.js';
import type { WebgpuProgram } from '../../src/engine/webgpu/webgpuProgram.js';
import { Tensor } from '../../src/tensor/tensor.js';

// Times, and what programs compute, are the tests' own: no GPU is needed.
vi.mock('../../src/engine/webgpu/tuning/timeKernel.js', () => ({ timeKernel: vi.fn() }));
vi.mock('../../src/engine/webgpu/buildProgram.js', () => ({ buildProgram: vi.fn() }));

afterEach(() => {
  vi.resetAllMocks();
});

const LIMITS = { workgroupBytes: 32_768, hasSubgroups: true, matrices: [] };
const [OUT_VECTORS, PIXELS] = [64, 4096];
const TILES = tileCandidates(OUT_VECTORS, PIXELS, LIMITS, 'f32').map(textOf);
const [PLAIN, FIRST, SECOND] = TILES;

function newDevice() {
  const notes = { checks: {}, tiles: {} as Record<string, string> };
  const memory = { notes, keep: vi.fn() };
  return { memory, lost: null as string | null, tileLimits: LIMITS };
}

/** Its kernels are known by the text of their tile. */
const PRODUCT: TiledProduct = {
  key: 'a product',
  format: 'f32',
  outVectors: OUT_VECTORS,
  pixels: PIXELS,
  flops: 1e9,
  kernel: (tile) => ({ code: textOf(tile) }) as Kernel,
};

/** Tunes a product whose kernels take so many milliseconds, 9 where nothing is said. */
async function tune(
  device: ReturnType<typeof newDevice>,
  times: Readonly<Record<string, number>>,
): Promise<boolean> {
  vi.mocked(timeKernel).mockImplementation(async (_, { code }) => times[code] ?? 9);
  const tuner = new Tuner(device as unknown as Device);
  expect(tuner.tileOf(PRODUCT)).toEqual(plainTile(OUT_VECTORS, PIXELS));
  return tuner.tune();
}

/** Programs that compute `value` everywhere, by the tile that they are built with (none: the reference). */
function programsGive(give: (tile: Tile | undefined) => number): void {
  vi.mocked(buildProgram).mockImplementation(async (_device, _graph, { tileOf }) => {
    const value = give(tileOf?.(PRODUCT));
    const run = async () => new Tensor(Float32Array.of(value), [1]);
    return { run, dispose: () => {} } as unknown as WebgpuProgram;
  });
}

describe('the tile of a product', () => {
  it('is the fastest, which is kept', async () => {
    programsGive(() => 1);
    const device = newDevice();
    expect(await tune(device, { [PLAIN]: 5, [FIRST]: 4, [SECOND]: 3 })).toBe(true);
    expect(device.memory.notes.tiles).toEqual({ [PRODUCT.key]: SECOND });
    expect(device.memory.keep).toHaveBeenCalledTimes(1);
  });

  it('is none that computes other numbers, nor one whose check fails', async () => {
    programsGive((tile) => {
      if (tile !== undefined && textOf(tile) === FIRST) throw new Error('a kernel is not valid');
      return tile !== undefined && textOf(tile) === SECOND ? 2 : 1;
    });
    const device = newDevice();
    expect(await tune(device, { [PLAIN]: 5, [FIRST]: 4, [SECOND]: 3 })).toBe(true);
    expect(device.memory.notes.tiles).toEqual({ [PRODUCT.key]: PLAIN });
  });

  it('is none that the device refuses', async () => {
    programsGive(() => 1);
    const device = newDevice();
    expect(await tune(device, { [FIRST]: Number.POSITIVE_INFINITY, [SECOND]: 3 })).toBe(true);
    expect(device.memory.notes.tiles).toEqual({ [PRODUCT.key]: SECOND });
  });

  it.each([
    ['no tile ran', Object.fromEntries(TILES.map((tile) => [tile, Number.POSITIVE_INFINITY]))],
    ['there was no room for the plain one', { [PLAIN]: Number.NaN, [FIRST]: 3 }],
    ['there was no room for another', { [FIRST]: 3, [SECOND]: Number.NaN }],
  ])('is looked for anew where %s', async (_, times) => {
    programsGive(() => 1);
    const device = newDevice();
    expect(await tune(device, times)).toBe(false);
    expect(device.memory.notes.tiles).toEqual({});
    expect(device.memory.keep).not.toHaveBeenCalled();
    expect(await tune(device, { [FIRST]: 3 })).toBe(true);
    expect(device.memory.notes.tiles).toEqual({ [PRODUCT.key]: FIRST });
  });

  it('is looked for anew where the device is lost', async () => {
    const device = newDevice();
    programsGive(() => {
      device.lost = 'reset';
      return 1;
    });
    expect(await tune(device, { [FIRST]: 3 })).toBe(false);
    expect(device.memory.notes.tiles).toEqual({});
  });
});

describe('subgroup matrices', () => {
  const matrices = [{ m: 16, n: 16, k: 16, factors: 'f16', lanes: 32 }] as const;
  const limits = { ...LIMITS, matrices };
  const product: TiledProduct = { ...PRODUCT, format: 'f16' };
  const own = tileCandidates(OUT_VECTORS, PIXELS, limits, 'f16').find((tile) => 'matrices' in tile);
  const name = textOf(own as Tile);

  /** What is kept where they are the fastest, and off by so much. */
  async function kept(difference: number, one: TiledProduct): Promise<string | undefined> {
    programsGive((tile) => (tile?.reading === 'matrices' ? 1 + difference : 1));
    vi.mocked(timeKernel).mockImplementation(async (_, { code }) => (code === name ? 1 : 9));
    const device = { ...newDevice(), tileLimits: limits };
    const tuner = new Tuner(device as unknown as Device);
    tuner.tileOf(one);
    await tuner.tune();
    return device.memory.notes.tiles[one.key];
  }

  it('are taken where they are the fastest, and as far off as the plain tile may be', async () => {
    expect(await kept(0.04, product)).toBe(name);
    expect(await kept(0.06, product)).toBe(PLAIN);
  });

  it('of 16 bits are not tried for values of 32', async () => {
    expect(await kept(0, PRODUCT)).toBe(PLAIN);
  });
});

describe('the check of tiles', () => {
  it('makes its reference anew where that failed, and once where it did not', async () => {
    const device = newDevice() as unknown as Device;
    const [first, second] = tileCandidates(OUT_VECTORS, PIXELS, LIMITS, 'f32').slice(1);
    const references = vi.fn(() => 1);
    references.mockImplementationOnce(() => {
      throw new Error('out of memory');
    });
    programsGive((tile) => (tile === undefined ? references() : 1));
    await expect(checkTile(device, first, 'f32')).rejects.toThrow('out of memory');
    expect(await checkTile(device, first, 'f32')).toBe(true);
    expect(await checkTile(device, second, 'f32')).toBe(true);
    expect(references).toHaveBeenCalledTimes(2);
  });

  it.each([
    ['f32', 2e-4, false],
    ['f16', 2e-4, true],
    ['f16', 0.06, false],
  ] as const)('with %s, off by %d: %s', async (format, difference, passes) => {
    const device = newDevice() as unknown as Device;
    const [, first] = tileCandidates(OUT_VECTORS, PIXELS, LIMITS, format);
    programsGive((tile) => (tile === undefined ? 1 : 1 + difference));
    expect(await checkTile(device, first, format)).toBe(passes);
    const formats = vi.mocked(buildProgram).mock.calls.map(([, , options]) => options.format);
    // The reference, and both methods.
    expect(formats).toEqual([undefined, format, format]);
  });
});
