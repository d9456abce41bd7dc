import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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

  it('may have lists of names that are cut', async () => {
    const one = group({ k: array([1], [1]) }, { weight_names: ['k'] });
    const lists = { layer_names0: ['a'], layer_names1: ['b'] };
    const { tensors } = await openWeights(hdf5File(group({ a: one, b: one }, lists)));
    expect([...tensors.keys()]).toEqual(['a.k', 'b.k']);
  });
});

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
