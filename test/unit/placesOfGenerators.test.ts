import { describe, expect, it } from 'vitest';
import { directionOf } from '../../src/generator/directions.js';
import { inspectWeights } from '../../src/generator/inspectWeights.js';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { manualSeed } from '../../src/nn/random.js';
import { openWeights } from '../../src/pth/weightFile.js';
import { encodeCheckpoint } from '../../src/pth/write/saveCheckpoint.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { goldenPath } from '../support/golden.js';

const FIRST = 'model.1.weight';

function generator(seed: number): Map<string, Tensor> {
  manualSeed(seed);
  return new ResNetGenerator(3, 3, 2, 1).stateDict();
}

function under(prefix: string, stateDict: ReadonlyMap<string, Tensor>): [string, Tensor][] {
  return [...stateDict].map(([key, tensor]) => [prefix + key, tensor]);
}

function file(...entries: [string, Tensor][]): Uint8Array {
  return encodeStateDict(new Map(entries), 'net.safetensors');
}

async function firstWeight(bytes: Uint8Array, key?: string) {
  const { module, notes } = await openGenerator(bytes, key === undefined ? {} : { key });
  return { weight: module.stateDict().get(FIRST)?.data, notes };
}

const [one, other] = [generator(1), generator(2)];
const [first, second] = [one, other].map((stateDict) => stateDict.get(FIRST)?.data);

describe('the keys of a generator', () => {
  it.each(['_orig_mod.', 'module._orig_mod.', '_orig_mod.module.', 'netG._orig_mod.'])(
    'are found behind %s',
    async (prefix) => {
      const { weight, notes } = await firstWeight(file(...under(prefix, one)));
      expect(weight).toEqual(first);
      expect(notes[0]).toMatch(/^Removed "_orig_mod" of torch.compile from 16 keys\.$/);
    },
  );

  it('are found where parts of it were compiled', async () => {
    const keys = [...one].map(([key, tensor]): [string, Tensor] => [
      key.replace('model.', 'model._orig_mod.'),
      tensor,
    ]);
    expect((await firstWeight(file(...keys))).weight).toEqual(first);
  });

  it('of two generators are told by name and direction', async () => {
    const both = file(...under('netG_A2B.', one), ...under('netG_B2A.', other));
    await expect(openGenerator(both)).rejects.toThrow(
      /2 generators: .*"netG_A2B": A → B, "netG_B2A": B → A/,
    );
    expect((await firstWeight(both, 'netG_B2A')).weight).toEqual(second);
  });

  it('are those that were trained where an average of them lies beside', async () => {
    const both = file(...under('generator_ema.', other), ...under('generator.', one));
    const { weight, notes } = await firstWeight(both);
    expect(weight).toEqual(first);
    expect(notes.join(' ')).toMatch(/"generator" was taken; "generator_ema" is an average/);
    expect((await firstWeight(both, 'generator_ema')).weight).toEqual(second);
  });
});

// Made by test/golden/make_checkpoints.py: genA2B and genB2A, disA and an optimiser, within `nets`.
describe('state dicts of a checkpoint', () => {
  const path = goldenPath('checkpoints/several.pth');
  const describeAs = (tensors: ReadonlyMap<string, unknown>, name: string) =>
    tensors.has('conv.weight') ? `a generator at ${name}` : null;

  it('are told by what they are, and others left out', async () => {
    const opening = openWeights(path, { describe: describeAs });
    await expect(opening).rejects.toThrow(
      /"nets\.genA2B" \(a generator at nets\.genA2B\), "nets\.genB2A" \([^)]*\)\.$/,
    );
    await expect(openWeights(path)).rejects.toThrow(/"nets\.disA" \(1 tensor\)/);
  });

  it('are taken without a name where only one is what is wanted', async () => {
    const onlyB = (_: unknown, name: string) => (name.endsWith('B2A') ? 'B' : null);
    expect((await openWeights(path, { describe: onlyB })).key).toBe('nets.genB2A');
  });

  it.each(['nets.genB2A', 'nets -> genB2A', 'nets->genB2A'])('are named as %s', async (key) => {
    expect((await openWeights(path, { key })).key).toBe('nets.genB2A');
  });

  it('that are no generators are told of as such', async () => {
    await expect(inspectWeights(path)).rejects.toThrow(
      /several state dicts, and none is of a kind that is known; --key NAME .*"nets\.disA" \(1 tensor\)/,
    );
    await expect(openWeights(path)).rejects.toThrow(/several state dicts; say which/);
  });
});

describe('networks beside the one that is taken', () => {
  const part = new Map([['enc.0.weight', Tensor.zeros([4, 3, 4, 4])]]);
  const means = new Map([['mean', Tensor.zeros([3])]]);
  const notesOn = async (others: Record<string, ReadonlyMap<string, Tensor>>, key?: string) => {
    const bytes = encodeCheckpoint({ G: one, ...others });
    const { notes } = await openGenerator(bytes, key === undefined ? {} : { key });
    const { generator: found } = await inspectWeights(bytes, key === undefined ? {} : { key });
    expect(found?.notes).toEqual(notes);
    return notes;
  };

  it('may be a part of what makes its pictures, which is said', async () => {
    expect(await notesOn({ GNose: part, decoder: part, D: part })).toEqual([
      expect.stringMatching(/other networks beside "G" \("GNose", "decoder"\).*picture is wrong/),
    ]);
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`E${i}`, part]));
    expect(await notesOn(many)).toEqual([expect.stringMatching(/"E7", …\)/)]);
  });

  it.each(['D', 'D_A', 'netD_a', 'disGA', 'Da', 'd_state_dict', 'discriminator', 'stats'])(
    'are none where they are a discriminator, or no network: %s',
    async (name) => {
      expect(await notesOn({ [name]: name === 'stats' ? means : part })).toEqual([]);
    },
  );

  it('are no discriminator that is saved with something else', async () => {
    const networks = { netG: { state_dict: one }, netD: { state_dict: part, epoch: 1 } };
    const { notes } = await openGenerator(encodeCheckpoint(networks));
    expect(notes).toEqual([]);
  });

  it('are nothing to tell of who named the one', async () => {
    expect(await notesOn({ GNose: part }, 'G')).toEqual([]);
  });

  it('may be another of its kind', async () => {
    expect(await notesOn({ G_ema: other })).toEqual([
      expect.stringMatching(/"G" was taken; "G_ema" has the same keys: --key NAME/),
    ]);
  });
});

describe('a direction', () => {
  it.each([
    ['netG_A2B', '', 'A → B'],
    ['state_dict.netG_B2A', '', 'B → A'],
    ['genA2B', 'horse2zebra.pt', 'horse → zebra'],
    ['genB2A', 'runs/2024/horse2zebra_100.pt', 'zebra → horse'],
    ['G_XtoY', '', 'X → Y'],
    ['gen_AB', '', 'A → B'],
    ['Gba', '', 'b → a'],
    ['G_A', '', 'A → B'],
    ['netG_B', '', 'B → A'],
    ['generators.zebra', 'cyclegan_horse2zebra.pth', 'horse → zebra'],
    ['generators.zebra', '', '→ zebra'],
    ['netG', 'horse2zebra.pth', null],
    ['model', '', null],
    ['state_dict', '', null],
    ['', '', null],
  ])('of %s in %s', (name, fileName, expected) => {
    expect(directionOf(name, fileName)).toBe(expected);
  });
});
