import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recogniseGenerator } from '../../src/generator/families.js';
import { inspectWeights } from '../../src/generator/inspectWeights.js';
import { recognise } from '../../src/generator/recognise.js';
import { inferConfig } from '../../src/generator/resnet/inferConfig.js';
import type { GeneratorConfig, NormKind } from '../../src/generator/resnet/options.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { type Shaped, StateDictError } from '../../src/nn/loadStateDict.js';
import { manualSeed } from '../../src/nn/random.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { Tensor } from '../../src/tensor/tensor.js';

type Shapes = Record<string, readonly number[]>;

const named = (shapes: Shapes): Map<string, Shaped> =>
  new Map(Object.entries(shapes).map(([key, shape]) => [key, { shape }]));

const config = fc.record({
  inputNc: fc.integer({ min: 1, max: 4 }),
  outputNc: fc.integer({ min: 1, max: 4 }),
  ngf: fc.integer({ min: 1, max: 3 }),
  nBlocks: fc.integer({ min: 0, max: 11 }),
  norm: fc.constantFrom<NormKind>('instance', 'instanceAffine', 'batch'),
  dropout: fc.boolean(),
  bias: fc.boolean(),
});

function build({ inputNc, outputNc, ngf, nBlocks, ...options }: GeneratorConfig) {
  return new ResNetGenerator(inputNc, outputNc, ngf, nBlocks, options);
}

it('a generator stands beside networks whose first convolutions are of other kinds', () => {
  const netG = new ResNetGenerator(1, 1, 1, 0).stateDict();
  const beside = named({
    'netF.model.1.weight': [2, 3, 7],
    'netH.model.1.weight': [2, 3, 4, 4],
    'netI.model.1.weight': [2, 3, 4, 7],
    'netJ.model.1.weight': [2, 3, 7, 7, 7],
  });
  const all = new Map([...beside, ...[...netG].map(([key, t]) => [`netG.${key}`, t] as const)]);
  expect(inferConfig(all)).toMatchObject({ prefix: 'netG.', ngf: 1, nBlocks: 0 });
});

/** What can be wrong with one key: it is gone, has another name, has another shape, or one stands beside it. */
const edit = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom('drop', 'rename', 'reshape', 'flatten', 'add'),
  name: fc.oneof(
    fc.string(),
    fc.constantFrom(
      'model.0.weight',
      'model.1.scale',
      'model.2.running_mean',
      'model.10.conv_block.0.weight',
      'model.10.conv_block.4.weight',
      'model.11.conv_block.1.bias',
      'model.12.weight',
      'module.model.1.weight',
      'model.99.conv_block.1.weight',
    ),
  ),
  axis: fc.nat(3),
  size: fc.nat(6),
});

type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

function edited(stateDict: ReadonlyMap<string, Tensor>, { at, kind, name, axis, size }: Edit) {
  const entries = [...stateDict];
  const index = at % entries.length;
  const [key, tensor] = entries[index];
  if (kind === 'drop') entries.splice(index, 1);
  else if (kind === 'rename') entries[index] = [name, tensor];
  else if (kind === 'flatten') entries[index] = [key, tensor.reshape([tensor.size])];
  else if (kind === 'add') entries.splice(index, 0, [name, Tensor.zeros([size])]);
  else entries[index] = [key, Tensor.zeros(tensor.shape.with(axis % tensor.shape.length, size))];
  return new Map(entries);
}

const TRACKED = {
  inputNc: 1,
  outputNc: 1,
  ngf: 1,
  nBlocks: 0,
  norm: 'batch',
  dropout: false,
  bias: false,
} as const;
const DROPPED: Edit = { at: 695609667, kind: 'drop', name: 'model.0.weight', axis: 0, size: 0 };

