// What callers say of a generator because its file does not: statistics, padding, the input added, the order of channels.
import { describe, expect, it } from 'vitest';
import type { TraitOptions } from '../../src/generator/family.js';
import { TransformerNet } from '../../src/generator/fastneuralstyle/transformerNet.js';
import { inspectWeights } from '../../src/generator/inspectWeights.js';
import {
  type OpenedGenerator,
  openGenerator,
  savedConfig,
} from '../../src/generator/openGenerator.js';
import type { GeneratorOptions } from '../../src/generator/resnet/options.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { toImage, toTensor } from '../../src/image/convert.js';
import { BatchNorm2d } from '../../src/nn/batchNorm2d.js';
import { manualSeed } from '../../src/nn/random.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { translate } from '../../src/translate/translate.js';

const picture = {
  width: 13,
  height: 10,
  data: Uint8Array.from({ length: 390 }, (_, i) => (i * 29 + 5) % 256),
};

/** A file of a small generator, its norms' statistics far from those of any picture. */
function file(options: GeneratorOptions = {}, { old = false, config = {}, outputs = 3 } = {}) {
  manualSeed(3);
  const stateDict = new ResNetGenerator(3, outputs, 4, 2, options).stateDict();
  for (const [key, { shape }] of stateDict) {
    if (key.endsWith('running_mean')) stateDict.set(key, Tensor.full(shape, 0.5));
    if (key.endsWith('running_var')) stateDict.set(key, Tensor.full(shape, 2));
    if (old && key.endsWith('num_batches_tracked')) stateDict.delete(key);
  }
  return encodeStateDict(stateDict, 'net.pth', { config });
}

const made = async (generator: OpenedGenerator) =>
  (await translate(picture, generator, { resize: null, engine: 'js' })).data;

describe('an option', () => {
  it.each<[TraitOptions, GeneratorOptions, RegExp]>([
    [{ padding: 'zero' }, {}, /padding: "zero" .* by its keys, it is reflect or replicate/],
    [{ padding: 'reflect' }, { paddingType: 'zero' }, /by its keys, it is zero/],
    [
      { padding: 'same' as 'zero' },
      {},
      /^padding is "reflect" or "replicate" or "zero", but got "same"/,
    ],
    [{ statistics: 'batch' as 'own' }, {}, /^statistics is "own" or "running", but got "batch"/],
    [{ channelOrder: 'RGB' as 'rgb' }, {}, /^channelOrder is "rgb" or "bgr"/],
    [
      { residual: 'no' as unknown as boolean },
      {},
      /^residual is true or false or "tanh", but got "no"/,
    ],
  ])('%j is refused where the network cannot have it', async (asked, network, message) => {
    const opening = openGenerator(file(network), asked);
    await expect(opening).rejects.toMatchObject({ code: 'ERR_TRAIT' });
    await expect(opening).rejects.toThrow(message);
  });

  it('of a sum is refused where input and output have not as many channels', async () => {
    const opening = openGenerator(file({}, { outputs: 1 }), { residual: true });
    await expect(opening).rejects.toThrow(/turns 3 channels into 1/);
  });

  it('of a sum before the tanh is refused where a network does not end in one', async () => {
    const styles = encodeStateDict(new TransformerNet().stateDict(), 'net.pth');
    const opening = openGenerator(styles, { residual: 'tanh' });
    await expect(opening).rejects.toThrow(/do not end in tanh/);
    await expect(opening).rejects.toMatchObject({ code: 'ERR_TRAIT' });
  });

  it('for statistics that no norm has changes nothing, and that is said', async () => {
    for (const bytes of [file(), file({ tracked: true }, { old: true })]) {
      const [asked, usual] = [
        await openGenerator(bytes, { statistics: 'running' }),
        await openGenerator(bytes),
      ];
      expect(asked.statistics).toBe('own');
      expect(asked.notes.at(-1)).toMatch(/no running statistics/);
      expect(await made(asked)).toEqual(await made(usual));
    }
  });

  it('that is given ends the hint at it', async () => {
    const bytes = file({ tracked: true, dropout: true });
    const count = async (asked: TraitOptions) => (await openGenerator(bytes, asked)).notes.length;
    expect(await count({})).toBe(1);
    expect(await count({ residual: false })).toBe(1);
    expect(await count({ residual: true, statistics: 'own' })).toBe(0);
  });
});

describe('weights that are whole numbers', () => {
  it('are told of, as PyTorch takes them, too', async () => {
    const floats = new ResNetGenerator(3, 3, 1, 0).stateDict();
    const whole = new Map(
      [...floats].map(([key, { shape, size }]) => {
        const isWhole = key.endsWith('weight');
        const data = isWhole ? new Int8Array(size).fill(3) : new Float32Array(size);
        return [key, { shape, dtype: isWhole ? 'int8' : 'float32', data }] as const;
      }),
    );
    const bytes = encodeStateDict(whole, 'net.safetensors');
    const { notes, module } = await openGenerator(bytes);
    const said = /^model\.1\.weight and 5 others are stored as whole numbers \(int8\)/;
    expect(notes).toEqual([expect.stringMatching(said)]);
    expect(module.stateDict().get('model.1.weight')?.data[0]).toBe(3);
    expect((await inspectWeights(bytes)).generator?.notes).toEqual(notes);
    expect((await openGenerator(encodeStateDict(floats, 'net.pth'))).notes).toEqual([]);
  });
});

