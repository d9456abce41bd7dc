import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32, crc32InTables } from '../../src/platform/crc32.js';
import { loadStateDict } from '../../src/pth/loadStateDict.js';
import { PthError } from '../../src/pth/pthError.js';
import { tensorAt } from '../support/fixtures.js';
import { golden, goldenBytes, goldenNumbers, goldenPath } from '../support/golden.js';
import { bytes, legacyFile, op, type Part, pickle } from '../support/pickles.js';
import { secondOpinion } from '../support/secondOpinion.js';

const [tiny] = golden.generators;

describe.each(['legacy', 'zip'] as const)('a %s file', (container) => {
  const file = tiny.files[container];

  it('holds the weights that PyTorch wrote', async () => {
    const stateDict = await loadStateDict(goldenPath(file));
    expect([...stateDict].map(([key, { shape }]) => [key, shape])).toEqual(
      Object.entries(tiny.keys),
    );
    const flat = [...stateDict.values()].flatMap(({ data }) => [...data]);
    expect(Float32Array.from(flat)).toEqual(tensorAt(goldenNumbers, tiny.weights).data);
  });

  it('reads the same from a path, bytes at any alignment, and a Blob', async () => {
    const content = goldenBytes(file);
    const expected = await loadStateDict(goldenPath(file));
    const shifted = new Uint8Array(content.length + 1).subarray(1);
    shifted.set(content);
    for (const source of [
      content,
      shifted,
      content.buffer as ArrayBuffer,
      new Blob([content as BlobPart]),
    ]) {
      expect(await loadStateDict(source)).toEqual(expected);
    }
  });

  it('is refused when it is cut short, wherever', async () => {
    const content = goldenBytes(file);
    await fc.assert(
      fc.asyncProperty(fc.nat(content.length - 1), async (length) => {
        await expect(loadStateDict(content.slice(0, length))).rejects.toThrow(PthError);
      }),
    );
  });

  it('names the file in an error', async () => {
    await expect(loadStateDict('no-such-folder/x.pth')).rejects.toThrow(/no-such-folder/);
    await expect(loadStateDict(goldenPath('golden.json'))).rejects.toThrow(/golden\.json/);
  });
});

describe('a tensor', () => {
  const values = [0, 1, 2, 3, 4, 5];
  const file = (offset: number, shape: number[], strides: number[]) =>
    legacyFile(
      op.dict({ t: op.tensor(op.storage('0', 'FloatStorage', 6), offset, shape, strides) }),
      {
        0: values,
      },
    );
  const read = async (...args: Parameters<typeof file>) =>
    (await loadStateDict(file(...args))).get('t');

  it.each([
    ['whole', 0, [2, 3], [3, 1], [0, 1, 2, 3, 4, 5]],
    ['transposed', 0, [3, 2], [1, 3], [0, 3, 1, 4, 2, 5]],
    ['a column', 2, [2, 1], [3, 1], [2, 5]],
    ['stepped', 1, [3], [2], [1, 3, 5]],
    ['expanded', 4, [2, 2], [0, 1], [4, 5, 4, 5]],
    ['a scalar', 5, [], [], [5]],
    ['empty', 6, [0, 4], [4, 1], []],
  ])('is read when it is %s', async (_, offset, shape, strides, expected) => {
    const tensor = await read(offset, shape, strides);
    expect(tensor?.shape).toEqual(shape);
    expect([...(tensor?.data ?? [])]).toEqual(expected);
  });

  it.each([
    ['beyond the end', 1, [2, 3], [3, 1]],
    ['before the start', -1, [2], [1]],
    ['with negative strides', 5, [2], [-1]],
    ['of more strides than sides', 0, [2], [1, 1]],
    ['too large for any memory', 0, [0x7fffffff, 0x7fffffff], [0, 0]],
  ])('is refused %s', async (_, offset, shape, strides) => {
    await expect(read(offset, shape, strides)).rejects.toThrow(PthError);
  });

  it('shares its storage with others where it did in PyTorch', async () => {
    const storage = op.storage('0', 'FloatStorage', 6);
    const both = await loadStateDict(
      legacyFile(
        op.dict({ a: op.tensor(storage, 0, [6], [1]), b: op.tensor(storage, 2, [3], [1]) }),
        { 0: values },
      ),
    );
    expect(both.get('b')?.data.buffer).toBe(both.get('a')?.data.buffer);
    expect([...(both.get('b')?.data ?? [])]).toEqual([2, 3, 4]);
  });
});