describe('recognition', () => {
  it('finds the configuration that was saved, and any that it finds loads', () => {
    fc.assert(
      fc.property(config, (wanted) => {
        const netG = build(wanted);
        // Without blocks there is nothing that dropout could shift.
        const dropout = wanted.dropout && wanted.nBlocks > 0;
        expect(inferConfig(netG.stateDict())).toEqual({ ...wanted, dropout, prefix: '' });
        expect(ResNetGenerator.fromStateDict(netG.stateDict()).config.dropout).toBe(dropout);
      }),
      { numRuns: 60 },
    );
  });

  it('says of a file exactly what loading it does, whatever is wrong with one key', async () => {
    const outcomes = new Set<boolean>();
    await fc.assert(
      fc.asyncProperty(config, edit, async (wanted, change) => {
        // Shapes of a scalar counter have no axis to change.
        fc.pre(wanted.norm !== 'batch' || change.kind !== 'reshape');
        const stateDict = edited(build(wanted).stateDict(), change);
        const { generator, diagnosis } = await inspectWeights(encodeStateDict(stateDict, '.pth'));
        let loaded: ResNetGenerator | null = null;
        try {
          loaded = ResNetGenerator.fromStateDict(stateDict);
        } catch (error) {
          expect(error).toBeInstanceOf(StateDictError);
          expect(diagnosis).toBe((error as Error).message);
        }
        outcomes.add(loaded !== null);
        expect(generator === null).toBe(loaded === null);
        if (loaded === null || generator === null) return;
        // What the file says of its training is the module's range.
        const { tracked = false, ...rest } = generator.config;
        expect(rest).toEqual({ ...loaded.config, prefix: generator.config.prefix });
        const isWide = tracked || loaded.config.norm === 'batch';
        expect(loaded.inputRange).toEqual(isWide ? [-1, 1] : [0, 1]);
        // As strict as PyTorch: all that stands in the file was loaded or is spoken of.
        const kept = [...loaded.stateDict().keys()].filter((key) => stateDict.has(key));
        expect(kept.length === stateDict.size || generator.notes.length > 0).toBe(true);
      }),
      // The example once differed: running statistics of a batch norm whose weights are gone are an instance norm's.
      { numRuns: 150, examples: [[TRACKED, DROPPED]] },
    );
    expect(outcomes).toContain(false);
  });

  it('gives nobody other random weights', () => {
    const shapes = new ResNetGenerator(1, 1, 1, 1).stateDict();
    manualSeed(5);
    const [undisturbed] = [...new ResNetGenerator(1, 1, 1, 0).stateDict().values()];
    manualSeed(5);
    inferConfig(shapes);
    const [after] = [...new ResNetGenerator(1, 1, 1, 0).stateDict().values()];
    expect(after.data).toEqual(undisturbed.data);
  });

  it('says what is missing, too much, and of another shape', () => {
    const stateDict = new Map<string, Shaped>(new ResNetGenerator(3, 3, 2, 1).stateDict());
    stateDict.delete('model.10.conv_block.5.bias');
    stateDict.set('model.4.weight', { shape: [4, 2, 5, 5] });
    stateDict.set('extra', { shape: [1] });
    expect(() => recogniseGenerator(stateDict)).toThrow(
      'of the keys of ResNetGenerator(3, 3, 2, 1), instance norm, with bias, it lacks 1 ("model.10.conv_block.5.bias"); it has beside them 1 ("extra"); it has of another shape 1 ("model.4.weight" [4, 2, 5, 5] in place of [4, 2, 3, 3])',
    );
  });

  it.each([[undefined], [null], [7], [{ data: [1] }]])(
    'refuses an entry that is no tensor: %j',
    (value) => {
      const stateDict = new Map<string, unknown>(new ResNetGenerator(1, 1, 1, 1).stateDict());
      stateDict.set('model.4.weight', value);
      const load = () => ResNetGenerator.fromStateDict(stateDict as Map<string, Tensor>);
      expect(load).toThrow(StateDictError);
      expect(load).toThrow('"model.4.weight" is no tensor');
    },
  );
});

