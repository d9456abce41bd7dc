import { describe, expect, it } from 'vitest';
import { inspectWeights } from '../../src/generator/inspectWeights.js';
import { PthError } from '../../src/pth/pthError.js';
import { openWeights, verifyWeights } from '../../src/pth/weightFile.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { legacyFile, ndarray, op, type Part } from '../support/pickles.js';

/** A storage of four numbers, of which a view has `length` from `start` on, as torch before 0.4 could write them. */
const viewing = async (start: number, length: number): Promise<number[]> => {
  const view = op.tuple(op.text('view'), op.int(start), op.int(length));
  const storage = op.storage('0', 'FloatStorage', 4, view);
  const root = op.dict({ w: op.tensor(storage, 0, [length], [1]) });
  const file = await openWeights(legacyFile(root, { 0: [10, 20, 30, 40] }));
  return [...(await file.tensor('w')).data];
};

describe('a view of a storage', () => {
  it('may lie anywhere in it', async () => {
    expect(await viewing(0, 4)).toEqual([10, 20, 30, 40]);
    expect(await viewing(0, 2)).toEqual([10, 20]);
    expect(await viewing(1, 2)).toEqual([20, 30]);
    expect(await viewing(1, 3)).toEqual([20, 30, 40]);
    expect(await viewing(3, 1)).toEqual([40]);
  });

  it.each([
    [0, 5],
    [1, 4],
    [4, 1],
    [-1, 2],
  ])('may not reach beyond it: %i, %i', async (start, length) => {
    await expect(viewing(start, length)).rejects.toThrow(/view|Storage/);
    await expect(viewing(start, length)).rejects.toThrow(PthError);
  });
});

describe('a tensor of another device', () => {
  const made = (...args: Part[]) =>
    op.reduce(op.global('torch._utils', '_rebuild_device_tensor_from_numpy'), op.tuple(...args));
  const float32 = op.global('torch', 'float32');
  const whole: Part[] = [ndarray([1, 2]), float32, op.text('xla:0'), 0x89];
  const open = (entries: Record<string, Part>) =>
    openWeights(
      legacyFile(
        op.dict({ t: op.tensor(op.storage('0', 'FloatStorage', 1), 0, [1], [1]), ...entries }),
        {
          0: [9],
        },
      ),
    );

  it('has its own numbers, whatever the keys of storages are', async () => {
    const storages = ['0', '1', '2', '3', '4'];
    const tensors = storages.map((key): [string, Part] => [
      `t${key}`,
      op.tensor(op.storage(key, 'FloatStorage', 1), 0, [1], [1]),
    ]);
    const devices = [5, 6, 7].map((value): [string, Part] => [
      `d${value}`,
      made(ndarray([value]), float32, op.text('xla:0'), 0x89),
    ]);
    const file = await openWeights(
      legacyFile(
        op.dict(Object.fromEntries([...devices, ...tensors])),
        Object.fromEntries(storages.map((key) => [key, [Number(key)]])),
      ),
    );
    const found = [...(await file.stateDict())].map(([key, { data }]) => [key, ...data]);
    expect(found).toEqual([
      ['d5', 5],
      ['d6', 6],
      ['d7', 7],
      ...storages.map((key) => [`t${key}`, Number(key)]),
    ]);
  });

  it.each<[string, Part]>([
    ['too few arguments', made(...whole.slice(0, 3))],
    ['too many', made(...whole, 0x89)],
    ['no array', made(op.int(1), ...whole.slice(1))],
    ['numbers that are unknown', made(whole[0], op.global('torch', 'complex64'), whole[2], 0x89)],
    ['no type', made(whole[0], op.text('float32'), whole[2], 0x89)],
    ['numbers of another type', made(ndarray([1, 2], 'i4'), ...whole.slice(1))],
    ['a change', [made(...whole), op.dict({}), 'b']],
  ])('cannot be read with %s', async (_, part) => {
    expect([...(await open({ d: made(...whole) })).tensors.keys()]).toEqual(['t', 'd']);
    const file = await open({ d: part });
    expect([[...file.tensors.keys()], [...file.unreadable.keys()]]).toEqual([['t'], ['d']]);
  });
});

