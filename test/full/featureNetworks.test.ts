import { describe, expect, it } from 'vitest';
import { FeatureProgram, stackFeatures } from '../../src/evaluate/features/featureProgram.js';
import { type FeatureSource, rangeScaling } from '../../src/evaluate/features/featureSource.js';
import { openFeatureNetwork } from '../../src/evaluate/features/openFeatureNetwork.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { toTensor } from '../../src/image/convert.js';
import type { Picture } from '../../src/image/picture.js';
import { traceGraph } from '../../src/nn/compile.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { StateDictError } from '../../src/nn/loadStateDict.js';
import { Sequential } from '../../src/nn/sequential.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { maxAbsDifference } from '../support/closeness.js';
import { discriminatorCases } from '../support/discriminatorCases.js';
import { casesIn, type FamilyCase, runsOf, stateDictOf } from '../support/familyCases.js';

const SIDE = 64;

const PICTURE: Picture = {
  ...{ width: SIDE, height: SIDE },
  data: new Uint8Array(3 * SIDE * SIDE).map((_, i) => (i * i * 7) % 256),
};

function fileOf(one: FamilyCase): Uint8Array {
  return encodeStateDict(stateDictOf(one), 'network.pth');
}

/** The mean of each channel. */
function means({ data, shape }: Tensor): Float64Array {
  const plane = data.length / shape[1];
  return Float64Array.from({ length: shape[1] }, (_, c) =>
    data.subarray(c * plane, (c + 1) * plane).reduce((sum, value) => sum + value / plane, 0),
  );
}

async function featuresOf(source: FeatureSource, picture: Picture, layer?: string) {
  const options = layer === undefined ? {} : { layer };
  const program = await FeatureProgram.compile(source, { ...options, size: SIDE });
  try {
    return { program, features: await program.featuresOf(picture) };
  } finally {
    program.dispose();
  }
}

describe('a discriminator', () => {
  const ofPictures = discriminatorCases.filter(({ config }) => config.inputNc === 3);

  it.each(ofPictures.map((one) => [one.name, one] as const))(
    'gives what its last convolution is given: %s',
    async (_, one) => {
      const source = await openFeatureNetwork(fileOf(one));
      const { program, features } = await featuresOf(source, PICTURE);
      const all = [...source.module.namedModules()]
        .filter(([name]) => /^\w+\.\d+$/.test(name))
        .map(([, layer]) => layer);
      const before = new Sequential(...all.slice(0, -1)).eval();
      const input = toTensor()(PICTURE);
      const expected = await before.forward(
        new Tensor(
          input.data.map((value) => 2 * value - 1),
          [1, 3, SIDE, SIDE],
        ),
      );
      expect(program.count).toBe(expected.shape[1]);
      expect(maxAbsDifference(features, means(expected))).toBeLessThan(1e-5);
    },
  );

  it('of pairs, which takes six channels, is none that can be used', async () => {
    const six = discriminatorCases.find(({ config }) => config.inputNc === 6);
    if (six === undefined) throw new Error('no case');
    await expect(openFeatureNetwork(fileOf(six))).rejects.toThrow(StateDictError);
  });
});