describe('running statistics of instance norms', () => {
  const withStatistics = (dropout: boolean, kinds: readonly string[]) => {
    const netG = new ResNetGenerator(3, 3, 2, 1, { dropout });
    const stateDict = new Map<string, Shaped>(netG.stateDict());
    const second = dropout ? 7 : 6;
    for (const [index, channels] of [
      ['2', 2],
      ['10.conv_block.2', 8],
      [`10.conv_block.${second}`, 8],
    ] as const) {
      for (const kind of kinds) {
        const shape = kind === 'num_batches_tracked' ? [] : [channels];
        stateDict.set(`model.${index}.${kind}`, { shape });
      }
    }
    return stateDict;
  };
  const OLD = ['running_mean', 'running_var'];
  const TRACKED = [...OLD, 'num_batches_tracked'];

  it.each([
    [false, OLD, [/^Left out 6 .*does not use/]],
    [false, TRACKED, [/^Left out 9 .*the picture's own are used/]],
    [true, OLD, [/^Left out 6 .*does not use/, /DeblurGAN.*adds the input/]],
    [true, TRACKED, [/^Left out 9 .*the picture's own/, /DeblurGAN.*adds the input/]],
  ])(
    'are left out (dropout: %s, %j), with a hint where DeblurGAN may be meant',
    (dropout, kinds, notes) => {
      const found = recogniseGenerator(withStatistics(dropout, kinds)).notes;
      expect(found).toEqual(notes.map((note) => expect.stringMatching(note)));
    },
  );

  it('belong where a norm stands, and have its channels', () => {
    for (const [key, shape] of [
      ['model.3.running_mean', [2]],
      ['model.2.running_mean', [3]],
      ['running_var', [2]],
      ['model.2.num_batches_tracked', [2]],
    ] as const) {
      const stateDict = new Map<string, Shaped>(new ResNetGenerator(3, 3, 2, 1).stateDict());
      stateDict.set(key, { shape });
      expect(() => recogniseGenerator(stateDict)).toThrow(key);
    }
  });
});

describe('files that name more than they hold', () => {
  it.each([
    ['blocks', (i: number) => `model.${10 + i}.conv_block.1.weight`],
    ['networks', (i: number) => `net${i}.model.1.weight`],
    ['keys', (i: number) => `model.${i}.${'x'.repeat(i % 300)}`],
  ])('end in a short message: %s', (_, key) => {
    const stateDict = new Map<string, Shaped>(new ResNetGenerator(3, 3, 2, 0).stateDict());
    if (key(0).startsWith('net')) stateDict.clear();
    for (let i = 0; i < 150_000; i++) stateDict.set(key(i), { shape: [1, 1, 7, 7] });
    const before = process.memoryUsage().heapUsed;
    try {
      recogniseGenerator(stateDict);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(StateDictError);
      expect((error as Error).message.length).toBeLessThan(1000);
    }
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(300e6);
  });

  it('are refused for their shapes before there is a network of such sizes', () => {
    const huge = 1e9;
    const stateDict = new Map<string, Shaped>(new ResNetGenerator(3, 3, 2, 1).stateDict());
    stateDict.set('model.1.weight', { shape: [huge, huge, 7, 7] });
    expect(() => recogniseGenerator(stateDict)).toThrow(/of another shape 1\d/);
    stateDict.set('model.1.weight', { shape: [0, 3, 7, 7] });
    expect(() => recogniseGenerator(stateDict)).toThrow(/no channels/);
  });
});

/** The authors' layout with something else in its blocks, up to 4·2 channels of `ngf` 2. */
function resNet(block: Shapes, { first = 10, blocks = 2 } = {}): Shapes {
  const shapes: Shapes = { 'model.1.weight': [2, 3, 7, 7] };
  for (let at = 4; at < first; at += 3) {
    const channels = 2 ** ((at - 1) / 3);
    shapes[`model.${at}.weight`] = [2 * channels, channels, 3, 3];
  }
  for (let i = 0; i < blocks; i++) {
    for (const [key, shape] of Object.entries(block)) shapes[`model.${first + i}.${key}`] = shape;
  }
  const last = first + blocks;
  shapes[`model.${last}.weight`] = [8, 4, 3, 3];
  shapes[`model.${last + 3}.weight`] = [4, 2, 3, 3];
  shapes[`model.${last + 7}.weight`] = [3, 2, 7, 7];
  return shapes;
}

const CONVOLUTION = [8, 8, 3, 3];
const USUAL = { 'conv_block.1.weight': CONVOLUTION, 'conv_block.5.weight': CONVOLUTION };

/** CUT puts a blur behind each strided convolution and before each convolution that follows an enlargement. */
function cut(down: boolean, up: boolean): Shapes {
  return {
    ...resNet(USUAL, { first: 12 }),
    ...(down ? { 'model.7.filt': [4, 1, 3, 3], 'model.11.filt': [8, 1, 3, 3] } : {}),
    ...(up ? { 'model.14.filt': [8, 1, 4, 4], 'model.18.filt': [4, 1, 4, 4] } : {}),
  };
}

/** Keys and shapes as the networks' own classes make them, a few of each. */
const NETWORKS: readonly (readonly [string, Shapes])[] = [
  ['downsamples with a blur and enlarges by resizing', cut(true, true)],
  ["CUT's generator .* downsamples with a blur:", cut(true, false)],
  ["CUT's generator .* enlarges by resizing:", cut(false, true)],
  [
    'zero padding',
    resNet({ 'conv_block.0.weight': CONVOLUTION, 'conv_block.3.weight': CONVOLUTION }),
  ],
  [
    'zero padding',
    resNet({ 'conv_block.0.weight': CONVOLUTION, 'conv_block.4.weight': CONVOLUTION }),
  ],
  ['DeblurGAN', resNet({ 'conv_block.1.weight': CONVOLUTION })],
  ['pix2pixHD', resNet(USUAL, { first: 16 })],
  ['pix2pixHD', resNet(USUAL, { first: 7 })],
  [
    'LocalEnhancer',
    {
      'model.1.weight': [4, 3, 7, 7],
      'model1_1.1.weight': [2, 3, 7, 7],
      'model1_2.0.conv_block.1.weight': CONVOLUTION,
    },
  ],
  [
    'gan-compression',
    resNet({
      'conv_block.1.conv.0.weight': [8, 1, 3, 3],
      'conv_block.1.conv.2.weight': [8, 8, 1, 1],
      'conv_block.6.conv.0.weight': [8, 1, 3, 3],
      'conv_block.6.conv.2.weight': [8, 8, 1, 1],
    }),
  ],
  [
    'AttentionGAN.*PixelShuffle',
    {
      ...resNet(USUAL),
      'model.13.weight': [4, 8, 3, 3],
      'model.16.weight': [16, 4, 1, 1],
      'model.21.weight': [2, 4, 3, 3],
      'model.24.weight': [8, 2, 1, 1],
    },
  ],
  ['StarGAN', { ...resNet(USUAL), 'model.4.weight': [4, 2, 4, 4] }],
  [
    'StarGAN',
    {
      'main.0.weight': [4, 8, 7, 7],
      'main.3.weight': [8, 4, 4, 4],
      'main.9.main.0.weight': CONVOLUTION,
    },
  ],
  [
    "PyTorch-GAN's CycleGAN",
    {
      'model.1.weight': [4, 3, 7, 7],
      'model.10.block.1.weight': CONVOLUTION,
      'model.10.block.5.weight': CONVOLUTION,
      'model.12.weight': [8, 16, 3, 3],
    },
  ],
  [
    "PyTorch-GAN's \\(pix2pix",
    { 'down1.model.0.weight': [2, 3, 4, 4], 'up1.model.0.weight': [16, 16, 4, 4] },
  ],
  [
    "mmgeneration's CycleGAN",
    {
      'generators.horse.model.0.conv.weight': [4, 3, 7, 7],
      'generators.horse.model.3.block.0.conv.weight': CONVOLUTION,
    },
  ],
  [
    "aladdinpersson's CycleGAN",
    {
      'initial.0.weight': [4, 3, 7, 7],
      'down_blocks.0.conv.0.weight': [8, 4, 3, 3],
      'res_blocks.0.block.0.conv.0.weight': CONVOLUTION,
    },
  ],
  [
    "aladdinpersson's pix2pix",
    { 'initial_down.0.weight': [4, 3, 4, 4], 'final_up.0.weight': [8, 3, 4, 4] },
  ],
  [
    'UGATIT',
    { 'DownBlock.1.weight': [4, 3, 7, 7], 'gap_fc.weight': [1, 16], 'FC.0.weight': [16, 16] },
  ],
  ['photo2cartoon', { 'HourGlass1.Conv1.weight': [3, 4, 1, 1], 'gap_fc.weight': [1, 16] }],
  [
    'Udacity',
    {
      'conv1.0.weight': [4, 3, 4, 4],
      'res_blocks.0.conv_layer1.0.weight': CONVOLUTION,
      'deconv1.0.weight': [8, 4, 4, 4],
    },
  ],
  [
    'CycleGAN generator of Coursera',
    { 'upfeature.conv.weight': [4, 3, 7, 7], 'res0.conv1.weight': CONVOLUTION },
  ],
  ['AnimeGANv2', { 'block_a.0.1.weight': [4, 3, 7, 7], 'out_layer.0.weight': [3, 4, 1, 1] }],
  [
    'fast-neural-style',
    { 'conv1.conv2d.weight': [4, 3, 9, 9], 'deconv3.conv2d.weight': [3, 4, 9, 9] },
  ],
  ['CartoonGAN', { 'conv01_1.weight': [4, 3, 7, 7], 'in01_1.scale': [4] }],
  [
    'AttentionGAN.*masks',
    { 'deconv3_content.weight': [27, 4, 7, 7], 'deconv3_attention.weight': [10, 4, 1, 1] },
  ],
  [
    'EnlightenGAN',
    {
      'conv1_1.weight': [4, 4, 3, 3],
      'deconv5.weight': [8, 8, 3, 3],
      'conv10.weight': [3, 4, 1, 1],
    },
  ],
  ['GANILLA', { 'layer1.0.conv1.weight': CONVOLUTION, 'fpn.P5_1.weight': [8, 8, 1, 1] }],
  [
    'arnab39',
    {
      'module.res_model.1.0.weight': [2, 3, 7, 7],
      'module.res_model.4.res_block.1.0.weight': CONVOLUTION,
    },
  ],
  ['Lornatang', { 'main.1.weight': [4, 3, 7, 7], 'main.10.res.1.weight': CONVOLUTION }],
  ['DiscoGAN', { 'layer_module.0.weight': [4, 3, 4, 4], 'layer_module.9.weight': [8, 4, 4, 4] }],
  [
    'MUNIT',
    {
      'enc_style.model.0.conv.weight': [3, 3, 7, 7],
      'enc_content.model.0.conv.weight': [3, 3, 7, 7],
      'dec.model.5.conv.weight': [3, 3, 7, 7],
      'mlp.model.2.fc.weight': [192, 16],
    },
  ],
  ['UNIT', { 'enc.model.0.conv.weight': [4, 3, 7, 7], 'dec.model.5.conv.weight': [3, 4, 7, 7] }],
  ['instaGAN', { 'encoder_img.1.weight': [4, 3, 7, 7], 'encoder_seg.1.weight': [4, 1, 7, 7] }],
  ['diffusion', { 'time_embed.0.weight': [8, 8], 'input_blocks.0.0.weight': [8, 4, 3, 3] }],
  [
    'diffusion',
    {
      'time_embedding.linear_1.weight': [8, 8],
      'down_blocks.0.resnets.0.conv1.weight': CONVOLUTION,
    },
  ],
  ['StyleGAN', { 'style.1.weight': [8, 8], 'conv1.conv.modulation.weight': [8, 8] }],
  ['classifier', { 'conv1.weight': [64, 3, 7, 7], 'fc.weight': [10, 64], 'fc.bias': [10] }],
];

describe('a network of another kind', () => {
  it.each(NETWORKS)('is named: %s', (name, shapes) => {
    const message = new RegExp(name);
    for (const prefix of ['', 'module.', 'netG.']) {
      const stateDict = new Map([...named(shapes)].map(([key, value]) => [prefix + key, value]));
      expect(recognise(stateDict)).toMatch(message);
      expect(() => recogniseGenerator(stateDict)).toThrow(message);
    }
  });

  it.each<[string, Shapes]>([
    ['down_blocks, as generators have them', { 'down_blocks.0.weight': [8, 4, 3, 3] }],
    ['a fully connected layer in the middle', { 'fc.weight': [8, 4], 'out.weight': [3, 4, 7, 7] }],
    ['a head that is a convolution', { 'head.weight': [8, 3, 7, 7] }],
    ['a style layer', { 'style.weight': [8, 4], 'out.weight': [3, 4, 7, 7] }],
  ])('is not named for %s', (_, shapes) => {
    expect(recognise(named(shapes))).toBeNull();
  });

  it('is not what a generator becomes that lacks a key', () => {
    const whole = new ResNetGenerator(3, 3, 2, 3).stateDict();
    for (const key of whole.keys()) {
      const rest = new Map([...whole].filter(([other]) => other !== key));
      expect(recognise(rest)).toBeNull();
    }
  });
});