describe('a parameter of a model of torch 0.1 to 0.3', () => {
  const inner = op.reduce(
    op.global('torch._utils', '_rebuild_tensor'),
    op.tuple(
      op.storage('0', 'FloatStorage', 2),
      op.int(0),
      op.tuple(op.int(2)),
      op.tuple(op.int(1)),
    ),
  );
  const HOOKS = op.reduce(op.global('collections', 'OrderedDict'), op.tuple());
  const file = (state: Part) => {
    const parameter = op.reduce(op.global('torch.nn.parameter', 'Parameter'), op.tuple(inner));
    return legacyFile(op.dict({ w: [parameter, state, 'b'] }), { 0: [1.5, -2] });
  };

  it('has the numbers of its tensor', async () => {
    const weights = await loadStateDict(file(op.tuple(0x88, 0x89, HOOKS)));
    expect([...(weights.get('w')?.data ?? [])]).toEqual([1.5, -2]);
  });

  it.each<[string, Part]>([
    ['five things', op.tuple(inner, 'N', 0x88, 0x89, HOOKS)],
    ['a dict', op.dict({ data: inner })],
    ['numbers', op.tuple(op.int(1), op.int(2), HOOKS)],
  ])('is none where it was changed to %s', async (_, state) => {
    await expect(loadStateDict(file(state))).rejects.toMatchObject({
      code: 'ERR_PTH_TENSOR',
    });
  });
});

describe('a magic number', () => {
  // As `pickle.dumps(0x1950a86a20f9469cfc6c, protocol)` writes it.
  const bytesOfIt = Uint8Array.of(0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19);
  it.each([
    [1, bytes('L119547037146038801333356L\n.')],
    [3, bytes(0x80, 3, 0x8a, 10, bytesOfIt, '.')],
    [4, bytes(0x80, 4, 0x95, 13, new Uint8Array(7), 0x8a, 10, bytesOfIt, '.')],
  ])('can be pickled by protocol %i', async (_, magic) => {
    const t = op.tensor(op.storage('0', 'FloatStorage', 1), 0, [1], [1]);
    const rest = legacyFile(op.dict({ t }), { 0: [5] }).subarray(15);
    expect([...(await loadStateDict(bytes(magic, rest))).keys()]).toEqual(['t']);
  });
});

