import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { unzipSync, zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { FileError } from '../../src/platform/fileError.js';
import type { Dtype, StoredData } from '../../src/pth/dtypes.js';
import { DTYPE_NAMES, newStored } from '../../src/pth/dtypes.js';
import { loadStateDict } from '../../src/pth/loadStateDict.js';
import { PthError } from '../../src/pth/pthError.js';
import { openWeights } from '../../src/pth/weightFile.js';
import type { TensorToSave } from '../../src/pth/write/savedTensor.js';
import { encodeStateDict, saveStateDict } from '../../src/pth/write/saveStateDict.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { safetensorsFile, tarFile, torchTar } from '../support/containers.js';
import { golden, goldenBytes, goldenPath } from '../support/golden.js';
import { bytes, legacyFile, op, pickle } from '../support/pickles.js';

const [tiny] = golden.generators;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cyclegan-weights-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('openWeights', () => {
  it('tells what is in a file, and reads a tensor when asked', async () => {
    const file = await openWeights(goldenPath(tiny.files.legacy));
    expect(file.container).toBe('legacy');
    expect(file.fileSize).toBe(goldenBytes(tiny.files.legacy).length);
    expect([...file.tensors].map(([key, { shape }]) => [key, shape])).toEqual(
      Object.entries(tiny.keys),
    );
    const all = await loadStateDict(goldenPath(tiny.files.zip));
    for (const [key, { dtype }] of file.tensors) {
      expect(dtype).toBe('float32');
      expect(await file.tensor(key)).toEqual(all.get(key));
    }
    await expect(file.tensor('model.99.weight')).rejects.toMatchObject({ code: 'ERR_PTH_NO_KEY' });
  });

  it('reads from a stream', async () => {
    const content = goldenBytes(tiny.files.zip);
    const { body } = new Response(content as BodyInit);
    expect(await loadStateDict(body as ReadableStream<Uint8Array>)).toEqual(
      await loadStateDict(content),
    );
  });

  it('gives windows on the bytes of a zip file', async () => {
    const content = goldenBytes(tiny.files.zip);
    for (const { data } of (await loadStateDict(content)).values()) {
      expect(data.buffer).toBe(content.buffer);
    }
  });

  it('tells a file that became shorter', async () => {
    const path = join(folder, 'shrinking.pth');
    const content = goldenBytes(tiny.files.zip);
    writeFileSync(path, content);
    const file = await openWeights(path);
    writeFileSync(path, content.subarray(0, 1000));
    await expect(file.stateDict()).rejects.toMatchObject({ name: 'FileError' });
  });

  it('keeps what else a checkpoint holds that is plain data', async () => {
    const t = op.tensor(op.storage('0', 'FloatStorage', 1), 0, [1], [1]);
    const root = op.dict({
      epoch: op.int(3),
      __proto__x: op.list(op.int(1), op.text('a')),
      netG: op.dict({ w: t }),
    });
    const file = await openWeights(legacyFile(root, { 0: [5] }));
    expect(file.key).toBe('netG');
    expect([...file.extras]).toEqual([
      ['epoch', 3],
      ['__proto__x', [1, 'a']],
    ]);
  });
});

describe('tensors that stay in the file', () => {
  const SHAPE = [160, 120];
  const large = Float32Array.from({ length: 160 * 120 }, (_, i) => i / 7);
  const saved = new Map([
    ['large', new Tensor(large, SHAPE)],
    ['small', new Tensor(Float32Array.of(1, 2, 3), [3])],
  ]);
  const float = (key: string, length: number) => op.storage(key, 'FloatStorage', length);
  const legacy = legacyFile(
    op.dict({
      large: op.tensor(float('0', large.length), 0, SHAPE, [120, 1]),
      small: op.tensor(float('1', 3), 0, [3], [1]),
    }),
    { 0: [...large], 1: [1, 2, 3] },
  );
  const files = {
    legacy,
    zip: encodeStateDict(saved, '.pth'),
    safetensors: encodeStateDict(saved, '.safetensors'),
  };

  it.each(Object.entries(files))(
    'are fetched when they are asked for: %s',
    async (name, content) => {
      const path = join(folder, `late.${name}`);
      writeFileSync(path, content);
      const late = await (await openWeights(path)).stateDict({ late: true });
      const out = new Float32Array(large.length);
      late.get('large')?.copyInto(out);
      expect(out).toEqual(large);
      expect(late).toEqual(saved);
      rmSync(path);
      expect(late.get('large')?.data).toEqual(large);
    },
  );

  it.each(Object.entries(files))(
    'are missed when the file changes or goes away: %s',
    async (name, content) => {
      const path = join(folder, `lost.${name}`);
      writeFileSync(path, content);
      const file = await openWeights(path);
      const [first, second] = [
        await file.stateDict({ late: true }),
        await file.stateDict({ late: true }),
      ];
      writeFileSync(path, content.subarray(0, 2000));
      expect(() => first.get('large')?.data).toThrow(/was changed/);
      rmSync(path);
      expect(() => second.get('large')?.copyInto(new Float32Array(large.length))).toThrow(
        FileError,
      );
      // This one is as soon read as looked for.
      expect(second.get('small')?.data).toEqual(Float32Array.of(1, 2, 3));
    },
  );

  it('are checked when they are fetched', async () => {
    const path = join(folder, 'damaged.pth');
    const content = files.zip.slice();
    const begin = new Uint8Array(large.buffer, 4, 64).toString();
    const at = content.findIndex((_, i) => content.subarray(i, i + 64).toString() === begin);
    content[at + 1000] ^= 1;
    writeFileSync(path, content);
    const late = await (await openWeights(path)).stateDict({ late: true });
    expect(() => late.get('large')?.data).toThrow(
      expect.objectContaining({
        code: 'ERR_PTH_CHECKSUM',
        message: expect.stringContaining(path),
      }),
    );
  });

  it('are those alone that need no conversion, and share nothing', async () => {
    const path = join(folder, 'mixed.pth');
    const n = large.length;
    const root = op.dict({
      turned: op.tensor(float('0', n), 0, [120, 160], [1, 120]),
      part: op.tensor(float('1', n), 120, [159, 120], [120, 1]),
      one: op.tensor(float('2', n), 0, SHAPE, [120, 1]),
      other: op.tensor(float('2', n), 0, SHAPE, [120, 1]),
    });
    const numbers = [...large];
    writeFileSync(path, legacyFile(root, { 0: numbers, 1: numbers, 2: numbers }));
    const file = await openWeights(path);
    const expected = await file.stateDict();
    const late = await file.stateDict({ late: true });
    rmSync(path);
    expect(late).toEqual(expected);
    expect(late.get('one')?.data.buffer).toBe(late.get('other')?.data.buffer);
  });

  it('give the same pictures', async () => {
    const path = join(folder, 'generator.pth');
    const netG = new ResNetGenerator(3, 3, 16, 1).eval();
    await saveStateDict(netG.stateDict(), path);
    const late = await (await openWeights(path)).stateDict({ late: true });
    const x = Tensor.full([1, 3, 16, 20], 0.3);
    const expected = await netG.forward(x);
    for (const engine of ['wasm', 'js'] as const) {
      const output = await ResNetGenerator.fromStateDict(late).forward(x, { engine });
      expect(output).toEqual(engine === 'wasm' ? expected : await netG.forward(x, { engine }));
    }
  });
});

describe('the tar archive of torch before 0.1.10', () => {
  const content = torchTar([1, 2, 3, 4, 5, 6], [2, 3]);

  it('is read, with views of storages', async () => {
    const file = await openWeights(content);
    expect([file.container, file.writer]).toEqual(['tar', 'torch before 0.1.10']);
    expect([...(await file.stateDict())].map(([k, v]) => [k, v.shape, [...v.data]])).toEqual([
      ['t', [2, 3], [1, 2, 3, 4, 5, 6]],
      ['view', [3], [4, 5, 6]],
    ]);
  });

  it.each([
    ['another archive', tarFile({ 'readme.txt': bytes('hello') }), 'ERR_PTH_NOT_TORCH'],
    [
      'no tensor of that key',
      tarFile({
        pickle: pickle(op.dict({ t: [op.text('9'), 'Q'] })),
        storages: bytes(pickle(op.int(0)), pickle(op.list())),
        tensors: pickle(op.int(0)),
      }),
      'ERR_PTH_TENSOR',
    ],
    [
      'a count of storages that are not there',
      tarFile({
        pickle: pickle('}'),
        storages: pickle(op.int(1_000_000)),
        tensors: pickle(op.int(0)),
      }),
      'ERR_PTH_TRUNCATED',
    ],
  ])('is refused: %s', async (_, file, code) => {
    await expect(loadStateDict(file)).rejects.toMatchObject({ code, name: 'PthError' });
  });
});

describe('a zip archive', () => {
  const archive = goldenBytes('tiny_zip.pth');
  const followedBy = (tail: Uint8Array) => bytes(archive, tail);
  const random = new Uint8Array(70_000).map((_, i) => (i * i * 7 + (i >> 3)) % 251);

  it.each([1, 21, 22, 43, 4096, 30_000, 65_535])('may have %i bytes behind it', async (count) => {
    const expected = await loadStateDict(archive);
    for (const tail of [new Uint8Array(count), random.subarray(0, count)]) {
      expect(await loadStateDict(followedBy(tail))).toEqual(expected);
      expect(await loadStateDict(new Blob([new Uint8Array(followedBy(tail))]))).toEqual(expected);
    }
  });

  it('is not said to be cut short when nobody knows', async () => {
    const cut = archive.subarray(0, archive.length - 1);
    for (const file of [followedBy(random), followedBy(new Uint8Array(65_536)), cut]) {
      await expect(loadStateDict(file)).rejects.toMatchObject({
        code: 'ERR_PTH_TRUNCATED',
        message: expect.stringMatching(/either the file is cut short, or more than 64 KB/),
      });
    }
  });

  it('ends with the last end record, as PyTorch has it', async () => {
    const end = archive.subarray(archive.length - 22);
    expect(await loadStateDict(followedBy(end))).toEqual(await loadStateDict(archive));
    const ofNothing = bytes(Uint8Array.of(0x50, 0x4b, 5, 6), new Uint8Array(18));
    await expect(loadStateDict(followedBy(ofNothing))).rejects.toMatchObject({
      code: 'ERR_PTH_NOT_TORCH',
    });
    const tooMany = bytes(Uint8Array.of(0x50, 0x4b, 5, 6), new Uint8Array(18).fill(255));
    await expect(loadStateDict(followedBy(tooMany))).rejects.toMatchObject({ code: 'ERR_PTH_ZIP' });
  });
});

describe('safetensors', () => {
  const numbers = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
  const a = { dtype: 'F32', shape: [3], data_offsets: [0, 12] };
  const b = { dtype: 'F32', shape: [], data_offsets: [12, 16] };

  it('is read, with its metadata', async () => {
    const header = { __metadata__: { format: 'pt' }, 'x.b': b, 'x.a': a };
    const file = await openWeights(safetensorsFile(header, numbers));
    expect([...file.extras]).toEqual([['format', 'pt']]);
    expect([...(await file.stateDict())].map(([k, v]) => [k, v.shape, [...v.data]])).toEqual([
      ['x.b', [], [4]],
      ['x.a', [3], [1, 2, 3]],
    ]);
  });

  it.each([
    ['no JSON', '{"a": '],
    ['a hole', { a, b: { ...b, data_offsets: [13, 17] } }],
    ['an overlap', { a, b: { ...b, data_offsets: [8, 12] } }],
    ['bytes that belong to nobody', { a }],
    ['a shape that is not the span', { a: { ...a, shape: [4] }, b }],
    ['a negative side', { a: { ...a, shape: [-3] }, b }],
    ['a type of no name', '{"a":{"dtype":{"toString":1},"shape":[3],"data_offsets":[0,12]}}'],
    ['no shape', { a: { dtype: 'F32', data_offsets: [0, 12] }, b }],
    ['a list', [a, b]],
  ])('is refused when its header has %s', async (_, header) => {
    await expect(loadStateDict(safetensorsFile(header, numbers))).rejects.toThrow(PthError);
  });

  it('is told to be cut short', async () => {
    const file = safetensorsFile({ a, b }, numbers.subarray(0, 10));
    await expect(loadStateDict(file)).rejects.toMatchObject({ code: 'ERR_PTH_TRUNCATED' });
  });
});

describe('a storage', () => {
  it('can be known as a stretch of another, as torch before 0.1.12 had it', async () => {
    const view = op.tuple(op.text('v'), op.int(2), op.int(3));
    const whole = op.tensor(op.storage('0', 'FloatStorage', 6, 'N'), 0, [6], [1]);
    const part = (offset: number) =>
      op.tensor(op.storage('0', 'FloatStorage', 6, view), offset, [2], [1]);
    const file = (offset: number) =>
      legacyFile(op.dict({ whole, part: part(offset) }), { 0: [0, 1, 2, 3, 4, 5] });
    expect([...((await loadStateDict(file(1))).get('part')?.data ?? [])]).toEqual([3, 4]);
    await expect(loadStateDict(file(2))).rejects.toMatchObject({ code: 'ERR_PTH_TENSOR' });
  });

  it('can leave its type to the tensor', async () => {
    const tensor = op.reduce(
      op.global('torch._utils', '_rebuild_tensor_v3'),
      op.tuple(
        op.storage('0', 'UntypedStorage', 4),
        op.int(1),
        op.tuple(op.int(1)),
        op.tuple(op.int(1)),
        0x89,
        'N',
        op.global('torch', 'uint16'),
      ),
    );
    // Two halves of a float32: 1.5 is 0x3fc00000.
    const file = await openWeights(legacyFile(op.dict({ t: tensor }), { 0: [1.5] }, 4));
    expect(file.tensors.get('t')).toEqual({ shape: [1], dtype: 'uint16' });
    expect([...(await file.tensor('t')).data]).toEqual([0x3fc0]);
  });

  it('can hold an OrderedDict of Python 2, which is a list of pairs', async () => {
    const t = op.tensor(op.storage('0', 'FloatStorage', 1), 0, [1], [1]);
    const pairs = op.list(op.list(op.text('w'), t));
    const root = op.reduce(op.global('collections', 'OrderedDict'), op.tuple(pairs));
    expect([...(await loadStateDict(legacyFile(root, { 0: [7] }))).keys()]).toEqual(['w']);
  });
});

/** Numbers of every type, any bits at all. */
const stored = fc
  .tuple(
    fc.constantFrom(...DTYPE_NAMES),
    fc.array(fc.nat(3), { maxLength: 3 }),
    fc.infiniteStream(fc.nat(255)),
  )
  .map(([dtype, shape, stream]): [Dtype, number[], StoredData] => {
    const data = newStored(
      dtype,
      shape.reduce((a, b) => a * b, 1),
    );
    const raw = new Uint8Array(data.buffer);
    for (let i = 0; i < raw.length; i++) raw[i] = stream.next().value as number;
    return [dtype, shape, data];
  });

describe.each(['.pth', '.safetensors'])('saving as %s', (extension) => {
  it('gives back every bit of every type, by the same keys in the same order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), stored), async (tensors) => {
        const saved = new Map<string, TensorToSave>(
          Object.entries(tensors)
            .filter(([key]) => key !== '__metadata__')
            .map(([key, [dtype, shape, data]]) => [key, { dtype, shape, data }]),
        );
        const content = encodeStateDict(saved, `x${extension}`);
        expect(encodeStateDict(saved, `x${extension}`)).toEqual(content);
        const file = await openWeights(content);
        expect([...file.tensors.keys()]).toEqual([...saved.keys()]);
        for (const [key, { data, dtype, shape }] of saved) {
          const found = await file.read(key);
          expect([found.dtype, found.shape]).toEqual([dtype, shape]);
          expect(bits(found.data)).toEqual(bits(data));
        }
      }),
    );
  });

  it('carries the configuration', async () => {
    const netG = new ResNetGenerator(3, 3, 2, 1);
    const path = join(folder, `model${extension}`);
    await saveStateDict(netG.stateDict(), path, { config: netG.config });
    const file = await openWeights(path);
    expect(file.config).toEqual(netG.config);
    // What torch.load gives is the state dict itself, whether it has a configuration or not.
    expect([file.key, [...file.tensors.keys()]]).toEqual(['', [...netG.stateDict().keys()]]);
    await saveStateDict(netG.stateDict(), `${path}.bare${extension}`);
    expect((await openWeights(`${path}.bare${extension}`)).config).toBeUndefined();
    const again = ResNetGenerator.fromStateDict(await file.stateDict());
    expect(again.config).toEqual(netG.config);
    expect(again.stateDict()).toEqual(netG.stateDict());
    // As a whole or not at all: nothing is left beside it.
    expect(readFileSync(path).length).toBe(file.fileSize);
  });
});

