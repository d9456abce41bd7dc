import { isKernel, type KeyPatterns } from './keyPatterns.js';

/** A network whose files people have, and that is of no family that can be run. */
export interface OtherNetwork {
  readonly name: string;
  /** What it asks for that is not here, or what to do. */
  readonly advice: string;
  matches(keys: KeyPatterns): boolean;
}

const RUNS =
  'only the ResNet generators of the CycleGAN authors and the book (resnet_9blocks, resnet_6blocks) can be run';
const OF_A_GENERATOR =
  'CycleGAN training saves it beside the generators; take the file of a generator (latest_net_G_A.pth)';

const BLUR = /(^|\.)model\.\d+\.filt$/;
const BLOCK = /(^|\.)model\.\d+\.conv_block\./;

/** CUT trains with two flags that put plain strided and transposed convolutions where these blurs are. */
function cut(what: string, ...kernels: readonly number[]): OtherNetwork {
  return {
    name: `CUT's generator (contrastive-unpaired-translation), which ${what}`,
    advice: 'those that were trained with --no_antialias --no_antialias_up can be run',
    matches: (keys) => keys.has(BLOCK) && kernels.every((size) => keys.hasKernel(BLUR, size)),
  };
}

/** Variants of the CycleGAN authors' ResNet generator, whose blocks are `model.N.conv_block`. */
const RESNET_VARIANTS: readonly OtherNetwork[] = [
  cut('downsamples with a blur and enlarges by resizing', 3, 4),
  cut('downsamples with a blur', 3),
  cut('enlarges by resizing', 4),
  {
    name: 'a generator of gan-compression, a ResNet with separable convolutions in its blocks',
    advice: RUNS,
    matches: (keys) => keys.has(/(^|\.)model\.\d+\.conv_block\.\d+\.conv\.\d+\.weight$/),
  },
  {
    name: "AttentionGAN's first generator, which enlarges with PixelShuffle and blends with its input",
    advice: RUNS,
    matches: (keys) =>
      keys.has(BLOCK) &&
      keys.some(
        /(^|\.)model\.\d+\.weight$/,
        (shape) => isKernel(shape) && shape[2] === 1 && shape[0] === 4 * shape[1],
      ),
  },
  {
    name: "PyTorch-GAN's StarGAN generator",
    advice: 'it wants a label beside the picture, which is not supported',
    matches: (keys) => keys.has(BLOCK) && keys.hasKernel(/(^|\.)model\.4\.weight$/, 4),
  },
  {
    name: "pix2pixHD's LocalEnhancer",
    advice: RUNS,
    matches: (keys) => keys.hasAll(/(^|\.)model1_1\.\d+\.weight$/, /(^|\.)model1_2\.\d+\./),
  },
  {
    name: "pix2pixHD's GlobalGenerator, a ResNet that halves the picture another number of times than twice",
    advice: 'one that was trained with --n_downsample_global 2 can be run',
    matches: ({ firstBlock }) =>
      firstBlock !== null && firstBlock !== 10 && firstBlock >= 4 && (firstBlock - 4) % 3 === 0,
  },
  {
    name: "PyTorch-GAN's CycleGAN generator (eriklindernoren), one that enlarges by resizing and convolving",
    advice: `${RUNS}, which have transposed convolutions`,
    matches: (keys) =>
      keys.hasKernel(/(^|\.)model\.1\.weight$/, 7) &&
      keys.has(/(^|\.)model\.\d+\.block\.\d+\.weight$/),
  },
  {
    name: 'a generator that enlarges by resizing and convolving',
    advice:
      'only those with transposed convolutions can be run, as the book and the CycleGAN authors have them',
    matches: (keys) => keys.hasKernel(/(^|\.)model\.1\.weight$/, 7) && hasHalving(keys),
  },
  {
    name: 'a ResNet generator with zero padding in its blocks (padding_type "zero")',
    advice: 'only those with reflection padding, which is the default, can be run',
    matches: (keys) => keys.everyBlockHas(/^0$/),
  },
  {
    name: "today's DeblurGAN generator, with one convolution a block",
    advice: `its network adds the input to the output, too; ${RUNS}`,
    matches: (keys) => keys.everyBlockHas(/^1$/) && !keys.has(/\.conv_block\.[3-9]\.weight$/),
  },
];

