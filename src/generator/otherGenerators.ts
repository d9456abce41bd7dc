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
  known("BeautyGAN's generator", 'it takes two pictures, and makes two', 'main.#.main. branch_1.'),
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
  known("a generator with StarGAN's layers and no label", RUNS, 'main.0.weight@7 main.#.main.'),
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
    'an AttGAN generator, or one like it (STGAN, Fader Networks)',
    wants(`attributes ${BESIDE}`),
    'enc_layers.0. dec_layers.0.',
  ),
  known(
    "FUNIT's generator",
    wants('pictures of the class to translate to'),
    'enc_class_model. enc_content.',
  ),
  known('a MUNIT generator or one like it', STYLE, 'enc_content. (enc_style|mlp).'),
  // The vector goes to each level, or to the first alone; then the network is known by how it enlarges.
  ...[
    'model.down.0. model.(submodule.)+down.1.',
    'model.model.0.weight@4 model.model.5.weight@3',
    'fc. down1.model.',
  ].map((keys) => known("BicycleGAN's generator", STYLE_VECTOR, keys)),
  known("instaGAN's generator", wants(`masks ${BESIDE}`), 'encoder_img.#. encoder_seg.#.'),
  known("StarGAN v2's generator", STYLE_VECTOR, 'from_rgb. decode.#.norm1.fc.'),
  known(
    "NICE-GAN's generator",
    'what it takes is not a picture but what its discriminator makes of one, which is not supported',
    'UpBlock0. UpBlock1_1.',
  ),
  known(
    "DRIT's generator",
    `its encoders are networks of their own, and ${wants('an attribute vector')}`,
    'decA1. decB1. mlpA.',
  ),
  known("SPADE's generator", LABEL_MAP, 'mlp_shared. mlp_gamma.'),
  known("a pix2pixHD generator of SPADE's repository", LABEL_MAP, 'model.#.conv_block.1.0.'),
  {
    name: "AdaIN's decoder",
    advice: STYLE_PICTURE,
    matches: (keys) =>
      keys.hasKernel(/^(decoder\.)?28\.weight$/, 3, 3) &&
      keys.some(/^(decoder\.)?1\.weight$/, ([first, second]) => second === 2 * first),
  },
  known("MSG-Net's style network", STYLE_PICTURE, 'ins.weight model1.0.conv2d.'),
  known('a network of PhotoWCT', STYLE_PICTURE, 'e4.conv0. d4.conv4_1.'),
  known(
    "SinGAN's generator",
    wants('noise, and what the scale before it made'),
    'head.conv. body.block1.conv. tail.0.',
  ),
  known(`${HOLES} (LaMa)`, MASK, 'ffc.convl2l.'),
  known(`${HOLES} (EdgeConnect)`, MASK, 'middle.#.conv_block. encoder.1.'),
  known(`${HOLES} (DeepFill v2, partial convolutions)`, MASK, 'mask_conv(2d)?.'),
  known(
    'a network that sets pictures in motion (first-order-model or alike)',
    wants('a video that moves'),
    'dense_motion_network. bottleneck.',
  ),
  known(
    "PyTorch-GAN's context encoder",
    'it makes what fills a hole in the middle of a picture, and no whole one',
    'model.0.weight@4 model.14.weight@1',
  ),
  known(
    "PyTorch-GAN's CCGAN generator",
    wants('a small copy beside a picture with a hole'),
    'down6.model. final.1.weight@3',
  ),
  known(
    "manga-colorization-v2's generator",
    wants(`hints of colours and a mask of them ${BESIDE}`),
    'to0. tunnel4.',
  ),
];
