import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recogniseGenerator } from '../../src/generator/families.js';
import type { PaddingKind } from '../../src/generator/family.js';
import { TransformerNet } from '../../src/generator/fastneuralstyle/transformerNet.js';
import { inspectWeights } from '../../src/generator/inspectWeights.js';
import type { NormKind } from '../../src/generator/layers/normLayer.js';
import { GeneratorResNet } from '../../src/generator/pytorchgan/generatorResNet.js';
import { recognise } from '../../src/generator/recognise.js';
import { inferConfig } from '../../src/generator/resnet/inferConfig.js';
import type { GeneratorConfig } from '../../src/generator/resnet/options.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { UnetGenerator } from '../../src/generator/unet/unetGenerator.js';
import { ZnxlwmCycleGANGenerator } from '../../src/generator/znxlwm/cycleGANGenerator.js';
import { type Shaped, StateDictError } from '../../src/nn/loadStateDict.js';
import type { Module } from '../../src/nn/module.js';
import { manualSeed } from '../../src/nn/random.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { Tensor } from '../../src/tensor/tensor.js';

type Shapes = Record<string, readonly number[]>;

const named = (shapes: Shapes): Map<string, Shaped> =>
  new Map(Object.entries(shapes).map(([key, shape]) => [key, { shape }]));

const config = fc
  .record({
    inputNc: fc.integer({ min: 1, max: 4 }),
    outputNc: fc.integer({ min: 1, max: 4 }),
    ngf: fc.integer({ min: 1, max: 3 }),
    nBlocks: fc.integer({ min: 0, max: 11 }),
    norm: fc.constantFrom<NormKind>('instance', 'instanceAffine', 'batch'),
    dropout: fc.boolean(),
    bias: fc.boolean(),
    // Nothing in a file tells repeated edges from mirrored ones.
    paddingType: fc.constantFrom<PaddingKind>('reflect', 'zero'),
  })
  // A norm without numbers, behind convolutions without biases, leaves no trace: none is what the authors' scripts make.
  .map((made) =>
    made.norm === 'instance' && !made.bias ? { ...made, norm: 'none' as const } : made,
  );

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
  paddingType: 'reflect',
} as const;
const DROPPED: Edit = { at: 695609667, kind: 'drop', name: 'model.0.weight', axis: 0, size: 0 };

