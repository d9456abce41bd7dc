import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { TraitOptions } from '../../src/generator/family.js';
import { inspectWeights } from '../../src/generator/inspectWeights.js';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { loadStateDict } from '../../src/pth/loadStateDict.js';
import { openWeights } from '../../src/pth/weightFile.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { maxAbsDifference } from '../support/closeness.js';
import { goldenBytes, goldenPath } from '../support/golden.js';
import { legacyFile, op, type Part } from '../support/pickles.js';

/** What `test/golden/make_whole_models.py` made with PyTorch. */
interface WholeModels {
  readonly input: StoredTensor;
  readonly outputs: Readonly<Record<string, StoredTensor>>;
  readonly cases: readonly {
    readonly file: string;
    readonly family?: string;
    readonly padding?: string;
    readonly options?: TraitOptions;
    readonly error?: string;
    readonly output: string;
  }[];
}

interface StoredTensor {
  readonly shape: readonly number[];
  /** Base64 of little-endian float32. */
  readonly elements: string;
}

const golden = JSON.parse(
  readFileSync(goldenPath('wholeModels/wholeModels.json'), 'utf8'),
) as WholeModels;

function decoded(base64: string): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer);
}

const bytesOf = (file: string) => goldenBytes(`wholeModels/${file}`);
const input = new Tensor(decoded(golden.input.elements), golden.input.shape);

describe('a model that was saved as a whole', () => {
  it.each(golden.cases.filter(({ error }) => error === undefined))(
    '$file computes what PyTorch computes',
    async ({ file, family, padding, options, output }) => {
      const generator = await openGenerator(bytesOf(file), options);
      expect(generator.family.name).toBe(family);
      expect(generator.padding).toBe(padding ?? options?.padding ?? 'reflect');
      const made = await generator.module.forward(input);
      const { shape, elements } = golden.outputs[output];
      expect(made.shape).toEqual(shape);
      expect(maxAbsDifference(made.data, decoded(elements))).toBeLessThan(1e-5);
      // What its layers are called and have is its family's, so none of them is complained of.
      expect(generator.notes.filter((note) => /layers are not those/.test(note))).toEqual([]);
    },
  );

  it.each(golden.cases.filter(({ error }) => error !== undefined))(
    '$file is refused for a reason',
    async ({ file, error }) => {
      await expect(openWeights(bytesOf(file))).rejects.toMatchObject({
        code: error,
        message: expect.stringContaining('torch.jit.freeze'),
      });
    },
  );

  it('says which values its pictures are taken to have, where nothing tells', async () => {
    const ranges = async (options?: TraitOptions) => {
      const { notes } = await openGenerator(bytesOf('layers.pth'), options);
      return notes.filter((note) => note.includes('--input-range'));
    };
    expect(await ranges()).toEqual([expect.stringContaining('[0, 1] is taken, as it makes them')]);
    expect(await ranges({ inputRange: [-1, 1] })).toEqual([]);
  });

  it('has the state dict that PyTorch gives, in its order', async () => {
    const keys = [...(await loadStateDict(bytesOf('layers.pth'))).keys()];
    expect(keys).toEqual([
      ...['conv.weight', '0.weight', '0.bias', '0.running_mean', '0.running_var'],
      ...['0.num_batches_tracked', 'act.1.weight', 'act.1.bias', 'act.2.weight'],
      ...['norm.weight', 'norm.bias', 'back.weight'],
    ]);
  });

  it('tells of its modules as data', async () => {
    const { modules } = await openWeights(bytesOf('layers.pth'));
    expect(modules?.className).toBe('torch.nn.modules.container.Sequential');
    const conv = modules?.children.get('conv');
    expect(conv?.className).toBe('torch.nn.modules.conv.Conv2d');
    expect(conv?.attributes.get('padding_mode')).toBe('reflect');
    expect(conv?.attributes.get('stride')).toEqual([2, 1]);
    expect((await inspectWeights(bytesOf('layers.pth'))).generator?.description).toBe(
      'a sequence of 15 standard layers',
    );
  });

  it('is not run as layers whose arguments nothing tells', async () => {
    const weight = op.tensor(op.storage('0', 'FloatStorage', 1), 0, [1], [1]);
    const prelu = object('torch.nn.modules.activation', 'PReLU', { weight });
    const model = object('torch.nn.modules.container', 'Sequential', {}, { '0': prelu });
    const file = legacyFile(model, { 0: [0.5] });
    expect([...(await loadStateDict(file)).keys()]).toEqual(['0.weight']);
    await expect(openGenerator(file)).rejects.toMatchObject({
      code: 'ERR_STATE_DICT',
      message: expect.stringContaining('does not say which num_parameters its PReLU has'),
    });
  });

  it('is not built larger than its tensors are', async () => {
    const weight = op.tensor(op.storage('0', 'FloatStorage', 1), 0, [1], [1]);
    const prelu = object('torch.nn.modules.activation', 'PReLU', { weight }, {}, [
      ['num_parameters', op.int(2 ** 30)],
    ]);
    const model = object('torch.nn.modules.container', 'Sequential', {}, { '0': prelu });
    await expect(openGenerator(legacyFile(model, { 0: [0.5] }))).rejects.toThrow(
      '"0.weight" [1] in place of [1073741824]',
    );
  });

  it.each([1, 2])('does not have modules that hold themselves, %i times each', async (times) => {
    const children = Object.fromEntries(
      Array.from({ length: times }, (_, i) => [`m${i}`, ['h', 100]] as const),
    );
    const file = legacyFile(object('networks', 'Endless', {}, children), {});
    await expect(openWeights(file)).rejects.toMatchObject({ code: 'ERR_PTH_WHOLE_MODEL' });
  });

  it('does not have what its buffers hide read again under each of many names', async () => {
    const items = Array.from({ length: 4000 }, (_, i): Part => op.int(i + 1000));
    const hidden = [op.global('builtins', 'set'), op.tuple(op.list(...items)), 'R'];
    const child = object('networks', 'Leaf', {}, {}, [['_non_persistent_buffers_set', hidden]]);
    const names = Array.from({ length: 200 }, (_, i) => `m${i}`);
    const children = Object.fromEntries(
      names.map((name, i) => [name, i === 0 ? [child, 'q', 101] : ['h', 101]] as const),
    );
    const file = legacyFile(object('networks', 'Many', {}, children), {});
    await expect(openWeights(file)).rejects.toMatchObject({ code: 'ERR_PTH_TOO_LARGE' });
  });

  it('does not have more modules than the file has room for', async () => {
    let module: Part = object('networks', 'Leaf', {});
    for (let level = 0; level < 40; level++) {
      module = object('networks', 'Twice', {}, { a: [module, 'q', level], b: ['h', level] });
    }
    await expect(openWeights(legacyFile(module, {}))).rejects.toMatchObject({
      code: 'ERR_PTH_TOO_LARGE',
    });
  });
});

/** An object of a module's class, which the pickle remembers as 100. */
function object(
  module: string,
  type: string,
  parameters: Readonly<Record<string, Part>>,
  children: Readonly<Record<string, Part>> = {},
  attributes: readonly (readonly [string, Part])[] = [],
): Part {
  const state = {
    ...Object.fromEntries(attributes),
    _parameters: op.dict(parameters),
    _buffers: op.dict({}),
  };
  const dict = op.dict({ ...state, _modules: op.dict(children) });
  return [op.global(module, type), ')', 0x81, 'q', 100, dict, 'b'];
}
