import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../src/platform/byteSource.js';
import { concatenate } from '../../src/platform/concatenate.js';
import { Budget } from '../../src/pth/budget.js';
import { denseLinks } from '../../src/pth/hdf5/denseLinks.js';
import { Hdf5File } from '../../src/pth/hdf5/hdf5File.js';
import { type Hdf5Group, readHdf5 } from '../../src/pth/hdf5/readTree.js';
import { layerWeights } from '../../src/pth/keras/groups.js';
import { loadStateDict } from '../../src/pth/loadStateDict.js';
import { PthError } from '../../src/pth/pthError.js';
import { openWeights } from '../../src/pth/weightFile.js';
import { goldenBytes } from '../support/golden.js';
import { array, group, hdf5File, layer } from '../support/hdf5.js';

const weightsOf = (content: Parameters<typeof array>, chunks?: readonly number[]) => {
  const kernel = { ...array(...content), ...(chunks === undefined ? {} : { chunks }) };
  return hdf5File(group({ layers: group({ other: group({ vars: group({ kernel }) }) }) }));
};

describe('arrays of HDF5', () => {
  it('are put together of chunks, whatever the sides of both', async () => {
    const sides = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });
    const cut = sides.chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        chunks: fc.tuple(...shape.map(() => fc.integer({ min: 1, max: 6 }))),
      }),
    );
    await fc.assert(
      fc.asyncProperty(cut, async ({ shape, chunks }) => {
        const numbers = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i + 1);
        const whole = await loadStateDict(weightsOf([shape, numbers]));
        const inChunks = await loadStateDict(weightsOf([shape, numbers], chunks));
        expect(inChunks).toEqual(whole);
        const [tensor] = whole.values();
        // A kernel is turned: its numbers are all there, and where axes are of one element, in their order.
        expect([...tensor.data].sort((a, b) => a - b)).toEqual(numbers);
      }),
      { numRuns: 60 },
    );
  });

  // Wherever it stands: numbers whose place is no multiple of four are copied anyhow.
  it.each([1, 2, 3, 4])('of a header are the same each time (%i)', async (before) => {
    const beta = { ...array([2], [1, 2]), isCompact: true };
    const dense = group({ vars: group({ beta }) });
    const root = group({ a: group({}, { t: ['x'.repeat(before)] }), dense });
    const file = await openWeights(hdf5File(root));
    for (let i = 0; i < 2; i++) {
      const bias = (await file.stateDict()).get('dense.bias');
      expect([...(bias?.data ?? [])]).toEqual([1, 2]);
      bias?.data.fill(0);
    }
  });

  it('come with their axes in the order that PyTorch has', async () => {
    const numbers = Array.from({ length: 24 }, (_, i) => i);
    const [kernel] = (await loadStateDict(weightsOf([[1, 2, 3, 4], numbers]))).values();
    expect(kernel.shape).toEqual([4, 3, 1, 2]);
    // Of output 1 and input 2, left and right: 0·12 + 2·4 + 1, 1·12 + 2·4 + 1.
    expect([...kernel.data.slice((1 * 3 + 2) * 2, (1 * 3 + 2) * 2 + 2)]).toEqual([9, 21]);
  });
});

describe('layers of Keras', () => {
  it('stand in the order of their numbers, not of their names', async () => {
    const names = ['conv2d', 'conv2d_1', 'conv2d_2', 'conv2d_10', 'conv2d_11'];
    const layers = Object.fromEntries([...names].sort().map((name) => [name, layer()]));
    const { tensors } = await openWeights(hdf5File(group({ layers: group(layers) })));
    expect([...tensors.keys()]).toEqual(
      ['', '_1', '_2', '_3', '_4'].map((end) => `conv2d${end}.weight`),
    );
  });

  it('are numbered anew, also where TensorFlow.js called them', async () => {
    const layers = {
      conv2d_Conv2D9: layer(),
      conv2d_Conv2D11: layer(),
      conv2d_transpose_Conv2DTranspose3: layer(),
    };
    const { tensors } = await openWeights(hdf5File(group(layers)));
    expect([...tensors.keys()]).toEqual([
      'conv2d.weight',
      'conv2d_1.weight',
      'conv2d_transpose.weight',
    ]);
  });

  it('are read without what optimisers keep', async () => {
    const content = { dense: layer(), optimizer: layer(), gen_G_optimizer: layer() };
    const { tensors } = await openWeights(hdf5File(group(content)));
    expect([...tensors.keys()]).toEqual(['dense.weight']);
  });

  it('are missed in files of others', async () => {
    const file = hdf5File(group({ data: array([2], [1, 2]) }));
    await expect(openWeights(file)).rejects.toMatchObject({ code: 'ERR_PTH_NOT_STATE_DICT' });
  });

  it('have no two weights of one name', async () => {
    const one = group({ k: array([1], [1]) }, { weight_names: ['k:0', 'k:1'] });
    const both = group({ 'k:0': array([1], [1]), 'k:1': array([1], [2]) }, one.attributes);
    const file = hdf5File(group({ a: both }, { layer_names: ['a'] }));
    await expect(openWeights(file)).rejects.toThrow('Two weights are both "a.k"');
  });

  it('may have lists of names that are cut', async () => {
    const one = group({ k: array([1], [1]) }, { weight_names: ['k'] });
    const lists = { layer_names0: ['a'], layer_names1: ['b'] };
    const { tensors } = await openWeights(hdf5File(group({ a: one, b: one }, lists)));
    expect([...tensors.keys()]).toEqual(['a.k', 'b.k']);
  });
});