describe('a configuration', () => {
  const tensors = new Map([['w', { data: Float32Array.of(1, 2), shape: [2] }]]);
  const withRecord = (text: string) => {
    const entries = unzipSync(encodeStateDict(tensors, '.pth'));
    return zipSync({ ...entries, 'archive/config.json': new TextEncoder().encode(text) });
  };

  it('stands beside the state dict in files of earlier versions', async () => {
    const t = op.tensor(op.storage('0', 'FloatStorage', 1), 0, [1], [1]);
    const root = op.dict({ config: op.dict({ ngf: op.int(4) }), state_dict: op.dict({ w: t }) });
    const file = await openWeights(legacyFile(root, { 0: [5] }));
    expect([file.key, file.config]).toEqual(['state_dict', { ngf: 4 }]);
  });

  it.each([
    ['what is no JSON', '{'],
    ['nothing', ''],
    ['what is nested too deeply', '['.repeat(20) + ']'.repeat(20)],
    ['what is nested so deeply that it is an attack', '['.repeat(30_000) + ']'.repeat(30_000)],
    ['too many items', JSON.stringify(Array.from({ length: 300 }, () => 0))],
    ['more than a configuration', JSON.stringify('x'.repeat(70_000))],
  ])('is not taken from %s under its name', async (_, text) => {
    const file = await openWeights(withRecord(text));
    expect([file.config, [...file.extras]]).toEqual([undefined, []]);
    expect((await file.tensor('w')).data).toEqual(Float32Array.of(1, 2));
  });

  it.each(['.pth', '.safetensors'])('is given back as it was saved in %s', async (extension) => {
    for (const config of [null, '5', 5, 'a "b"', [1, [true]], { a: { 'b c': null } }]) {
      expect((await openWeights(encodeStateDict(tensors, extension, { config }))).config).toEqual(
        config,
      );
    }
  });

  it('may have any names', async () => {
    const text = '{"__proto__": {"polluted": true}, "constructor": 1}';
    const { config } = await openWeights(withRecord(text));
    expect(JSON.parse(JSON.stringify(config))).toEqual(JSON.parse(text));
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('saving', () => {
  it.each([
    ['an unknown extension', 'x.bin', { data: Float32Array.of(1), shape: [1] }],
    ['a shape that does not fit', 'x.pth', { data: Float32Array.of(1), shape: [2] }],
    ['data of another type', 'x.pth', { data: Int32Array.of(1), shape: [1] }],
  ])('refuses %s', (_, name, tensor) => {
    expect(() => encodeStateDict(new Map([['t', tensor]]), name)).toThrow(PthError);
  });
});

function bits({ buffer, byteOffset, byteLength }: StoredData): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
