import { isKernel, type KeyPatterns } from './keyPatterns.js';

/** A network whose files people have, and that is of no family that can be run. */
export interface OtherNetwork {
  readonly name: string;
  /** What it asks for that is not here, or what to do. */
  readonly advice: string;
  matches(keys: KeyPatterns): boolean;
}

const RUNS = 'networks of this kind cannot be run';
const OF_A_GENERATOR =
  'CycleGAN training saves it beside the generators; take the file of a generator (latest_net_G_A.pth)';

const BLOCK = /(^|\.)model\.\d+\.conv_block\./;

/** Variants of the CycleGAN authors' ResNet generator, whose blocks are `model.N.conv_block`. */
const RESNET_VARIANTS: readonly OtherNetwork[] = [
  {
    name: "PyTorch-GAN's StarGAN generator",
    advice: 'it wants a label beside the picture, which is not supported',
    matches: (keys) =>
      keys.has(BLOCK) &&
      keys.hasKernel(/(^|\.)model\.0\.weight$/, 7) &&
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

const WANTS_MASK = 'it wants a mask beside the picture, which is not supported';
const WANTS_LABEL_MAP = 'it makes pictures of maps of labels, which are no pictures';
const WANTS_STYLE = 'it wants a style beside the picture, which is not supported';
const WANTS_STYLE_PICTURE = 'it wants a second picture, of the style, which is not supported';
const WANTS_STYLE_VECTOR = 'it wants a style vector beside the picture, which is not supported';

/** Generators that want more than a picture, by names that only they have. */
const OTHER_GENERATORS: readonly OtherNetwork[] = [
  {
    name: 'a StarGAN generator',
    advice: 'it wants a label beside the picture, which is not supported',
    matches: (keys) =>
      keys.hasKernel(/(^|\.)main\.0\.weight$/, 7) && keys.has(/(^|\.)main\.\d+\.main\.0\.weight$/),
  },
  {
    name: "FUNIT's generator",
    advice: 'it wants pictures of the class to translate to, which is not supported',
    matches: (keys) => keys.hasAll(/(^|\.)enc_class_model\./, /(^|\.)enc_content\./),
  },
  {
    name: 'a MUNIT generator or one like it',
    advice: WANTS_STYLE,
    matches: (keys) =>
      keys.has(/(^|\.)enc_content\./) && (keys.has(/(^|\.)enc_style\./) || keys.has(/(^|\.)mlp\./)),
  },
  {
    name: "BicycleGAN's generator",
    advice: WANTS_STYLE_VECTOR,
    // The vector goes to each level, or to the first alone; then the network is known by how it enlarges.
    matches: (keys) =>
      keys.hasAll(/(^|\.)model\.down\.0\.weight$/, /(^|\.)model\.(submodule\.)+down\.1\.weight$/) ||
      (keys.hasKernel(/(^|\.)model\.model\.0\.weight$/, 4) &&
        keys.hasKernel(/(^|\.)model\.model\.5\.weight$/, 3)),
  },
  {
    name: "PyTorch-GAN's BicycleGAN generator",
    advice: WANTS_STYLE_VECTOR,
    matches: (keys) => keys.hasAll(/(^|\.)fc\.weight$/, /(^|\.)down1\.model\.0\.weight$/),
  },
  {
    name: "instaGAN's generator",
    advice: 'it wants masks beside the picture, which is not supported',
    matches: (keys) => keys.hasAll(/(^|\.)encoder_img\.\d+\./, /(^|\.)encoder_seg\.\d+\./),
  },
  {
    name: "StarGAN v2's generator",
    advice: WANTS_STYLE_VECTOR,
    matches: (keys) =>
      keys.hasAll(/(^|\.)from_rgb\.weight$/, /(^|\.)decode\.\d+\.norm1\.fc\.weight$/),
  },
  {
    name: "NICE-GAN's generator",
    advice:
      'what it takes is not a picture but what its discriminator makes of one, which is not supported',
    matches: (keys) => keys.hasAll(/(^|\.)UpBlock0\.1\.weight$/, /(^|\.)UpBlock1_1\./),
  },
  {
    name: "DRIT's generator",
    advice:
      'its encoders are networks of their own, and it wants an attribute vector, which is not supported',
    matches: (keys) => keys.hasAll(/(^|\.)decA1\./, /(^|\.)decB1\./, /(^|\.)mlpA\./),
  },
  {
    name: "SPADE's generator",
    advice: WANTS_LABEL_MAP,
    matches: (keys) => keys.hasAll(/\.mlp_shared\.0\.weight$/, /\.mlp_gamma\.weight$/),
  },
  {
    name: "a pix2pixHD generator of SPADE's repository",
    advice: WANTS_LABEL_MAP,
    matches: (keys) => keys.has(/(^|\.)model\.\d+\.conv_block\.1\.0\.weight/),
  },
  {
    name: "AdaIN's decoder",
    advice: WANTS_STYLE_PICTURE,
    matches: (keys) =>
      keys.hasKernel(/^(decoder\.)?28\.weight$/, 3, 3) &&
      keys.some(/^(decoder\.)?1\.weight$/, ([first, second]) => second === 2 * first),
  },
  {
    name: "MSG-Net's style network",
    advice: WANTS_STYLE_PICTURE,
    matches: (keys) => keys.hasAll(/(^|\.)ins\.weight$/, /(^|\.)model1\.0\.conv2d\.weight$/),
  },
  {
    name: "SinGAN's generator",
    advice: 'it wants noise, and what the scale before it made, which is not supported',
    matches: (keys) =>
      keys.hasAll(/(^|\.)head\.conv\.weight$/, /(^|\.)body\.block1\.conv\.weight$/) &&
      keys.has(/(^|\.)tail\.0\.weight$/),
  },
  {
    name: 'a generator that fills holes (LaMa)',
    advice: WANTS_MASK,
    matches: (keys) => keys.has(/\.ffc\.convl2l\.weight$/),
  },
  {
    name: 'a generator that fills holes (EdgeConnect)',
    advice: WANTS_MASK,
    matches: (keys) =>
      keys.has(/(^|\.)middle\.\d+\.conv_block\./) && keys.has(/(^|\.)encoder\.1\.weight/),
  },
];

/** Keys of networks that enlarge or restore pictures: all of a line are one network's. */
const RESTORERS: readonly (readonly RegExp[])[] = [
  [/(^|\.)conv_first\.weight$/, /(^|\.)conv_last\.weight$/],
  [/(^|\.)model\.1\.sub\.\d+\.RDB1\./],
  [/(^|\.)sub_mean\.weight$/, /(^|\.)tail\./],
  [/(^|\.)block1\.0\.weight$/, /(^|\.)block8\.0\.conv\.weight$/],
  [/(^|\.)upsampling\.0\.weight$/, /(^|\.)res_blocks\.0\.conv_block\./],
  [/(^|\.)intro\.weight$/, /(^|\.)middle_blks\./],
  [/(^|\.)patch_embed\.proj\.weight$/, /(^|\.)encoder_level1\./],
  [/(^|\.)shallow_feat1\.0\.weight$/],
  [/(^|\.)g1\.gp\.0\.palayer\.pa\.0\.weight$/],
  [/(^|\.)conv_input\.weight$/, /(^|\.)upscale[24]x\.0\.weight$/],
  [/(^|\.)fpn\.lateral4\.weight$/, /(^|\.)smooth2\.0\.weight$/],
  [/(^|\.)Sequential\.0\.weight$/, /(^|\.)Sequential\.12\.weight$/],
  [/(^|\.)unet1\.conv1\./, /(^|\.)unet2\.conv1\./],
];

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
    name: 'a network that enlarges or restores pictures (ESRGAN, SRGAN, EDSR, SwinIR, NAFNet, Restormer, waifu2x, DeblurGAN-v2 or alike)',
    advice: RUNS,
    matches: (keys) => RESTORERS.some((patterns) => keys.hasAll(...patterns)),
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
    name: 'Zero-DCE, which lightens pictures',
    advice: RUNS,
    matches: (keys) => keys.hasAll(/(^|\.)e_conv1\./, /(^|\.)e_conv7\./),
  },
  {
    name: "a U-Net of milesial's Pytorch-UNet, or one like it",
    advice: RUNS,
    matches: (keys) => keys.hasAll(/\.double_conv\.0\.weight$/, /\.maxpool_conv\.1\./),
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
  ...OTHER_GENERATORS,
  ...OTHER_TRANSLATORS,
  ...NEAR_NETWORKS,
  ...OTHER_KINDS,
];