/** A convolution's weight is `[out, in, 3, 3]`, a transposed one's `[in, out, 3, 3]`: only the former halves. */
function hasHalving(keys: KeyPatterns): boolean {
  return keys.some(
    /(^|\.)model\.\d+\.weight$/,
    (shape) => isKernel(shape) && shape[2] === 3 && shape[1] === 2 * shape[0],
  );
}

const LAYER_MODULE = /(^|\.)layer_module\.\d+\.weight$/;

/** Generators of other families, by names that only they have. */
const OTHER_GENERATORS: readonly OtherNetwork[] = [
  {
    name: 'a U-Net generator (netG unet_128 or unet_256)',
    advice: 'only ResNet generators (resnet_9blocks, resnet_6blocks) can be run',
    matches: (keys) => keys.has(/(^|\.)model\.model\.\d+\.model\.\d+\./),
  },
  named("mmgeneration's pix2pix U-Net generator", [/(^|\.)model\.model\.\d+\.conv\.weight$/]),
  named("mmgeneration's CycleGAN generator", [
    /(^|\.)model\.0\.conv\.weight$/,
    /(^|\.)model\.\d+\.block\.\d+\.conv\.weight$/,
  ]),
  named("aladdinpersson's CycleGAN generator", [
    /(^|\.)initial\.0\.weight$/,
    /(^|\.)res_blocks\.\d+\.block\.\d+\.conv\.0\.weight$/,
  ]),
  named("aladdinpersson's pix2pix generator, a U-Net", [
    /(^|\.)initial_down\.0\.weight$/,
    /(^|\.)final_up\.0\.weight$/,
  ]),
  named("a U-Net generator of PyTorch-GAN's (pix2pix, DiscoGAN or DualGAN)", [
    /(^|\.)down1\.model\.0\.weight$/,
    /(^|\.)up1\.model\.0\.weight$/,
  ]),
  named("photo2cartoon's generator", [/(^|\.)HourGlass1\./, /(^|\.)gap_fc\.weight$/]),
  named("UGATIT's generator", [/(^|\.)DownBlock\.1\.weight$/, /(^|\.)gap_fc\.weight$/]),
  named("Udacity's CycleGAN generator (CycleGenerator)", [
    /(^|\.)res_blocks\.\d+\.conv_layer1\.0\.weight$/,
    /(^|\.)deconv1\.0\.weight$/,
  ]),
  named("the CycleGAN generator of Coursera's GANs Specialization", [
    /(^|\.)upfeature\.conv\.weight$/,
    /(^|\.)res0\.conv1\.weight$/,
  ]),
  named("the U-Net generator of Coursera's GANs Specialization", [
    /(^|\.)upfeature\.conv\.weight$/,
    /(^|\.)contract1\.conv1\.weight$/,
  ]),
  {
    name: 'a StarGAN generator',
    advice: 'it wants a label beside the picture, which is not supported',
    matches: (keys) =>
      keys.hasKernel(/(^|\.)main\.0\.weight$/, 7) && keys.has(/(^|\.)main\.\d+\.main\.0\.weight$/),
  },
  named('an AnimeGANv2 generator', [/(^|\.)block_a\.0\.1\.weight$/, /(^|\.)out_layer\.0\.weight$/]),
  named('an AnimeGAN generator (pytorch-animeGAN)', [
    /(^|\.)encode_blocks\.\d+\./,
    /(^|\.)decode_blocks\.\d+\./,
  ]),
  named('a fast-neural-style network (TransformerNet)', [
    /(^|\.)conv1\.conv2d\.weight$/,
    /(^|\.)deconv3\.conv2d\.weight$/,
  ]),
  named('a fast-neural-style network (rrmina)', [
    /(^|\.)ConvBlock\.\d+\.conv_layer\.weight$/,
    /(^|\.)DeconvBlock\./,
  ]),
  named("CartoonGAN's generator (Hayao, Hosoda, Paprika or Shinkai)", [
    /(^|\.)conv01_1\.weight$/,
    /(^|\.)in01_1\.scale$/,
  ]),
  named("AttentionGAN's generator, which blends pictures by masks", [
    /(^|\.)deconv3_content\.weight/,
    /(^|\.)deconv3_attention\.weight$/,
  ]),
  named("EnlightenGAN's generator, a U-Net with an attention map", [
    /(^|\.)conv1_1\.weight$/,
    /(^|\.)deconv5\.weight$/,
    /(^|\.)conv10\.weight$/,
  ]),
  named("GANILLA's generator", [/(^|\.)layer1\.0\.conv1\.weight$/, /(^|\.)fpn\.P5_1\.weight$/]),
  named("arnab39's CycleGAN generator", [/(^|\.)res_model\.\d+\.res_block\.1\.0\.weight$/]),
  named("Lornatang's CycleGAN generator (CycleNet)", [/(^|\.)main\.\d+\.res\.1\.weight$/]),
  named("znxlwm's ResNet generator", [
    /(^|\.)conv1\.(conv\.)?weight$/,
    /(^|\.)resnet_blocks\.\d+\.conv1\./,
    /(^|\.)deconv1\./,
  ]),
  {
    name: 'a MUNIT generator',
    advice: 'it wants a style beside the picture, which is not supported',
    matches: (keys) => keys.hasAll(/(^|\.)enc_style\./, /(^|\.)enc_content\./),
  },
  {
    name: "instaGAN's generator",
    advice: 'it wants masks beside the picture, which is not supported',
    matches: (keys) => keys.hasAll(/(^|\.)encoder_img\.\d+\./, /(^|\.)encoder_seg\.\d+\./),
  },
  named("UNIT's generator", [/(^|\.)enc\.model\.0\.conv\.weight$/, /(^|\.)dec\.model\.\d+\./]),
  {
    name: "DiscoGAN's generator",
    advice: RUNS,
    // Its discriminator ends in one channel.
    matches: (keys) => keys.hasKernel(LAYER_MODULE, 4) && !keys.hasKernel(LAYER_MODULE, 4, 1),
  },
];