describe.each(casesIn('features').map((one) => [one.name, one] as const))('%s', (_, one) => {
  it("gives PyTorch's output", async () => {
    const source = await openFeatureNetwork(fileOf(one));
    for (const { input, output, stored } of runsOf(one)) {
      const made = await source.module.forward(input);
      expect(made.shape).toEqual(output.shape);
      expect(maxAbsDifference(stored(made.data), output.data)).toBeLessThan(1e-5);
    }
  });

  it("is given pictures as torchvision's weights want them", async () => {
    const source = await openFeatureNetwork(fileOf(one));
    const grey = { ...PICTURE, data: new Uint8Array(3 * SIDE * SIDE).fill(51) };
    const { features } = await featuresOf(source, grey);
    const normalized = [0.485, 0.456, 0.406].map(
      (mean, c) => (0.2 - mean) / [0.229, 0.224, 0.225][c],
    );
    const data = new Float32Array(3 * SIDE * SIDE).map(
      (_, i) => normalized[Math.floor(i / SIDE ** 2)],
    );
    const expected = means(await source.module.forward(new Tensor(data, [1, 3, SIDE, SIDE])));
    expect(maxAbsDifference(features, expected)).toBeLessThan(1e-5);
  });

  it('may have a classifier, which is left out, but no other layers', async () => {
    const whole = stateDictOf(one).set('classifier.0.weight', Tensor.zeros([4, 8]));
    const { description } = await openFeatureNetwork(encodeStateDict(whole, 'vgg.pth'));
    const convolutions = [...stateDictOf(one).values()].filter(({ shape }) => shape.length === 4);
    expect(description).toBe(`the ${convolutions.length} convolutions of a VGG`);
    const other = stateDictOf(one).set('features.0.weight', Tensor.zeros([4, 3, 5, 5]));
    await expect(openFeatureNetwork(encodeStateDict(other, 'a.pth'))).rejects.toThrow(
      StateDictError,
    );
  });
});

describe('a generator', () => {
  const generator = new ResNetGenerator(3, 3, 2, 2).eval();
  const file = encodeStateDict(generator.stateDict(), 'generator.pth');

  it('gives what its residual blocks end with', async () => {
    const source = await openFeatureNetwork(file);
    const { program, features } = await featuresOf(source, PICTURE);
    expect(program.count).toBe(8);
    expect(source.description).toMatch(/^the encoder of /);
    const graph = traceGraph(source.module, [1, 3, SIDE, SIDE]);
    const up = graph.nodes.find(({ op }) => op === 'convTranspose2d');
    const last = graph.values[up?.operands[0] ?? 0];
    expect(last).toMatchObject({ op: 'add', name: program.layer });
    expect(features.some((value) => value !== 0)).toBe(true);
  });

  it('gives the channels of any of its layers', async () => {
    const source = await openFeatureNetwork(file);
    const [first] = traceGraph(source.module, [1, 3, SIDE, SIDE]).nodes.filter(
      ({ op }) => op === 'conv2d',
    );
    const { program } = await featuresOf(source, PICTURE, first.name);
    expect([program.layer, program.count]).toEqual([first.name, 2]);
    await expect(featuresOf(source, PICTURE, 'nowhere')).rejects.toMatchObject({
      code: 'ERR_NO_LAYER',
      message: expect.stringContaining(first.name),
    });
  });

  it('of other pictures is refused', async () => {
    const grey = new ResNetGenerator(1, 3, 2, 1);
    await expect(openFeatureNetwork(encodeStateDict(grey.stateDict(), 'g.pth'))).rejects.toThrow(
      'pictures of 1 channels',
    );
  });
});

describe('features', () => {
  /** A network that gives its input. */
  function identity(scale = 1): FeatureSource {
    const module = new Conv2d(3, 3, 1, { bias: false }).eval();
    const weight = new Float32Array(9).map((_, i) => (i % 4 === 0 ? scale : 0));
    module.loadStateDict(new Map([['weight', new Tensor(weight, [3, 3, 1, 1])]]));
    return {
      ...{ description: 'a copy', module, scaling: rangeScaling([-1, 1], 'bgr') },
      pick: ({ nodes }) => nodes[0],
    };
  }

  it('are means over the picture, which is scaled, reordered and resized', async () => {
    const data = Uint8Array.from({ length: 300 }, (_, i) => [255, 0, 51][i % 3]);
    const { features } = await featuresOf(identity(), { width: 10, height: 10, data });
    expect(maxAbsDifference(features, [-0.6, -1, 1])).toBeLessThan(1e-6);
  });

  it('that are not finite are refused', async () => {
    await expect(featuresOf(identity(Number.NaN), PICTURE)).rejects.toMatchObject({
      code: 'ERR_NAN',
    });
  });

  it('are stacked, one row for each picture', () => {
    const { shape, data } = stackFeatures([Float64Array.of(1, 2), Float64Array.of(3, 4)]);
    expect([shape, [...data]]).toEqual([
      [2, 2],
      [1, 2, 3, 4],
    ]);
  });
});