describe('statistics', () => {
  it.each<[GeneratorOptions, 'own' | 'running']>([
    [{ norm: 'batch' }, 'running'],
    [{ tracked: true }, 'own'],
  ])('of %j are %s unless another is asked for', async (options, usual) => {
    const outputs = await Promise.all(
      [undefined, 'own', 'running'].map(async (statistics) => {
        const asked = statistics === undefined ? {} : { statistics: statistics as 'own' };
        return made(await openGenerator(file(options), asked));
      }),
    );
    expect(outputs[0]).toEqual(outputs[usual === 'own' ? 1 : 2]);
    expect(outputs[1]).not.toEqual(outputs[2]);
  });

  it('leave those in the state dict as they are', async () => {
    const { module } = await openGenerator(file({ norm: 'batch' }), { statistics: 'own' });
    expect(module.stateDict().get('model.2.running_mean')?.data).toEqual(
      new Float32Array(4).fill(0.5),
    );
    const norms = [...module.namedModules()].flatMap(([, m]) =>
      m instanceof BatchNorm2d ? [m] : [],
    );
    expect(norms.length).toBeGreaterThan(6);
    expect(norms.every((norm) => norm.ownStatistics)).toBe(true);
  });
});

describe('a network that adds its input', () => {
  it('clamps the sum, keeps the size of pictures, and has the keys of the network alone', async () => {
    const bytes = file({ norm: 'batch' });
    const [sum, plain] = [
      await openGenerator(bytes, { residual: true }),
      await openGenerator(bytes),
    ];
    expect(sum).toMatchObject({
      residual: true,
      inputRange: [-1, 1],
      sizeRule: { multipleOf: 4, roundsUpTo: 1 },
    });
    expect([...sum.module.stateDict().keys()]).toEqual([...plain.module.stateDict().keys()]);
    expect([...sum.module.namedParameters()].map(([key]) => key)).toEqual(
      [...plain.module.namedParameters()].map(([key]) => key),
    );

    const whole = { ...picture, width: 12, height: 8, data: picture.data.slice(0, 288) };
    const input = toTensor()(whole).unsqueeze(0).mul(2).sub(1);
    const output = await plain.module.forward(input, { engine: 'js' });
    const expected = output.data.map((v, i) => Math.min(1, Math.max(-1, v + input.data[i])));
    const both = await sum.module.forward(input, { engine: 'js' });
    expect([...both.data]).toEqual([...expected]);
    const shown = toImage(new Tensor(expected, [3, 8, 12]).add(1).div(2)).data;
    const translated = await translate(whole, sum, { resize: null, engine: 'js' });
    const off = translated.data.map((v, i) => Math.abs(v - shown[i]));
    expect(Math.max(...off)).toBeLessThanOrEqual(1);

    const { width, height } = await translate(picture, sum, { resize: null, engine: 'js' });
    expect([width, height]).toEqual([13, 10]);
  });

  it('is fed in the range of its output, unless another is asked for', async () => {
    expect((await openGenerator(file(), { residual: true })).inputRange).toEqual([-1, 1]);
    const asked = { residual: true, inputRange: [0, 1] } as const;
    expect((await openGenerator(file(), asked)).inputRange).toEqual([0, 1]);
  });
});

describe('what is saved with a generator', () => {
  it.each<[GeneratorOptions, TraitOptions]>([
    [
      { tracked: true, dropout: true },
      { residual: true, statistics: 'running' },
    ],
    [{ norm: 'batch' }, { statistics: 'own', channelOrder: 'bgr', padding: 'replicate' }],
    [{}, { padding: 'replicate', inputRange: [0, 255], residual: true }],
    [{ paddingType: 'zero' }, { channelOrder: 'bgr' }],
    [{}, { residual: 'tanh' }],
    [{ norm: 'batch' }, {}],
  ])('of %j, %j comes back in every format', async (options, asked) => {
    const opened = await openGenerator(file(options), asked);
    expect(opened).toMatchObject(asked);
    for (const name of ['net.pth', 'net.safetensors']) {
      const saved = encodeStateDict(opened.module.stateDict(), name, {
        config: savedConfig(opened),
      });
      const again = await openGenerator(saved);
      const { module, notes, family, ...traits } = again;
      expect(opened).toMatchObject(traits);
      expect(await made(again)).toEqual(await made(opened));
      const { inputRange, channelOrder, statistics, padding, residual } = opened;
      const report = (await inspectWeights(saved)).generator;
      expect(report?.traits).toMatchObject({
        inputRange,
        channelOrder,
        statistics,
        padding,
        residual,
      });
    }
  });

  it('goes behind what callers say, and what the network cannot have is passed over', async () => {
    const config = { statistics: 'own', residual: true, channelOrder: 'bgr', padding: 'zero' };
    const bytes = file({ norm: 'batch' }, { config });
    expect(await openGenerator(bytes)).toMatchObject({ ...config, padding: 'reflect' });
    const asked = { statistics: 'running', residual: false, channelOrder: 'rgb' } as const;
    expect(await openGenerator(bytes, asked)).toMatchObject(asked);
    const strange = { statistics: 7, residual: 'yes', channelOrder: 'rbg', padding: ['zero'] };
    const usual = await openGenerator(file({ norm: 'batch' }));
    const { statistics, residual, channelOrder, padding } = usual;
    expect(await openGenerator(file({ norm: 'batch' }, { config: strange }))).toMatchObject({
      ...{ statistics, residual, channelOrder, padding },
    });
  });
});
