import { describe, expect, it } from 'vitest';
import { recogniseGenerator } from '../../src/generator/families.js';
import {
  AladdinperssonPix2PixGenerator,
  CycleGANUnetGenerator,
  DiscoGANGeneratorUNet,
  DualGANGenerator,
  GeneratorUNet,
  LocalEnhancer,
  MmgenerationUnetGenerator,
  UnetGenerator,
  ZnxlwmPix2PixGenerator,
} from '../../src/generator/index.js';
import { traceGraph } from '../../src/nn/compile.js';
import type { Module } from '../../src/nn/module.js';
import { Tensor } from '../../src/tensor/tensor.js';

/** With the number that sides are multiples of. */
const NETWORKS: readonly (readonly [number, Module])[] = [
  [32, new UnetGenerator(3, 3, 5, 1)],
  [32, new MmgenerationUnetGenerator(3, 3, 5, 1)],
  [256, new AladdinperssonPix2PixGenerator(3, 1)],
  [256, new GeneratorUNet(3, 3, { width: 1 })],
  [64, new DiscoGANGeneratorUNet(3, { width: 1 })],
  [128, new DualGANGenerator(3, { width: 1 })],
  [256, new ZnxlwmPix2PixGenerator(1)],
  [32, new CycleGANUnetGenerator(1)],
  [8, new LocalEnhancer(3, 3, 1, 2, 1, 1, 1)],
];

describe.each(
  NETWORKS.map(([side, network]) => [network.constructor.name, side, network] as const),
)('%s', (name, side, network) => {
  network.eval();

  it(`says that sides are multiples of ${side}`, async () => {
    for (const [height, width] of [
      [side, side + 1],
      [side + side / 2, side],
      [0, side],
    ]) {
      await expect(network.forward(Tensor.zeros([1, 3, height, width]))).rejects.toThrow(
        `${name}: sides must be multiples of ${side}, but got ${height} × ${width}.`,
      );
    }
  });
});

it.each([
  [new UnetGenerator(3, 3, 5, 1)],
  [new CycleGANUnetGenerator(1)],
  [new LocalEnhancer(3, 3, 1, 2, 1, 1, 1)],
])('pictures without a batch are taken', async (network) => {
  const y = await network.eval().forward(Tensor.zeros([3, 64, 32]));
  expect(y.shape).toEqual([3, 64, 32]);
});

describe('arguments', () => {
  it.each([4, 5.5, Number.NaN])('are levels from 5 up: %d', (levels) => {
    for (const make of [UnetGenerator, MmgenerationUnetGenerator]) {
      expect(() => new make(3, 3, levels, 1)).toThrow(
        `${make.name}: num${make === UnetGenerator ? 'Downs' : 'Down'} must be a whole number from 5 up, but got ${levels}.`,
      );
    }
  });

  it('of a LocalEnhancer are counts', () => {
    expect(() => new LocalEnhancer(3, 3, 1, -1)).toThrow('nDownsampleGlobal must be');
    expect(() => new LocalEnhancer(3, 3, 1, 1, 0.5)).toThrow('nBlocksGlobal must be');
    expect(() => new LocalEnhancer(3, 3, 1, 1, 1, 0)).toThrow('nLocalEnhancers must be');
    expect(() => new LocalEnhancer(3, 3, 1, 1, 1, 1, -1)).toThrow('nBlocksLocal must be');
  });
});

describe('skip connections', () => {
  // torch: x = randn(1, 2, 4, 4); cat([x, Sequential(LeakyReLU(0.2, True), Conv2d(2, 2, 1))(x)], 1)[:, :2] is leaky_relu(x).
  it.each([[new UnetGenerator(3, 3, 6, 1)], [new MmgenerationUnetGenerator(3, 3, 6, 1)]])(
    'concatenate what the activation made of their input, which works in place',
    (network) => {
      const { nodes } = traceGraph(network.eval(), [1, 3, 64, 64]);
      const operators = new Map(nodes.map(({ id, op }) => [id, op]));
      const concatenations = nodes.filter(({ op }) => op === 'cat');
      expect(concatenations).toHaveLength(5);
      for (const { operands } of concatenations) {
        expect(operators.get(operands[0] ?? -1)).toBe('leakyRelu');
      }
    },
  );
});

describe('files', () => {
  const under = (name: string, network: Module) =>
    [...network.stateDict()].map(([key, tensor]) => [`${name}.${key}`, tensor] as const);

  it('hold a U-Net beside a discriminator, below a name', () => {
    const network = new MmgenerationUnetGenerator(3, 3, 5, 1);
    const beside = [['discriminator.conv.conv.weight', Tensor.zeros([2, 6, 4, 4])] as const];
    const whole = new Map([...under('generators.photo', network), ...beside]);
    const { family, prefix, notes } = recogniseGenerator(whole);
    expect([family.name, prefix]).toEqual(['mmgeneration-pix2pix', 'generators.photo.']);
    expect(notes).toContain('Left out 1 tensors that stand beside it ("discriminator").');
  });

  it('hold two generators, of which one has to be named', () => {
    const network = new CycleGANUnetGenerator(1);
    const whole = new Map([...under('G_basestyle', network), ...under('G_stylebase', network)]);
    expect(() => recogniseGenerator(whole)).toThrow('--key ("G_basestyle", "G_stylebase")');
  });

  it('hint at what keys do not tell', () => {
    const hintsOf = (network: Module) => recogniseGenerator(network.stateDict()).hints({});
    expect(hintsOf(new ZnxlwmPix2PixGenerator(1))).toEqual([
      expect.stringMatching(/drops values at random .* nothing is dropped/),
    ]);
    expect(hintsOf(new UnetGenerator(3, 3, 5, 1, { norm: 'none' }))).toEqual([
      expect.stringMatching(/without norms.*instance norms/),
    ]);
    expect(hintsOf(new UnetGenerator(3, 3, 5, 1, { norm: 'instance' }))).toEqual([]);
    // BicycleGAN's with its style vector of eight numbers behind the picture's channels.
    for (const inputNc of [9, 11]) {
      expect(hintsOf(new UnetGenerator(inputNc, 3, 5, 1, { norm: 'instance' }))).toEqual([
        expect.stringMatching(/BicycleGAN.*cannot be run/),
      ]);
    }
  });

  it('of a U-Net whose instance norms were tracked lose the statistics, which are not used', () => {
    const network = new UnetGenerator(3, 3, 5, 1, { norm: 'instance' });
    const stateDict = network.stateDict();
    stateDict.set('model.model.1.model.2.running_mean', Tensor.zeros([2]));
    stateDict.set('model.model.1.model.2.running_var', Tensor.zeros([2]));
    const { family, config, notes } = recogniseGenerator(stateDict);
    expect([family.name, config.norm]).toEqual(['unet', 'instance']);
    expect(notes).toEqual([expect.stringMatching(/^Left out 2 running statistics/)]);
  });

  it('are refused that name more levels than any network has', () => {
    const stateDict = new UnetGenerator(1, 1, 5, 1).stateDict();
    let level = 'model.model.1.model.';
    for (let i = 0; i < 300; i++) {
      stateDict.set(`${level}1.weight`, Tensor.zeros([1, 1, 4, 4]));
      level += '3.model.';
    }
    expect(() => recogniseGenerator(stateDict)).toThrow('UnetGenerator(1, 1, 16, 1)');
  });
});