describe('an object beside the tensors', () => {
  const type = async (module: string, name: string) => {
    const object = op.reduce(
      op.global(module, name),
      op.tuple(op.global('models', 'Net'), op.int(1)),
    );
    const t = op.tensor(op.storage('0', 'FloatStorage', 1), 0, [1], [1]);
    const file = await openWeights(
      legacyFile(op.dict({ netG: op.dict({ t }), object }), { 0: [1] }),
    );
    return file.passedOver.find((found) => found.name === 'object')?.type;
  };

  it('is of the class that it is made of, where a function makes objects', async () => {
    expect(await type('copyreg', '_reconstructor')).toBe('models.Net');
    expect(await type('copy_reg', '_reconstructor')).toBe('models.Net');
    expect(await type('copyreg', '__newobj__')).toBe('models.Net');
    expect(await type('numpy._core.multiarray', '_reconstruct')).toBe('models.Net');
  });

  it.each([
    ['my_copyreg', '_reconstructor'],
    ['copyreg', '_reconstructor2'],
    ['my_numpy.core.multiarray', '_reconstruct'],
    ['numpy.core.multiarray', '_reconstructed'],
  ])('is named after another function itself: %s.%s', async (module, name) => {
    expect(await type(module, name)).toBe(`${module}.${name}`);
  });
});

describe('bytes that nothing in a file vouches for', () => {
  const tensors = new Map([
    ['w', new Tensor(Float32Array.of(1, 2, 3), [3])],
    ['b', new Tensor(Float32Array.of(4, 5), [2])],
  ]);

  it('are those of zip entries without a checksum', async () => {
    const zip = encodeStateDict(tensors, 'x.pth');
    expect(await verifyWeights(zip)).toBe(0);
    const text = Buffer.from(zip).toString('latin1');
    for (const [key, unchecked] of [
      ['0', 12],
      ['1', 20],
    ] as const) {
      // The last place of its name is in the directory, behind its header.
      const header = text.lastIndexOf('PK\x01\x02', text.lastIndexOf(`/data/${key}`));
      zip.fill(0, header + 16, header + 20);
      expect(await verifyWeights(zip)).toBe(unchecked);
    }
  });

  it('are the numbers of a legacy file, and all of a safetensors file', async () => {
    const storages = { 0: [1, 2, 3], 1: [4, 5] };
    const root = op.dict({
      w: op.tensor(op.storage('0', 'FloatStorage', 3), 0, [3], [1]),
      b: op.tensor(op.storage('1', 'FloatStorage', 2), 0, [2], [1]),
    });
    expect(await verifyWeights(legacyFile(root, storages))).toBe(20);
    const safe = encodeStateDict(tensors, 'x.safetensors');
    expect(await verifyWeights(safe)).toBe(safe.length);
  });
});

it('an error of a file names the error that it comes from, and only that', () => {
  const inner = new PthError('ERR_PTH_ZIP', 'broken', { offset: 7, key: 'w' });
  expect('cause' in inner).toBe(false);
  const outer = inner.inFile('x.pth');
  expect(outer.cause).toBe(inner);
  expect([outer.message, outer.code, outer.offset, outer.key]).toEqual([
    'x.pth: broken (at byte 7).',
    'ERR_PTH_ZIP',
    7,
    'w',
  ]);
});

it('numbers of tensors are told when they are asked for', async () => {
  const storage = op.storage('0', 'FloatStorage', 4);
  const file = legacyFile(op.dict({ w: op.tensor(storage, 0, [4], [1]) }), { 0: [1, 2, 3, 6] });
  const [plain] = (await inspectWeights(file)).tensors;
  expect(plain).toEqual({ key: 'w', dtype: 'float32', shape: [4] });
  const [withNumbers] = (await inspectWeights(file, { stats: true })).tensors;
  expect(withNumbers).toMatchObject({ key: 'w', mean: 3 });
});
