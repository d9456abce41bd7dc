import { known, type OtherNetwork, RUNS } from './otherNetwork.js';

const wants = (what: string) => `it wants ${what}, which is not supported`;
const BESIDE = 'beside the picture';
const LABEL = wants(`a label ${BESIDE}`);
const MASK = wants(`a mask ${BESIDE}`);
const STYLE = wants(`a style ${BESIDE}`);
const STYLE_PICTURE = wants('a second picture, of the style');
const STYLE_VECTOR = wants(`a style vector ${BESIDE}`);
const LABEL_MAP = 'it makes pictures of maps of labels, which are no pictures';
const HOLES = 'a generator that fills holes';

/** Red, green and blue. */
const PICTURE_CHANNELS = 3;

/** Generators that want more than a picture, by names that only they have. */
export const GENERATORS_THAT_WANT_MORE: readonly OtherNetwork[] = [
  known(
    "BeautyGAN's generator",
    'it takes two pictures, and makes two',
    'main.#.main.0.weight branch_1.#.weight',
  ),
  {
    name: 'a StarGAN generator, or one like it (GANimation)',
    advice: LABEL,
    // Planes of the label lie beside the colours of the picture.
    matches: (keys) =>
      keys.has(/(^|\.)main\.\d+\.main\.0\.weight$/) &&
      keys.some(
        /(^|\.)main\.0\.weight$/,
        ([, second, side]) => side === 7 && second > PICTURE_CHANNELS,
      ),
  },
  known(
    "a generator with StarGAN's layers and no label",
    RUNS,
    'main.0.weight@7 main.#.main.0.weight',
  ),
  {
    name: "PyTorch-GAN's StarGAN generator",
    advice: LABEL,
    matches: (keys) =>
      keys.has(/(^|\.)model\.\d+\.conv_block\./) &&
      keys.hasKernel(/(^|\.)model\.3\.weight$/, 4) &&
      keys.some(
        /(^|\.)model\.0\.weight$/,
        ([, second, side]) => side === 7 && second > PICTURE_CHANNELS,
      ),
  },
  known(
    'an AttGAN generator, or one like it (STGAN)',
    wants(`attributes ${BESIDE}`),
    'enc_layers.0. dec_layers.0.',
  ),
  known(
    "FUNIT's generator",
    wants('pictures of the class to translate to'),
    'enc_class_model. enc_content.',
  ),
  known('a MUNIT generator or one like it', STYLE, 'enc_content. enc_style.'),
  known('a MUNIT generator or one like it', STYLE, 'enc_content. mlp.'),
  {
    name: "BicycleGAN's generator",
    advice: STYLE_VECTOR,
    // The vector goes to each level, or to the first alone; then the network is known by how it enlarges.
    matches: (keys) =>
      keys.hasAll(/(^|\.)model\.down\.0\.weight$/, /(^|\.)model\.(submodule\.)+down\.1\.weight$/) ||
      (keys.hasKernel(/(^|\.)model\.model\.0\.weight$/, 4) &&
        keys.hasKernel(/(^|\.)model\.model\.5\.weight$/, 3)),
  },
  known("PyTorch-GAN's BicycleGAN generator", STYLE_VECTOR, 'fc.weight down1.model.0.weight'),
  known("instaGAN's generator", wants(`masks ${BESIDE}`), 'encoder_img.#. encoder_seg.#.'),
  known("StarGAN v2's generator", STYLE_VECTOR, 'from_rgb.weight decode.#.norm1.fc.weight'),
  known(
    "NICE-GAN's generator",
    'what it takes is not a picture but what its discriminator makes of one, which is not supported',
    'UpBlock0.1.weight UpBlock1_1.',
  ),
  known(
    "DRIT's generator",
    `its encoders are networks of their own, and ${wants('an attribute vector')}`,
    'decA1. decB1. mlpA.',
  ),
  known("SPADE's generator", LABEL_MAP, 'mlp_shared.0.weight mlp_gamma.weight'),
  {
    name: "a pix2pixHD generator of SPADE's repository",
    advice: LABEL_MAP,
    matches: (keys) => keys.has(/(^|\.)model\.\d+\.conv_block\.1\.0\.weight/),
  },
  {
    name: "AdaIN's decoder",
    advice: STYLE_PICTURE,
    matches: (keys) =>
      keys.hasKernel(/^(decoder\.)?28\.weight$/, 3, 3) &&
      keys.some(/^(decoder\.)?1\.weight$/, ([first, second]) => second === 2 * first),
  },
  known("MSG-Net's style network", STYLE_PICTURE, 'ins.weight model1.0.conv2d.weight'),
  known('a network of PhotoWCT', STYLE_PICTURE, 'e4.conv0.weight d4.conv4_1.weight'),
  known(
    "SinGAN's generator",
    wants('noise, and what the scale before it made'),
    'head.conv.weight body.block1.conv.weight tail.0.weight',
  ),
  known(`${HOLES} (LaMa)`, MASK, 'ffc.convl2l.weight'),
  known(`${HOLES} (EdgeConnect)`, MASK, 'middle.#.conv_block. encoder.1.'),
  {
    name: `${HOLES} (DeepFill v2, partial convolutions)`,
    advice: MASK,
    matches: (keys) => keys.has(/\.mask_conv(2d)?\.(\w+\.)?weight/),
  },
  known(
    "PyTorch-GAN's context encoder",
    'it makes what fills a hole in the middle of a picture, and no whole one',
    'model.0.weight@4 model.14.weight@1',
  ),
  known(
    "PyTorch-GAN's CCGAN generator",
    wants('a small copy beside a picture with a hole'),
    'down6.model.0.weight final.1.weight@3',
  ),
  known(
    "manga-colorization-v2's generator",
    wants(`hints of colours and a mask of them ${BESIDE}`),
    'to0. tunnel4.',
  ),
];
