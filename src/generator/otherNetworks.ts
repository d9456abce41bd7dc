import type { Shape } from '../tensor/shape.js';
import { isKernel, type KeyPatterns } from './keyPatterns.js';
import { GENERATORS_THAT_WANT_MORE } from './otherGenerators.js';
import { known, type OtherNetwork, RUNS } from './otherNetwork.js';
import { RESTORING_NETWORKS } from './restoringNetworks.js';

const OF_A_GENERATOR =
  'training saves it beside the generator; take the file of that (latest_net_G_A.pth of CycleGAN)';

/** Nearly the CycleGAN authors' ResNet generator. */
const RESIZING: OtherNetwork = {
  name: 'a generator that enlarges by resizing and convolving',
  advice: 'only those of PyTorch-GAN and of CUT can be run',
  matches: (keys) => keys.hasKernel(/(^|\.)model\.1\.weight$/, 7) && hasHalving(keys),
};

/** A convolution's weight is `[out, in, 3, 3]`, a transposed one's `[in, out, 3, 3]`: only the former halves. */
function hasHalving(keys: KeyPatterns): boolean {
  return keys.some(
    /(^|\.)model\.\d+\.weight$/,
    (shape) => isKernel(shape) && shape[2] === 3 && shape[1] === 2 * shape[0],
  );
}

/**
 * Whether weights are those of the CycleGAN authors' ResNet generator, one after the other: a convolution of 7×7, some that double
 * the channels, pairs that keep them, as many as before that halve them, and one of 7×7.
 */
function isResNet(weights: readonly Shape[]): boolean {
  const [first, ...rest] = weights;
  const is = (shape: Shape | undefined, ...expected: Shape) =>
    shape?.length === 4 && expected.every((side, axis) => shape[axis] === side);
  if (first?.[2] !== KERNEL) return false;
  let [channels] = first;
  let next = rest.shift();
  let halvings = 0;
  for (; is(next, 2 * channels, channels, 3); next = rest.shift(), halvings++) channels *= 2;
  let inBlocks = 0;
  for (; is(next, channels, channels, 3); next = rest.shift()) inBlocks++;
  // A transposed convolution has its input's channels first.
  for (; halvings > 0 && is(next, channels, channels / 2, 3); next = rest.shift(), halvings--)
    channels /= 2;
  const isLast = next?.length === 4 && next[1] === channels && next[2] === KERNEL;
  return isLast && halvings === 0 && inBlocks > 0 && inBlocks % 2 === 0 && rest.length === 0;
}

/** Of a generator's first and last convolution. */
const KERNEL = 7;

/**
 * Networks that have most of the keys of a family, and compute something else. Keys alone would have people rename the others, and get a
 * wrong picture.
 */
export const NEAR_NETWORKS: readonly OtherNetwork[] = [
  known(
    "abhiskk's fast-neural-style network, of which PyTorch's examples made theirs",
    `its norms, blocks and output are others, and it has blue first; ${RUNS}`,
    'conv1.conv2d.weight@9 res1.in1.scale',
  ),
  known(
    "ReCoNet's generator",
    `its output is another than that of the style networks whose keys it has; ${RUNS}`,
    'deconv3.conv2d.weight@9 conv1.instance.weight',
  ),
  known(
    "Anime2Sketch's improved network",
    'of that repository, the first one (netG.pth) can be run',
    'model.5.smooth.kernel model.5.mlp.0.weight',
  ),
  known(
    'a network with layers of self-attention',
    RUNS,
    'query(_conv)?.weight key(_conv)?.weight gamma',
  ),
  {
    name: 'a ResNet generator whose layers have other names',
    advice:
      'if it is the CycleGAN authors\' in all else, it can be run under their names ("model.1.weight", "model.10.conv_block.1.weight")',
    // joliGAN's decoder stands beside its encoder. A PReLU has one number.
    matches: (keys) =>
      isResNet(keys.weights) &&
      (keys.has(/(^|\.)decoder\.model\./) || !keys.has(/(^|\.)model\.\d+\.conv_block\./)) &&
      !keys.some(/\.weight$/, ({ length, 0: first }) => length === 1 && first === 1),
  },
];

/** Networks that make pictures of pictures, by other layers than those that can be run. */
const OTHER_TRANSLATORS: readonly OtherNetwork[] = [
  known(
    'a style network of another repository',
    "only those of PyTorch's examples and of rrmina/fast-neural-style-pytorch can be run",
    '(model.0.block.1|up3.conv2d|deconv1.conv2d).weight@9',
  ),
  known(
    'a network of richzhang/colorization, which makes colours of greys',
    RUNS,
    'model8(up)?.0.weight model_out.(0.)?weight',
  ),
  known(
    "a generator of hanyoseob's pytorch-CycleGAN or pytorch-pix2pix",
    RUNS,
    'enc1.cbr.0.conv.weight dec1.(de)?cbr.0.',
  ),
  known("labml's CycleGAN generator", RUNS, 'layers.0.weight@7 layers.9.block.3.'),
  known("FilipAndersson245's CartoonGAN generator", RUNS, 'down.3.1. up.0.shuffle.'),
  known("mateuszbuda's U-Net, which marks regions", RUNS, 'encoder1.enc1conv1.'),
  known("a U-Net of milesial's Pytorch-UNet, or one like it", RUNS, 'double_conv. maxpool_conv.'),
  known(
    'sketchKeras, which draws lines of pictures',
    `its own script filters the picture before and the lines after; ${RUNS}`,
    'downblock_1. last_conv.',
  ),
  known('DexiNed, which finds edges', RUNS, 'block_1.conv1. up_block_1.'),
  known('MODNet, which cuts people out', RUNS, 'lr_branch. hr_branch.'),
  known('U²-Net, which finds what stands out', RUNS, 'stage1.rebnconvin.'),
  known('a U-Net of fastai (DeOldify or alike)', RUNS, 'layers.#.shuf.conv.'),
  known(
    'a network around a StyleGAN (GFPGAN, pSp or alike)',
    RUNS,
    'modulation.weight (conv_body_first|encoder.input_layer).',
  ),
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
    // Generators have fully connected layers, too, but none that ends in one of its own.
    matches: ({ lastWeight: [key, shape] = ['', []] }) =>
      shape.length === 2 && /^(\w+\.)?(fc|classifier(\.\d+)?|head)\.weight$/.test(key),
  },
  known(
    'a diffusion model',
    RUNS,
    '(denoise_fn|(time_embed|time_embedding|time_mlp|noise_level_mlp).\\w+).',
  ),
  known(
    'a LoRA',
    'it holds changes of another network, a diffusion model in most cases, and no network',
    'lora_(down|up|A|B).(\\w+.)?weight',
  ),
  ...['modulation.weight', 'mapping. synthesis.'].map((keys) =>
    known('a StyleGAN generator', `it makes pictures of noise; ${RUNS}`, keys),
  ),
];

/** In the order in which they are asked: what says most comes first. */
export const OTHER_NETWORKS: readonly OtherNetwork[] = [
  RESIZING,
  ...GENERATORS_THAT_WANT_MORE,
  ...OTHER_TRANSLATORS,
  ...RESTORING_NETWORKS,
  ...NEAR_NETWORKS,
  ...OTHER_KINDS,
];