describe('what an HDF5 file claims', () => {
  const elapsed = async (action: () => Promise<unknown>): Promise<number> => {
    const begin = performance.now();
    await action().catch((error: unknown) => expect(error).toBeInstanceOf(PthError));
    return performance.now() - begin;
  };

  it('of the width of elements that were shuffled takes no time', async () => {
    const kernel = { ...array([2], [1, 2]), chunks: [2], filters: [[2, 2 ** 32 - 1] as const] };
    const file = hdf5File(group({ layers: group({ one: group({ vars: group({ kernel }) }) }) }));
    expect(await elapsed(() => loadStateDict(file))).toBeLessThan(500);
  });

  it('of the blocks of a heap takes no time for each of its links', async () => {
    const [width, count] = [20_000, 20_000];
    const { file, message } = await denseGroup({ width, count });
    expect(await elapsed(() => denseLinks(file, message))).toBeLessThan(500);
  });

  it('of names costs what each path of them takes', async () => {
    const budget = new Budget(1 << 20);
    const leaf = { attributes: new Map(), groups: new Map(), datasets: new Map() };
    const { datasets } = (await readHdf5(memorySource(weightsOf([[1], [1]])), budget)).groups
      .get('layers')
      ?.groups.get('other')
      ?.groups.get('vars') ?? { datasets: new Map() };
    const leaves = Array.from({ length: 100 }, (_, i): [string, Hdf5Group] => [
      `conv2d_${i}`,
      { ...leaf, groups: new Map([['vars', { ...leaf, datasets }]]) },
    ]);
    let root: Hdf5Group = { ...leaf, groups: new Map(leaves) };
    const name = 'n'.repeat(10_000);
    for (let depth = 0; depth < 60; depth++) root = { ...leaf, groups: new Map([[name, root]]) };
    await expect(layerWeights(root, budget)).rejects.toMatchObject({ code: 'ERR_PTH_TOO_LARGE' });
  });
});

/** A group whose links stand in a heap of two rows of so many blocks of one byte, and all of them in the last. */
async function denseGroup({ width, count }: { readonly width: number; readonly count: number }) {
  const uint = (value: number, bytes: number) =>
    Uint8Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256);
  const text = (letters: string) => new TextEncoder().encode(letters);
  const nowhere = new Uint8Array(8).fill(255);
  const start = hdf5File(group({}));
  const blockAt = start.length + 142;
  const treeAt = blockAt + 16 + 16 * width;
  const heap = [
    ...[text('FRHP'), uint(0, 3), uint(0, 2), uint(0, 1), uint(1, 4), uint(0, 96)],
    ...[uint(width, 2), uint(1, 8), uint(1, 8), uint(24, 2), uint(0, 2), uint(blockAt, 8)],
    uint(2, 2),
  ];
  const blocks = [text('FHIB'), uint(0, 12), new Uint8Array(16 * width)];
  const tree = [
    ...[text('BTHD'), uint(0, 1), uint(5, 1), uint(512, 4), uint(11, 2), uint(0, 2), uint(0, 2)],
    ...[uint(treeAt + 38, 8), uint(count, 2), uint(0, 12)],
  ];
  const record = concatenate([
    uint(0, 4),
    uint(0, 1),
    uint(2 * width - 1, 3),
    uint(1, 1),
    uint(0, 2),
  ]);
  const leaf = [
    text('BTLF'),
    uint(0, 2),
    ...Array.from({ length: count }, () => record),
    uint(0, 4),
  ];
  const bytes = concatenate([start, ...heap, ...blocks, ...tree, ...leaf]);
  const content = concatenate([uint(0, 2), uint(start.length, 8), uint(treeAt, 8), nowhere]);
  const file = await Hdf5File.open(memorySource(bytes), new Budget(bytes.length));
  return { file, message: { type: 2, place: 0, content } };
}

describe('a damaged HDF5 file', () => {
  const small = [
    hdf5File(group({ layers: group({ conv2d: layer([1, 2, 3]), conv2d_1: layer() }) })),
    weightsOf(
      [
        [3, 2],
        [1, 2, 3, 4, 5, 6],
      ],
      [2, 2],
    ),
    goldenBytes('kerasFiles/latest.weights.h5').slice(),
    goldenBytes('kerasFiles/keras2.h5').slice(),
  ];

  it('is read, or refused as a damaged file', async () => {
    const change = fc.record({
      file: fc.nat(small.length - 1),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      bytes: fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 8 }),
        fc.constantFrom(
          new Uint8Array(8).fill(255),
          new Uint8Array(8),
          Uint8Array.of(0, 0, 0, 128),
        ),
      ),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ file, at, bytes }) => {
        const damaged = small[file].slice();
        const from = 8 + Math.floor(at * (damaged.length - 16));
        damaged.set(bytes, from);
        const end = await loadStateDict(damaged).catch((error: unknown) => error);
        expect(end instanceof Map || end instanceof PthError).toBe(true);
      }),
      { numRuns: 400 },
    );
  });
});
