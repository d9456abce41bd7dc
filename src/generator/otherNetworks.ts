import { isKernel, type KeyPatterns } from './keyPatterns.js';
import { GENERATORS_THAT_WANT_MORE } from './otherGenerators.js';
import { type OtherNetwork, RUNS } from './otherNetwork.js';
import { RESTORING_NETWORKS } from './restoringNetworks.js';

const OF_A_GENERATOR =
  'training saves it beside the generator; take the file of that (latest_net_G_A.pth of CycleGAN)';

const BLOCK = /(^|\.)model\.\d+\.conv_block\./;

/** Variants of the CycleGAN authors' ResNet generator, whose blocks are `model.N.conv_block`. */
const RESNET_VARIANTS: readonly OtherNetwork[] = [
  {
    name: "PyTorch-GAN's StarGAN generator",
    advice: 'it wants a label beside the picture, which is not supported',
    matches: (keys) =>
      keys.has(BLOCK) &&
      keys.some(/(^|\.)model\.0\.weight$/, ([, second, side]) => side === 7 && second > 3) &&
      keys.hasKernel(/(^|\.)model\.3\.weight$/, 4),
  },
  {
    name: 'a generator that enlarges by resizing and convolving',
    advice: 'only those of PyTorch-GAN and of CUT can be run',
    matches: (keys) => keys.hasKernel(/(^|\.)model\.1\.weight$/, 7) && hasHalving(keys),
  },
];

/** A convolution's weight is `[out, in, 3, 3]`, a transposed one's `[in, out, 3, 3]`: only the former halves. */
function hasHalving(keys: KeyPatterns): boolean {
  return keys.some(
    /(^|\.)model\.\d+\.weight$/,
    (shape) => isKernel(shape) && shape[2] === 3 && shape[1] === 2 * shape[0],
  );
}

/** Residual blocks of the CycleGAN authors' layout, by names of other repositories. */
const RENAMED_BLOCK =
  /(^|\.)(?:(?!model\.)\w+\.\d+\.conv_block|\w+\.\d+\.(?:block|res_block|resblock))\.1\.weight$/;

/**
 * Networks that have most of the keys of a family, and compute something else. Keys alone would have people rename the others, and get a
 * wrong picture.
 */
export const NEAR_NETWORKS: readonly OtherNetwork[] = [
  {
    name: "abhiskk's fast-neural-style network, of which PyTorch's examples made theirs",
    advice: `its norms, blocks and output are others, and it has blue first; ${RUNS}`,
    matches: (keys) =>
      keys.hasKernel(/(^|\.)conv1\.conv2d\.weight$/, 9) && keys.has(/(^|\.)res1\.in1\.scale$/),
  },
  {
    name: "ReCoNet's generator",
    advice: `its output is another than that of the style networks whose keys it has; ${RUNS}`,
    matches: (keys) =>
      keys.hasKernel(/(^|\.)deconv3\.conv2d\.weight$/, 9) &&
      keys.has(/(^|\.)conv1\.instance\.weight$/),
  },
  {
    name: "Anime2Sketch's improved network",
    advice: 'of that repository, the first one (netG.pth) can be run',
    matches: (keys) => keys.hasAll(/\.model\.5\.smooth\.kernel$/, /\.model\.5\.mlp\.0\.weight$/),
  },
  {
    name: 'a network with layers of self-attention',
    advice: RUNS,
    matches: (keys) =>
      keys.hasAll(
        /(^|\.)(query|query_conv)\.weight$/,
        /(^|\.)(key|key_conv)\.weight$/,
        /(^|\.)gamma$/,
      ),
  },
  {
    name: 'a ResNet generator whose layers have other names',
    advice:
      'if it is the CycleGAN authors\' in all else, it can be run under their names ("model.1.weight", "model.10.conv_block.1.weight")',
    matches: (keys) =>
      keys.hasKernel(/(^|\.)\w+\.1\.weight$/, 7) &&
      keys.some(RENAMED_BLOCK, isKernel) &&
      !hasHalving(keys),
  },
];