describe('what a file must not do', () => {
  const evil = (module: string, name: string) =>
    legacyFile(op.dict({ x: op.reduce(op.global(module, name), op.tuple(op.text('ls'))) }), {});

  it.each([
    ['os', 'system'],
    ['builtins', 'eval'],
    ['__builtin__', 'getattr'],
    ['collections', 'constructor'],
    ['', '__proto__'],
  ])('names %s.%s: refused, named, and never called', async (module, name) => {
    const error: unknown = await loadStateDict(evil(module, name)).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(PthError);
    expect(error).toMatchObject({ code: 'ERR_PTH_FORBIDDEN', offset: expect.any(Number) });
    expect((error as Error).message).toContain(`${module}.${name}`);
  });

  it('may name its tensors as it likes', async () => {
    const t = op.tensor(op.storage('0', 'FloatStorage', 1), 0, [1], [1]);
    const file = legacyFile(op.dict({ __proto__x: t, constructor: t, toString: t }), { 0: [1] });
    expect([...(await loadStateDict(file)).keys()]).toEqual([
      '__proto__x',
      'constructor',
      'toString',
    ]);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  it('says how to save a state dict when it is a whole model', async () => {
    const file = evil('torch.nn.modules.container', 'Sequential');
    await expect(loadStateDict(file)).rejects.toMatchObject({
      code: 'ERR_PTH_WHOLE_MODEL',
      message: expect.stringContaining('state_dict()'),
    });
  });
});

describe('what is no weight file', () => {
  it.each([
    ['ERR_PTH_EMPTY', bytes()],
    ['ERR_PTH_HTML', bytes('<!DOCTYPE html><title>404</title>')],
    [
      'ERR_PTH_LFS_POINTER',
      bytes('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 45519250\n'),
    ],
    ['ERR_PTH_NOT_TORCH', pickle('}')],
    ['ERR_PTH_GZIP', bytes(0x1f, 0x8b, 8)],
    ['ERR_PTH_NOT_STATE_DICT', legacyFile(op.list(op.int(1)), {})],
  ])('is told what it is: %s', async (code, content) => {
    await expect(loadStateDict(content)).rejects.toMatchObject({ code, name: 'PthError' });
  });

  it('of git-LFS is told with the size of what it stands for, where it says one', async () => {
    const pointer = 'version https://git-lfs.github.com/spec/v1\nx-size 7\noid sha256:0\n';
    for (const [text, message] of [
      [`${pointer}size 45519250\n`, /for the weights \(45519250 bytes\): run/],
      [pointer, /for the weights: run/],
    ] as const) {
      await expect(loadStateDict(bytes(text))).rejects.toThrow(message);
    }
  });

  it('holds a checkpoint whose state dict is found, or asked for', async () => {
    const t = op.tensor(op.storage('0', 'FloatStorage', 1), 0, [1], [1]);
    const nested = op.dict({
      epoch: op.int(3),
      state_dict: op.dict({ w: t }),
      optimizer: op.dict({}),
    });
    expect([...(await loadStateDict(legacyFile(nested, { 0: [1] }))).keys()]).toEqual(['w']);
    const two = op.dict({ first: op.dict({ w: t }), second: op.dict({ w: t }) });
    await expect(loadStateDict(legacyFile(two, { 0: [1] }))).rejects.toMatchObject({
      code: 'ERR_PTH_AMBIGUOUS',
      message: expect.stringMatching(/"first" \(1 tensor\), "second" \(1 tensor\)/),
    });
    const second = await loadStateDict(legacyFile(two, { 0: [1] }), { key: 'second' });
    expect([...second.keys()]).toEqual(['w']);
    await expect(
      loadStateDict(legacyFile(two, { 0: [1] }), { key: 'third' }),
    ).rejects.toMatchObject({
      code: 'ERR_PTH_NO_KEY',
      message: expect.stringMatching(/"first".*"second"/),
    });
  });
});

describe('a second opinion', () => {
  it.each(['legacy', 'zip'] as const)(
    'pickleparser finds the same tensors: %s',
    async (container) => {
      const content = goldenBytes(tiny.files[container]);
      const theirs = secondOpinion(content);
      const ours = await loadStateDict(content);
      expect([...theirs].map(([key, { shape }]) => [key, shape])).toEqual(
        [...ours].map(([key, { shape }]) => [key, shape]),
      );
    },
  );
});

describe('crc32', () => {
  it('is that of the standard, with and without Node’s own', () => {
    const check = bytes('123456789');
    expect([crc32(check), crc32InTables(check)]).toEqual([0xcbf43926, 0xcbf43926]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (data) => {
        expect(crc32InTables(data)).toBe(crc32(data));
      }),
    );
  });

  it('goes on from that of the bytes before', () => {
    const [first, second] = [bytes('1234'), bytes('56789')];
    expect(crc32(second, crc32(first))).toBe(0xcbf43926);
    expect(crc32InTables(second, crc32InTables(first))).toBe(0xcbf43926);
  });
});
