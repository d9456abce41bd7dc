import { readFileSync } from 'node:fs';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { openWeights, verifyWeights } from '../../src/pth/weightFile.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { maxAbsDifference } from '../support/closeness.js';
import { call, exportedProgram, int, named } from '../support/exportedPrograms.js';
import { goldenBytes, goldenPath } from '../support/golden.js';

/** What `test/golden/make_exported.py` made with PyTorch. */
interface Exported {
  readonly torch: string;
  readonly input: StoredTensor;
  readonly outputs: Readonly<Record<string, StoredTensor>>;
  readonly cases: readonly {
    readonly file: string;
    readonly family: string;
    readonly padding?: string;
    readonly output: string;
  }[];
}

interface StoredTensor {
  readonly shape: readonly number[];
  /** Base64 of little-endian float32. */
  readonly elements: string;
}

const golden = JSON.parse(readFileSync(goldenPath('exported/exported.json'), 'utf8')) as Exported;

function decoded(base64: string): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer);
}

const bytesOf = (file: string) => goldenBytes(`exported/${file}`);
const input = new Tensor(decoded(golden.input.elements), golden.input.shape);

describe('a program of torch.export', () => {
  it.each(golden.cases)(
    '$file computes what PyTorch computes',
    async ({ file, family, padding, output }) => {
      const generator = await openGenerator(bytesOf(file));
      expect(generator.family.name).toBe(family);
      // Of its pictures' values, not even a program tells all.
      expect(generator.notes.filter((note) => !note.includes('--input-range'))).toEqual([]);
      if (padding !== undefined) expect(generator.padding).toBe(padding);
      const made = await generator.module.forward(input);
      const { shape, elements } = golden.outputs[output];
      expect(made.shape).toEqual(shape);
      expect(maxAbsDifference(made.data, decoded(elements))).toBeLessThan(1e-5);
    },
  );

  it.each(['resnet.pt2', 'resnet_2_8.pt2', 'resnet_2_2.pt2'])(
    '%s has the weights by their keys, whatever its layout',
    async (name) => {
      const file = await openWeights(goldenPath(`exported/${name}`));
      expect(file.container).toBe('pt2');
      expect(file.writer).toBe(`torch ${golden.torch}+cu130`);
      expect([...file.tensors.keys()].slice(0, 3)).toEqual([
        'model.1.weight',
        'model.1.bias',
        'model.4.weight',
      ]);
      expect((await file.tensor('model.1.weight')).shape).toEqual([2, 3, 7, 7]);
      expect(await verifyWeights(goldenPath(`exported/${name}`))).toBe(0);
    },
  );
});

/** The archive of a golden program, with its description as text changed. */
function changed(file: string, change: (model: string) => string): Uint8Array {
  const entries = unzipSync(bytesOf(file));
  const name = Object.keys(entries).find((one) => one.endsWith('models/model.json')) ?? '';
  return zipSync({ ...entries, [name]: strToU8(change(strFromU8(entries[name]))) }, { level: 0 });
}

const TANH = 'torch.ops.aten.tanh.default';

describe('an operator that is not known', () => {
  const file = (name: string) =>
    changed(name, (model) => model.replace(TANH, 'torch.ops.mine.tanh.default'));

  it('is named with its node', async () => {
    await expect(openGenerator(file('mixed.pt2'))).rejects.toMatchObject({
      code: 'ERR_EXPORTED',
      message:
        'The exported program cannot be run: node "tanh" is torch.ops.mine.tanh.default: there is no such operator here.',
    });
  });

  it("is in nobody's way where the keys are a family's, but is told of", async () => {
    const { family, notes } = await openGenerator(file('resnet.pt2'));
    expect(family.name).toBe('resnet');
    expect(notes).toContainEqual(
      expect.stringContaining('node "tanh" is torch.ops.mine.tanh.default'),
    );
  });
});

describe('what is changed in place', () => {
  it('has its new value under its old name', async () => {
    const file = exportedProgram(
      [
        call('neg.default', 'a', { self: named('x') }),
        call('relu_.default', 'b', { self: named('a') }),
        call('add.Tensor', 'c', { self: named('a'), other: named('b') }),
      ],
      { output: 'c' },
    );
    const { module } = await openGenerator(file);
    const picture = new Tensor(Float32Array.of(-1, 2, -3), [1, 3, 1, 1]);
    expect([...(await module.forward(picture)).data]).toEqual([2, 0, 6]);
  });

  it('is refused where it was a part of what is read later', async () => {
    const part = {
      self: named('x'),
      dim: int(1),
      start: int(0),
      end: int(1),
    };
    const file = exportedProgram(
      [
        call('slice.Tensor', 'a', part),
        call('relu_.default', 'b', { self: named('a') }),
        call('tanh.default', 'c', { self: named('x') }),
      ],
      { output: 'c' },
    );
    await expect(openGenerator(file)).rejects.toMatchObject({
      code: 'ERR_EXPORTED',
      message: expect.stringContaining('it reads "x", which was changed in place'),
    });
  });
});

describe('a damaged program', () => {
  it.each<[string, (entries: Record<string, Uint8Array>) => void, string, string]>([
    [
      'without the file of a weight',
      (entries) => delete entries['archive/data/weights/weight_3'],
      'ERR_PTH_PT2',
      'lacks "archive/data/weights/weight_3"',
    ],
    [
      'with a weight that is too short',
      (entries) => {
        entries['archive/data/weights/weight_0'] = new Uint8Array(8);
      },
      'ERR_PTH_TENSOR',
      'reaches beyond its storage of 2 elements',
    ],
    [
      'of two programs',
      (entries) => {
        entries['archive/models/other.json'] = entries['archive/models/model.json'];
      },
      'ERR_PTH_PT2',
      'holds 2 programs',
    ],
    [
      'whose description ends',
      (entries) => {
        entries['archive/models/model.json'] = entries['archive/models/model.json'].subarray(
          0,
          900,
        );
      },
      'ERR_PTH_PT2',
      'A description in the exported program is wrong',
    ],
  ])('%s is refused', async (_, change, code, message) => {
    const entries = unzipSync(bytesOf('resnet.pt2'));
    change(entries);
    await expect(openWeights(zipSync(entries, { level: 0 }))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });
});