/** Networks that make pictures of pictures, by other layers than those that can be run. */
const OTHER_TRANSLATORS: readonly OtherNetwork[] = [
  {
    name: 'a style network of another repository',
    advice: "only those of PyTorch's examples and of rrmina/fast-neural-style-pytorch can be run",
    matches: (keys) =>
      keys.hasKernel(/(^|\.)model\.0\.block\.1\.weight$/, 9) ||
      (keys.hasKernel(/(^|\.)conv1\.conv2d\.weight$/, 9) &&
        keys.hasKernel(/(^|\.)up3\.conv2d\.weight$/, 9)),
  },
  {
    name: 'a network of richzhang/colorization, which makes colours of greys',
    advice: RUNS,
    matches: (keys) => keys.hasAll(/(^|\.)model8\.0\.weight$/, /(^|\.)model_out(\.0)?\.weight$/),
  },
  {
    name: "labml's CycleGAN generator",
    advice: RUNS,
    matches: (keys) =>
      keys.hasKernel(/(^|\.)layers\.0\.weight$/, 7) &&
      keys.has(/(^|\.)layers\.9\.block\.3\.weight$/),
  },
  {
    name: "FilipAndersson245's CartoonGAN generator",
    advice: RUNS,
    matches: (keys) => keys.hasAll(/(^|\.)down\.3\.1\.weight$/, /(^|\.)up\.0\.shuffle\.weight$/),
  },
  {
    name: "mateuszbuda's U-Net, which marks regions",
    advice: RUNS,
    matches: (keys) => keys.hasAll(/(^|\.)encoder1\.enc1conv1\.weight$/),
  },
  {
    name: "a U-Net of milesial's Pytorch-UNet, or one like it",
    advice: RUNS,
    matches: (keys) => keys.hasAll(/\.double_conv\.0\.weight$/, /\.maxpool_conv\.1\./),
  },
  {
    name: 'sketchKeras, which draws lines of pictures',
    advice: `its own script filters the picture before and the lines after; ${RUNS}`,
    matches: (keys) => keys.hasAll(/(^|\.)downblock_1\.1\.weight$/, /(^|\.)last_conv\.weight$/),
  },
  {
    name: 'U²-Net, which finds what stands out',
    advice: RUNS,
    matches: (keys) => keys.has(/(^|\.)stage1\.rebnconvin\./),
  },
  {
    name: 'a U-Net of fastai (DeOldify or alike)',
    advice: RUNS,
    matches: (keys) => keys.has(/(^|\.)layers\.\d+\.shuf\.conv\./),
  },
  {
    name: 'a network around a StyleGAN (GFPGAN, pSp or alike)',
    advice: RUNS,
    matches: (keys) =>
      keys.has(/\.modulation\.weight$/) &&
      (keys.has(/(^|\.)conv_body_first\./) || keys.has(/(^|\.)encoder\.input_layer\./)),
  },
];

/** What is no generator of pictures from pictures. */
const OTHER_KINDS: readonly OtherNetwork[] = [
  {
    name: "a training run's state",
    advice: 'it holds optimisers and pictures; the generators lie beside it (latest_net_G_A.pth)',
    matches: (keys) => keys.hasAll(/^iteration$/, /^optimizer\.[GD]\.\d+\.exp_avg$/),
  },
  {
    name: 'a PatchGAN discriminator',
    advice: OF_A_GENERATOR,
    matches: (keys) =>
      keys.hasKernel(/(^|\.)model\.0\.weight$/, 4) &&
      keys.hasKernel(/(^|\.)model\.\d+\.weight$/, 4, 1),
  },
  {
    name: "CUT's network of features (latest_net_F.pth)",
    advice:
      'only training needs it; take the generator, which is saved beside it (latest_net_G.pth)',
    matches: (keys) => keys.every(/(^|\.)mlp_\d+\.[02]\.(weight|bias)$/, () => true),
  },
  {
    name: 'a pixel discriminator',
    advice: OF_A_GENERATOR,
    matches: (keys) =>
      keys.hasKernel(/(^|\.)net\.0\.weight$/, 1) && keys.hasKernel(/(^|\.)net\.\d+\.weight$/, 1, 1),
  },
  {
    name: "a discriminator of Coursera's GANs Specialization",
    advice: 'take the generator, which is saved beside it (--key gen, gen_AB or gen_BA)',
    matches: (keys) =>
      keys.hasAll(/(^|\.)contract1\.conv1\.weight$/) &&
      keys.hasKernel(/(^|\.)final\.weight$/, 1, 1),
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
    matches: (keys) =>
      keys.has(/(^|\.)(time_embed|time_embedding|time_mlp|noise_level_mlp)\.\w+\.weight$/) ||
      keys.has(/(^|\.)denoise_fn\./),
  },
  {
    name: 'a LoRA',
    advice: 'it holds changes of another network, a diffusion model in most cases, and no network',
    matches: (keys) => keys.has(/\.lora_(down|up|A|B)(\.\w+)?\.weight$/),
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
  ...GENERATORS_THAT_WANT_MORE,
  ...OTHER_TRANSLATORS,
  ...RESTORING_NETWORKS,
  ...NEAR_NETWORKS,
  ...OTHER_KINDS,
];