function named(name: string, patterns: readonly RegExp[]): OtherNetwork {
  return { name, advice: RUNS, matches: (keys) => keys.hasAll(...patterns) };
}

/** What is no generator of pictures from pictures. */
const OTHER_KINDS: readonly OtherNetwork[] = [
  {
    name: 'a PatchGAN discriminator',
    advice: OF_A_GENERATOR,
    matches: (keys) =>
      keys.hasKernel(/(^|\.)model\.0\.weight$/, 4) &&
      keys.hasKernel(/(^|\.)model\.\d+\.weight$/, 4, 1),
  },
  {
    name: 'a pixel discriminator',
    advice: OF_A_GENERATOR,
    matches: (keys) =>
      keys.hasKernel(/(^|\.)net\.0\.weight$/, 1) && keys.hasKernel(/(^|\.)net\.\d+\.weight$/, 1, 1),
  },
  {
    name: 'a classifier (ResNet, VGG or alike)',
    advice: 'it gives classes and not pictures',
    // Generators have fully connected layers, too, but none that end in one.
    matches: ({ lastWeight: [key, shape] = ['', []] }) =>
      shape.length === 2 && /(^|\.)(fc|classifier(\.\d+)?|head)\.weight$/.test(key),
  },
  {
    name: 'a diffusion model',
    advice: RUNS,
    matches: (keys) => keys.has(/(^|\.)(time_embed|time_embedding)\.\w+\.weight$/),
  },
  {
    name: 'a StyleGAN generator',
    advice: `it makes pictures of noise; ${RUNS}`,
    matches: (keys) =>
      keys.has(/\.modulation\.weight$/) || keys.hasAll(/(^|\.)mapping\./, /(^|\.)synthesis\./),
  },
];

/** In the order in which they are asked: what says most comes first. */
export const OTHER_NETWORKS: readonly OtherNetwork[] = [
  ...RESNET_VARIANTS,
  ...OTHER_GENERATORS,
  ...OTHER_KINDS,
];