describe('recognition', () => {
  it('finds the configuration that was saved, and any that it finds loads', () => {
    fc.assert(
      fc.property(config, (wanted) => {
        const netG = build(wanted);
        // Without blocks there is nothing that dropout could shift, and nothing to put padding around.
        const dropout = wanted.dropout && wanted.nBlocks > 0;
        const paddingType = wanted.nBlocks > 0 ? wanted.paddingType : 'reflect';
        const found = inferConfig(netG.stateDict());
        expect(found).toEqual({ ...wanted, dropout, paddingType, prefix: '' });
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
          expect(() => recogniseGenerator(stateDict)).toThrow(diagnosis ?? 'no diagnosis');
        }
        outcomes.add(loaded !== null);
        expect(generator === null).toBe(loaded === null);
        if (loaded === null || generator === null) return;
        // What the file says of its training is the module's range.
        const { tracked = false, ...rest } = generator.config;
        expect(rest).toEqual({ ...loaded.config, prefix: generator.config.prefix });
        const { norm, paddingType } = loaded.config;
        const isWide = tracked || norm === 'batch' || norm === 'none' || paddingType === 'zero';
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
  const withStatistics = (dropout: boolean, counters: boolean) => {
    const netG = new ResNetGenerator(3, 3, 2, 1, { dropout, tracked: true });
    const all = [...netG.stateDictShapes()];
    return new Map(all.filter(([key]) => counters || !key.endsWith('num_batches_tracked')));
  };
  const LEFT_OUT = /^Left out 14 .*does not use/;
  const OWN = /the picture's own.*--statistics running/;
  const DEBLURGAN = /DeblurGAN.*--residual.*adds its input/;

  it.each<[boolean, boolean, RegExp[], RegExp[]]>([
    [false, false, [LEFT_OUT], []],
    [false, true, [], [OWN]],
    [true, false, [LEFT_OUT], [DEBLURGAN]],
    [true, true, [], [new RegExp(`${DEBLURGAN.source}.*${OWN.source}`)]],
  ])(
    'are left out where they have no counter (dropout: %s, counters: %s), and one line says what keys do not tell',
    (dropout, counters, notes, hints) => {
      const found = recogniseGenerator(withStatistics(dropout, counters));
      expect(found.notes).toEqual(notes.map((note) => expect.stringMatching(note)));
      expect(found.hints({})).toEqual(hints.map((hint) => expect.stringMatching(hint)));
      expect(found.hints({ residual: false, statistics: 'own' })).toEqual([]);
      expect(found.config).toMatchObject(counters ? { tracked: true } : { norm: 'instance' });
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

  it("are left out of znxlwm's files, whose PyTorch wrote them, and no other key is", () => {
    const netG = new ZnxlwmCycleGANGenerator(3, 3, 2, 1);
    const stateDict = new Map<string, Shaped>(netG.stateDict());
    for (const [name, channels] of [
      ['conv1_norm', 2],
      ['resnet_blocks.0.conv2_norm', 8],
    ] as const) {
      for (const kind of ['running_mean', 'running_var'])
        stateDict.set(`${name}.${kind}`, { shape: [channels] });
    }
    const { family, notes } = recogniseGenerator(stateDict);
    expect(family.name).toBe('znxlwm-cyclegan');
    expect(notes).toEqual([expect.stringMatching(/^Left out 4 running statistics/)]);
    stateDict.set('conv1.running_mean', { shape: [2] });
    expect(() => recogniseGenerator(stateDict)).toThrow('conv1.running_mean');
  });
});

describe('what stands beside a generator', () => {
  const beside = (name: string, others: Shapes) => {
    const netG = new ResNetGenerator(3, 3, 2, 1).stateDict();
    const own = [...netG].map(([key, tensor]) => [`${name}.${key}`, tensor] as const);
    return recogniseGenerator(new Map<string, Shaped>([...named(others), ...own])).notes;
  };

  it('is told by name', () => {
    const others = { 'refine.0.weight': [2, 3, 3, 3], 'refine.0.bias': [2], 'D_A.1.weight': [1] };
    expect(beside('netG', others)).toContain(
      'Left out 3 tensors that stand beside it ("refine", "D_A").',
    );
    const within = Object.fromEntries(
      ['a', 'b', 'c', 'd', 'e'].map((name) => [`module.${name}.weight`, [1]]),
    );
    expect(beside('module.netG', within)).toContain(
      'Left out 5 tensors that stand beside it ("module.a", "module.b", "module.c", "module.d", …).',
    );
  });

  it.each<[Shapes, boolean]>([
    [{ mean: [1, 3, 1, 1], std: [1, 3, 1, 1] }, true],
    [{ 'normalize.mean': [3], 'normalize.std': [3] }, true],
    [{ 'loss.mean': [3], 'loss.vgg.0.weight': [64, 3, 3, 3] }, false],
    [{ 'loss.vgg.0.weight': [64, 3, 3, 3], 'loss.mean': [3] }, false],
    [{ 'netD.running_mean': [3] }, false],
    [{ 'stats.mean': [2048] }, false],
  ])('is warned of where pictures may be normalised by it: %j', (others, warned) => {
    const notes = beside('netG', others);
    expect(notes.some((note) => /normalised by.*picture is wrong/.test(note))).toBe(warned);
  });
});

describe('several networks that begin alike', () => {
  const under = (name: string, network: Module) =>
    [...network.stateDictShapes()].map(([key, shape]) => [`${name}.${key}`, shape] as const);
  const [one, two] = [1, 2].map((blocks) => new ResNetGenerator(3, 3, 2, blocks));

  it('are asked for where two of them are generators', () => {
    const both = new Map<string, Shaped>([...under('netA', one), ...under('netB', two)]);
    expect(() => recogniseGenerator(both)).toThrow(/holds 2 generators.*"netA", "netB"/);
  });

  it('are one generator, and what stands beside it, where the others are none', () => {
    const beside = under('netB', two).slice(3);
    const other = ['netB.model.1.weight', { shape: [2, 3, 7, 7] }] as const;
    const found = recogniseGenerator(new Map([other, ...beside, ...under('netA', one)]));
    expect(found.prefix).toBe('netA.');
    expect(found.notes).toContainEqual(expect.stringMatching(/^Left out .*"netB"/));
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

const CONVOLUTION = [8, 8, 3, 3];
/** Keys and shapes as the networks' own classes make them, a few of each. */
const NETWORKS: readonly (readonly [string, Shapes])[] = [
  [
    'StarGAN.*wants a label',
    {
      'model.0.weight': [4, 8, 7, 7],
      'model.1.weight': [4],
      'model.3.weight': [8, 4, 4, 4],
      'model.6.weight': [16, 8, 4, 4],
      'model.9.conv_block.0.weight': [16, 16, 3, 3],
      'model.9.conv_block.3.weight': [16, 16, 3, 3],
      'model.10.weight': [16, 8, 4, 4],
      'model.16.weight': [3, 4, 7, 7],
    },
  ],
  [
    'StarGAN.*wants a label',
    {
      'main.0.weight': [4, 8, 7, 7],
      'main.3.weight': [8, 4, 4, 4],
      'main.9.main.0.weight': CONVOLUTION,
    },
  ],
  [
    'layers and no label: networks of this kind can',
    { 'main.0.weight': [4, 3, 7, 7], 'main.9.main.0.weight': CONVOLUTION },
  ],
  [
    'BeautyGAN.*takes two pictures',
    {
      'main.0.weight': [4, 6, 7, 7],
      'main.9.main.0.weight': CONVOLUTION,
      'branch_1.0.weight': [3, 4, 7, 7],
    },
  ],
  [
    'AttGAN.*wants attributes',
    { 'enc_layers.0.layers.0.weight': [4, 3, 4, 4], 'dec_layers.0.layers.0.weight': CONVOLUTION },
  ],
  [
    'context encoder.*hole in the middle',
    { 'model.0.weight': [8, 3, 4, 4], 'model.14.weight': [32, 16, 1, 1] },
  ],
  [
    'CCGAN.*wants a small copy',
    {
      'down1.model.0.weight': [4, 3, 4, 4],
      'down6.model.0.weight': [16, 16, 4, 4],
      'final.1.weight': [3, 8, 3, 3],
    },
  ],
  [
    'manga-colorization-v2.*wants hints',
    { 'to0.conv1.weight': [8, 5, 3, 3], 'tunnel4.0.conv_reduce.weight': [8, 8, 1, 1] },
  ],
  [
    'MUNIT.*wants a style beside the picture',
    {
      'enc_style.model.0.conv.weight': [3, 3, 7, 7],
      'enc_content.model.0.conv.weight': [3, 3, 7, 7],
      'dec.model.5.conv.weight': [3, 3, 7, 7],
      'mlp.model.2.fc.weight': [192, 16],
    },
  ],
  [
    'BicycleGAN.*wants a style vector',
    {
      'model.model.0.weight': [4, 11, 4, 4],
      'model.model.1.model.1.weight': [8, 4, 4, 4],
      'model.model.5.weight': [3, 8, 3, 3],
    },
  ],
  [
    'BicycleGAN.*wants a style vector',
    {
      'model.down.0.weight': [4, 11, 4, 4],
      'model.submodule.down.1.weight': [8, 12, 4, 4],
      'model.submodule.submodule.down.1.weight': [16, 16, 4, 4],
      'model.up.1.weight': [8, 3, 4, 4],
    },
  ],
  [
    'instaGAN.*wants masks',
    { 'encoder_img.1.weight': [4, 3, 7, 7], 'encoder_seg.1.weight': [4, 1, 7, 7] },
  ],
  [
    'FUNIT.*wants pictures of the class',
    {
      'enc_class_model.model.0.conv.weight': [4, 3, 7, 7],
      'enc_content.model.0.conv.weight': [4, 3, 7, 7],
      'mlp.model.2.fc.weight': [192, 16],
    },
  ],
  [
    'MUNIT.*or one like it.*wants a style',
    {
      'enc_content.model.0.conv.weight': [4, 3, 7, 7],
      'dec.model.5.conv.weight': [3, 4, 7, 7],
      'mlp.model.2.fc.weight': [192, 16],
    },
  ],
  [
    'StarGAN v2.*wants a style vector',
    { 'from_rgb.weight': [4, 3, 3, 3], 'decode.0.norm1.fc.weight': [16, 4] },
  ],
  [
    'NICE-GAN.*is not a picture',
    {
      'UpBlock1_1.conv1.weight': [16, 16, 3, 3],
      'UpBlock0.1.weight': [16, 8, 3, 3],
      'UpBlock2.17.weight': [3, 4, 7, 7],
    },
  ],
  [
    'DRIT.*wants an attribute vector',
    {
      'decA1.conv1.1.weight': [8, 8, 3, 3],
      'decB1.conv1.1.weight': [8, 8, 3, 3],
      'mlpA.0.weight': [8, 8],
    },
  ],
  [
    'SPADE.*maps of labels',
    {
      'fc.weight': [16, 5, 3, 3],
      'head_0.norm_0.mlp_shared.0.weight': [4, 5, 3, 3],
      'head_0.norm_0.mlp_gamma.weight': [16, 4, 3, 3],
    },
  ],
  [
    'pix2pixHD generator of SPADE.*maps of labels',
    {
      'model.1.0.weight_orig': [4, 5, 7, 7],
      'model.7.conv_block.1.0.weight_orig': [16, 16, 3, 3],
    },
  ],
  ['LaMa.*wants a mask', { 'generator.model.1.ffc.convl2l.weight': [8, 4, 7, 7] }],
  [
    'EdgeConnect.*wants a mask',
    { 'encoder.1.weight': [4, 4, 7, 7], 'middle.0.conv_block.1.weight': [16, 16, 3, 3] },
  ],
  ['style network of another', { 'model.0.block.1.weight': [4, 3, 9, 9] }],
  [
    'style network of another',
    { 'conv1.conv2d.weight': [4, 3, 9, 9], 'up3.conv2d.weight': [3, 4, 9, 9] },
  ],
  [
    'ESRGAN in its old layout',
    { 'model.0.weight': [8, 3, 3, 3], 'model.1.sub.0.RDB1.conv1.0.weight': CONVOLUTION },
  ],
  ["PyTorch-GAN's ESRGAN", { 'res_blocks.0.dense_blocks.0.b1.0.weight': CONVOLUTION }],
  ['IMDN', { 'fea_conv.weight': [8, 3, 3, 3], 'LR_conv.weight': CONVOLUTION }],
  [
    'MIRNet',
    { 'conv_in.weight': [8, 3, 3, 3], 'body.0.body.0.blocks.0.0.body.0.weight': CONVOLUTION },
  ],
  ['MIMO-UNet', { 'feat_extract.0.main.0.weight': [8, 3, 3, 3], 'SCM1.conv.main.0.bias': [8] }],
  ['GCANet', { 'gate.weight': [3, 24, 3, 3], 'res1.pre_conv1.weight': [1, 1, 3, 3] }],
  ['AOD-Net', { 'e_conv1.weight': [3, 3, 1, 1], 'e_conv5.weight': [3, 12, 3, 3] }],
  ['VDSR', { 'residual_layer.0.conv.weight': CONVOLUTION }],
  ['RDN', { 'SFENet1.weight': [8, 3, 3, 3], 'RDBs.0.convs.0.conv.0.weight': CONVOLUTION }],
  ['CARN', { 'sub_mean.shifter.weight': [3, 3, 1, 1], 'entry.weight': [8, 3, 3, 3] }],
  [
    'in motion.*a video',
    {
      'dense_motion_network.mask.weight': [11, 8, 7, 7],
      'bottleneck.r0.conv1.weight': CONVOLUTION,
    },
  ],
  ['DBPN', { 'initial.0.weight': [8, 3, 3, 3], 'upmodules.0.conv_1.0.weight': CONVOLUTION }],
  ['DeRaindrop', { 'det_conv0.0.weight': [8, 4, 3, 3], 'conv_i.0.weight': CONVOLUTION }],
  [
    'row of convolutions',
    { 'body.0.weight': [8, 3, 3, 3], 'body.1.weight': [8], 'body.2.weight': CONVOLUTION },
  ],
  [
    'row of convolutions',
    { 'net.0.weight': [8, 3, 3, 3], 'net.2.weight': CONVOLUTION, 'net.12.weight': [8, 3, 4, 4] },
  ],
  ['FSRCNN', { 'first_part.0.weight': [8, 1, 5, 5], 'mid_part.0.weight': [4, 8, 1, 1] }],
  ['CBDNet', { 'fcn.fcn.0.weight': [8, 3, 3, 3], 'unet.inc.single_conv.0.weight': [8, 6, 3, 3] }],
  ['HINet', { 'down_path_1.0.identity.weight': [8, 8, 1, 1], 'sam12.conv1.weight': CONVOLUTION }],
  ['PReNet', { 'conv0.0.weight': [8, 6, 3, 3], 'res_conv1.0.weight': CONVOLUTION }],
  ['PyNET', { 'conv_l1_d1.conv_3a.conv2d.weight': CONVOLUTION }],
  ['SCI', { 'enhance.in_conv.0.weight': [3, 3, 3, 3], 'enhance.out_conv.0.weight': [3, 3, 3, 3] }],
  ['RetinexNet', { 'net1_conv0.weight': [8, 4, 9, 9] }],
  ['RetinexNet', { 'net2_conv0_1.weight': [8, 4, 3, 3] }],
  [
    'DexiNed',
    { 'block_1.conv1.weight': [8, 3, 3, 3], 'up_block_1.features.0.weight': [1, 8, 1, 1] },
  ],
  [
    'MODNet',
    {
      'lr_branch.se_block.fc.0.weight': [8, 8],
      'hr_branch.tohr_enc2x.layers.0.weight': CONVOLUTION,
    },
  ],
  [
    'PhotoWCT.*second picture',
    { 'e4.conv0.weight': [3, 3, 1, 1], 'd4.conv4_1.weight': CONVOLUTION },
  ],
  ['hanyoseob', { 'enc1.cbr.0.conv.weight': [8, 3, 7, 7], 'dec1.cbr.0.conv.weight': [3, 8, 7, 7] }],
  [
    'hanyoseob',
    { 'enc1.cbr.0.conv.weight': [8, 3, 4, 4], 'dec1.decbr.0.deconv.weight': [8, 3, 4, 4] },
  ],
  ['partial convolutions.*wants a mask', { 'enc_1.conv.mask_conv.weight': [8, 3, 7, 7] }],
  [
    'style network of another',
    { 'conv1.conv2d.weight': [4, 3, 9, 9], 'deconv1.conv2d.weight': [3, 4, 9, 9] },
  ],
  [
    'richzhang/colorization',
    { 'model8up.0.weight': [16, 8, 4, 4], 'model_out.0.weight': [2, 8, 1, 1] },
  ],
  ['DRUNet', { 'm_head.weight': [8, 4, 3, 3], 'm_down1.0.res.0.weight': CONVOLUTION }],
  ['Noise2Noise', { '_block1.0.weight': [8, 3, 3, 3], '_block6.0.weight': CONVOLUTION }],
  [
    'row of convolutions',
    { 'model.0.weight': [8, 13, 3, 3], 'model.0.bias': [8], 'model.2.weight': CONVOLUTION },
  ],
  ['sketchKeras', { 'downblock_1.1.weight': [8, 1, 3, 3], 'last_conv.weight': [1, 8, 3, 3] }],
  [
    'network of features.*latest_net_G',
    { 'mlp_0.0.weight': [16, 3], 'mlp_0.0.bias': [16], 'mlp_0.2.weight': [16, 16] },
  ],
  ['enlarges', { 'conv_first.weight': [4, 3, 3, 3], 'conv_last.weight': [3, 4, 3, 3] }],
  ['enlarges', { 'block1.0.weight': [4, 3, 9, 9], 'block8.0.conv.weight': [16, 4, 3, 3] }],
  ['restores', { 'intro.weight': [4, 3, 3, 3], 'middle_blks.0.conv1.weight': [8, 4, 1, 1] }],
  ['restores', { 'g1.gp.0.palayer.pa.0.weight': [8, 64, 1, 1], 'post.1.weight': CONVOLUTION }],
  ['enlarges', { 'conv_input.weight': [8, 3, 9, 9], 'upscale4x.0.weight': [32, 8, 3, 3] }],
  ['waifu2x', { 'Sequential.0.weight': [16, 3, 3, 3], 'Sequential.12.weight': [256, 3, 4, 4] }],
  ['DeblurGAN-v2', { 'fpn.lateral4.weight': [8, 16, 1, 1], 'smooth2.0.weight': [4, 8, 3, 3] }],
  [
    'MSG-Net.*wants a second picture',
    { 'model1.0.conv2d.weight': [64, 3, 7, 7], 'ins.weight': [1, 16, 16] },
  ],
  [
    'SinGAN.*wants noise',
    {
      'head.conv.weight': [32, 3, 3, 3],
      'body.block1.conv.weight': [32, 32, 3, 3],
      'tail.0.weight': [3, 32, 3, 3],
    },
  ],
  [
    'richzhang/colorization',
    { 'model8.0.weight': [16, 8, 4, 4], 'model_out.weight': [2, 313, 1, 1] },
  ],
  ['labml', { 'layers.0.weight': [8, 3, 7, 7], 'layers.9.block.3.weight': [32, 32, 3, 3] }],
  [
    'FilipAndersson245',
    { 'down.3.1.weight': [16, 8, 3, 3], 'up.0.shuffle.weight': [32, 16, 3, 3] },
  ],
  ['mateuszbuda', { 'encoder1.enc1conv1.weight': [8, 3, 3, 3], 'conv.weight': [1, 8, 1, 1] }],
  ['Zero-DCE', { 'e_conv1.weight': [4, 3, 3, 3], 'e_conv7.weight': [24, 8, 3, 3] }],
  [
    'milesial',
    {
      'inc.double_conv.0.weight': [4, 3, 3, 3],
      'down1.maxpool_conv.1.double_conv.0.weight': [8, 4, 3, 3],
      'outc.conv.weight': [2, 4, 1, 1],
    },
  ],
  ['U²-Net', { 'stage1.rebnconvin.conv_s1.weight': [4, 3, 3, 3] }],
  ['fastai', { 'layers.4.shuf.conv.0.weight_orig': [16, 4, 1, 1] }],
  [
    'network around a StyleGAN',
    {
      'conv_body_first.weight': [4, 3, 1, 1],
      'stylegan_decoder.style_conv1.modulated_conv.modulation.weight': [8, 8],
    },
  ],
  ['diffusion', { 'denoise_fn.input_blocks.0.0.weight': [4, 6, 3, 3] }],
  ['diffusion', { 'init_conv.weight': [4, 3, 7, 7], 'time_mlp.1.weight': [16, 4] }],
  ['LoRA', { 'lora_unet_mid_block_attentions_0_proj_in.lora_down.weight': [4, 16, 1, 1] }],
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

/** The state dict of a network whose keys are changed, or left out. */
function changed(network: Module, change: (key: string) => string | null): [string, Shaped][] {
  return [...network.stateDictShapes()].flatMap(([key, shape]): [string, Shaped][] => {
    const other = change(key);
    return other === null ? [] : [[other, shape]];
  });
}

/** Networks with most of the keys of a family, which people would rename. */
const NEAR: readonly (readonly [string, [string, Shaped][]])[] = [
  [
    "abhiskk's fast-neural-style",
    changed(new TransformerNet(), (key) => {
      const renamed = key.replace(/(in\d\.)weight$/, '$1scale').replace(/(in\d\.)bias$/, '$1shift');
      return /res\d\.in2\./.test(key) ? null : renamed;
    }),
  ],
  [
    "ReCoNet's generator",
    changed(new TransformerNet(), (key) =>
      key
        .replace(/^in([123])\./, 'conv$1.instance.')
        .replace(/^in4\./, 'deconv1.instance.')
        .replace(/^in5\./, 'deconv2.instance.'),
    ),
  ],
  [
    'self-attention',
    [
      ...changed(new ResNetGenerator(3, 3, 8, 9), (key) => key),
      ...['query_conv', 'key_conv', 'value_conv'].map((name): [string, Shaped] => [
        `model.19.${name}.weight`,
        { shape: [4, 32, 1, 1] },
      ]),
      ['model.19.gamma', { shape: [1] }],
    ],
  ],
  [
    'layers have other names',
    changed(new ResNetGenerator(3, 3, 8, 9), (key) => key.replace('conv_block', 'block')),
  ],
  [
    'Anime2Sketch',
    [
      ...changed(new UnetGenerator(3, 1, 8, 4, { norm: 'instance' }), (key) => key),
      ['model.model.1.model.5.smooth.kernel', { shape: [1, 1, 3, 3] }],
      ['model.model.1.model.5.mlp.0.weight', { shape: [16, 4, 1, 1] }],
    ],
  ],
];

describe('a ResNet generator whose layers have other names', () => {
  const NAMED = /ResNet generator whose layers have other names.*under their names/;
  const shapes = (blocks: number) => changed(new ResNetGenerator(3, 1, 8, blocks), (key) => key);
  const renamed = (entries: readonly [string, Shaped][], change: (key: string) => string) =>
    new Map(entries.map(([key, shape]) => [change(key), shape]));

  it.each<[string, (key: string) => string]>([
    ['a sequence', (key) => key.replace('model.', 'main.')],
    ['blocks', (key) => key.replace(/model\.(\d+)\.conv_block/, 'main.$1.block')],
    [
      'two halves',
      (key) =>
        key.replace(/^model\.(\d+)/, (_, i) =>
          +i < 10 ? `encoder.model.${i}` : `decoder.model.${i - 10}`,
        ),
    ],
    ['each of them', (key) => key.replace(/model\.(\d+)\./, 'stage_$1.0.')],
  ])('is told of by its weights, whatever is called otherwise: %s', (_, change) => {
    for (const blocks of [1, 6, 9])
      expect(() => recogniseGenerator(renamed(shapes(blocks), change))).toThrow(NAMED);
  });

  it('has all of its weights, and no others', () => {
    const others = (entries: readonly [string, Shaped][]) =>
      recognise(renamed(entries, (key) => key.replace('model.', 'main.')));
    const whole = shapes(2);
    expect(others(whole)).toMatch(NAMED);
    for (const [i, [key, { shape }]] of whole.entries()) {
      if (shape.length < 2) continue;
      const lacking = others(whole.filter((_, other) => other !== i));
      expect(lacking ?? '', key).not.toMatch(NAMED);
      const wide = whole.with(i, [key, { shape: shape.with(0, 5) }]);
      // How many channels come out of the last one is free.
      expect(NAMED.test(others(wide) ?? ''), key).toBe(i === whole.length - 2);
    }
    const more = [...whole, ['main.style.weight', { shape: [8, 16] }] satisfies [string, Shaped]];
    expect(others(more) ?? '').not.toMatch(NAMED);
    const prelu = [...whole, ['main.3.weight', { shape: [1] }] satisfies [string, Shaped]];
    expect(others(prelu) ?? '').not.toMatch(NAMED);
  });

  it('is no autoencoder with blocks between its halvings', () => {
    const autoencoder = named({
      'encoder.1.weight': [8, 3, 7, 7],
      'encoder.4.weight': [16, 8, 3, 3],
      'encoder.7.conv_block.1.weight': [16, 16, 3, 3],
      'encoder.7.conv_block.5.weight': [16, 16, 3, 3],
      'encoder.8.weight': [32, 16, 3, 3],
      'decoder.0.conv_block.1.weight': [32, 32, 3, 3],
      'decoder.0.conv_block.5.weight': [32, 32, 3, 3],
      'decoder.1.weight': [32, 16, 3, 3],
      'decoder.4.weight': [16, 8, 3, 3],
      'decoder.8.weight': [3, 8, 7, 7],
    });
    expect(recognise(autoencoder)).toBeNull();
  });
});

describe('a network that has most of the keys of a family', () => {
  it.each(NEAR)('is named: %s', (name, entries) => {
    expect(() => recogniseGenerator(new Map(entries))).toThrow(name);
  });

  it('is no other one where it is only damaged', () => {
    const whole = [...new GeneratorResNet([3, 64, 64], 2, { width: 8 }).stateDictShapes()];
    expect(() => recogniseGenerator(new Map(whole.slice(1)))).toThrow(/It has \d+ keys/);
  });
});

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
    [
      'a layer of a network within it',
      { 'decoder.conv.weight': [3, 8, 7, 7], 'decoder.adain_net.model.4.fc.weight': [64, 8] },
    ],
    ['a head that is a convolution', { 'head.weight': [8, 3, 7, 7] }],
    ['a style layer', { 'style.weight': [8, 4], 'out.weight': [3, 4, 7, 7] }],
  ])('is not named for %s', (_, shapes) => {
    expect(recognise(named(shapes))).toBeNull();
  });

  it("is AdaIN's decoder, whose keys are numbers alone", () => {
    const decoder = named({ '1.weight': [256, 512, 3, 3], '28.weight': [3, 64, 3, 3] });
    expect(() => recogniseGenerator(decoder)).toThrow(
      /^This state dict fits none .*AdaIN's decoder.*second picture/,
    );
  });

  it('is no file of several generators where its layers are called as the first one of a family', () => {
    const gated: Shapes = Object.fromEntries(
      ['coarse.0', 'coarse.1', 'refinement.0'].flatMap((name): [string, readonly number[]][] => [
        [`${name}.conv2d.weight`, [8, 4, 7, 7]],
        [`${name}.mask_conv2d.weight`, [8, 4, 7, 7]],
      ]),
    );
    expect(() => recogniseGenerator(named(gated))).toThrow(
      /^This state dict fits none .*DeepFill v2.*wants a mask/,
    );
    const small: Shapes = { 'output.model.1.weight': [3, 8, 7, 7] };
    for (let i = 0; i < 9; i++) small[`conv${i}.weight`] = [8, 8, 3, 3];
    expect(() => recogniseGenerator(named(small))).toThrow(/^This state dict fits none /);
    const alike = Object.fromEntries(
      ['a', 'b'].map((name) => [`${name}.model.1.weight`, [8, 3, 7, 7]]),
    );
    expect(() => recogniseGenerator(named(alike))).toThrow(/^This state dict fits none /);
  });

  it('is not told of as a ResNet generator that lacks a key', () => {
    const message = /^This state dict fits none of the \d+ kinds of generators/;
    expect(() => recogniseGenerator(named({ 'conv0.weight': [3, 3, 1, 1] }))).toThrow(message);
    expect(() => recogniseGenerator(new Map())).toThrow(message);
  });

  it('is not what a generator becomes that lacks a key', () => {
    const whole = new ResNetGenerator(3, 3, 2, 3).stateDict();
    for (const key of whole.keys()) {
      const rest = new Map([...whole].filter(([other]) => other !== key));
      expect(recognise(rest)).toBeNull();
    }
  });
});
