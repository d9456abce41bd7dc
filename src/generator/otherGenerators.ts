import { type OtherNetwork, RUNS } from './otherNetwork.js';

const WANTS_MASK = 'it wants a mask beside the picture, which is not supported';
const WANTS_LABEL_MAP = 'it makes pictures of maps of labels, which are no pictures';
const WANTS_STYLE = 'it wants a style beside the picture, which is not supported';
const WANTS_STYLE_PICTURE = 'it wants a second picture, of the style, which is not supported';
const WANTS_STYLE_VECTOR = 'it wants a style vector beside the picture, which is not supported';

/** A residual block of StarGAN. */
const STARGAN_BLOCK = /(^|\.)main\.\d+\.main\.0\.weight$/;
/** Red, green and blue. */
const PICTURE_CHANNELS = 3;

/** Generators that want more than a picture, by names that only they have. */
export const GENERATORS_THAT_WANT_MORE: readonly OtherNetwork[] = [
  {
    name: "BeautyGAN's generator",
    advice: 'it takes two pictures, and makes two',
    matches: (keys) => keys.hasAll(STARGAN_BLOCK, /(^|\.)branch_1\.\d+\.weight$/),
  },
  {
    name: 'a StarGAN generator, or one like it (GANimation)',
    advice: 'it wants a label beside the picture, which is not supported',
    // Planes of the label lie beside the colours of the picture.
    matches: (keys) =>
      keys.has(STARGAN_BLOCK) &&
      keys.some(
        /(^|\.)main\.0\.weight$/,
        ([, second, side]) => side === 7 && second > PICTURE_CHANNELS,
      ),
  },
  {
    name: "a generator with StarGAN's layers and no label",
    advice: RUNS,
    matches: (keys) => keys.hasKernel(/(^|\.)main\.0\.weight$/, 7) && keys.has(STARGAN_BLOCK),
  },
  {
    name: 'an AttGAN generator, or one like it (STGAN)',
    advice: 'it wants attributes beside the picture, which is not supported',
    matches: (keys) => keys.hasAll(/(^|\.)enc_layers\.0\./, /(^|\.)dec_layers\.0\./),
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
    name: 'a generator that fills holes (DeepFill v2)',
    advice: WANTS_MASK,
    matches: (keys) => keys.has(/\.mask_conv2d\.(\w+\.)?weight/),
  },
  {
    name: "PyTorch-GAN's context encoder",
    advice: 'it makes what fills a hole in the middle of a picture, and no whole one',
    matches: (keys) =>
      keys.hasKernel(/(^|\.)model\.0\.weight$/, 4) && keys.hasKernel(/(^|\.)model\.14\.weight$/, 1),
  },
  {
    name: "PyTorch-GAN's CCGAN generator",
    advice: 'it wants a small copy beside a picture with a hole, which is not supported',
    matches: (keys) =>
      keys.has(/(^|\.)down6\.model\.0\.weight$/) && keys.hasKernel(/(^|\.)final\.1\.weight$/, 3),
  },
  {
    name: "manga-colorization-v2's generator",
    advice:
      'it wants hints of colours and a mask of them beside the picture, which is not supported',
    matches: (keys) => keys.hasAll(/(^|\.)to0\./, /(^|\.)tunnel4\./),
  },
  {
    name: 'a generator that fills holes (EdgeConnect)',
    advice: WANTS_MASK,
    matches: (keys) =>
      keys.has(/(^|\.)middle\.\d+\.conv_block\./) && keys.has(/(^|\.)encoder\.1\.weight/),
  },
];
