import type { ValueRange } from '../generator/family.js';

/** A model that a repository publishes. */
export interface ModelEntry {
  /** What users type: the group, a slash, the model. */
  readonly name: string;
  /** Whose it is: `owner/name` on GitHub. */
  readonly repository: string;
  /** Of that repository, as it names it; absent where it names none. */
  readonly licence?: string;
  /** Where its weight file is; `null` where only people get it, from an archive or a page. */
  readonly url: string | null;
  /** The archive or the page, where there is no `url`. */
  readonly page?: string;
  /** Length and digest of the file, where they are on record: what else comes is then refused. Of the digest, the first digits may be. */
  readonly bytes?: number;
  readonly sha256?: string;
  /** Where in the file the generator is, if there are several. */
  readonly key?: string;
  /** The values of the pictures that it was trained with, where its file does not tell. */
  readonly inputRange?: ValueRange;
}

/** A model that can be fetched by name. */
export type FetchedModel = ModelEntry & { readonly url: string };

const BOOK = 'https://github.com/deep-learning-with-pytorch/dlwpt-code/raw/master/data/p1ch2';
const BERKELEY = 'http://efrosgans.eecs.berkeley.edu';
const OPENMMLAB = 'https://download.openmmlab.com/mmgen';

/** What the CycleGAN authors have trained. */
const ZOO_MODELS = [
  'apple2orange',
  'orange2apple',
  'summer2winter_yosemite',
  'winter2summer_yosemite',
  'horse2zebra',
  'zebra2horse',
  'monet2photo',
  'style_monet',
  'style_cezanne',
  'style_ukiyoe',
  'style_vangogh',
  'sat2map',
  'map2sat',
  'cityscapes_photo2label',
  'cityscapes_label2photo',
  'facades_photo2label',
  'facades_label2photo',
  'iphone2dslr_flower',
];

const PIX2PIX_MODELS = ['edges2shoes', 'sat2map', 'map2sat', 'facades_label2photo', 'day2night'];

const ANIMEGAN_MODELS = ['face_paint_512_v2', 'face_paint_512_v1', 'celeba_distill', 'paprika'];

const CARTOONGAN_STYLES = ['Hayao', 'Hosoda', 'Paprika', 'Shinkai'];

const STYLES = ['mosaic', 'candy', 'rain_princess', 'udnie'];

const RRMINA_STYLES = ['bayanihan', 'lazy', 'mosaic', 'starry', 'tokyo_ghoul', 'udnie', 'wave'];

/** The folder of pretrained models that CUT's README names; its training scripts call the two methods so. */
const CUT_MODELS = ['cityscapes', 'horse2zebra', 'cat2dog'].flatMap((data) =>
  ['cut', 'fastcut'].map((method) => `${data}_${method}`),
);

/** The digits at the end of a file's name are the first of its SHA-256. */
const MMGEN_FILES = [
  ['horse2zebra', 'zebra', '1x1_266800_horse2zebra_convert-bgr_20210902_170004-a32c733a'],
  ['zebra2horse', 'horse', '1x1_266800_horse2zebra_convert-bgr_20210902_170004-a32c733a'],
  ['summer2winter', 'winter', '1x1_246200_summer2winter_convert-bgr_20210902_165932-fcf08dc1'],
  ['winter2summer', 'summer', '1x1_246200_summer2winter_convert-bgr_20210902_165932-fcf08dc1'],
  ['facades', 'photo', '1x1_80k_facades_20210902_165905-5e2c0876'],
] as const;

const MMGEN_PIX2PIX_FILES = [
  ['pix2pix_facades', 'bn_1x1_80k_facades_20210902_170442-c0958d50'],
  ['pix2pix_aerial2maps', 'bn_a2b_1x1_219200_maps_convert-bgr_20210902_170729-59a31517'],
  ['pix2pix_maps2aerial', 'bn_b2a_1x1_219200_maps_convert-bgr_20210902_170814-6d2eac4a'],
  [
    'pix2pix_edges2shoes',
    'bn_wo_jitter_flip_1x4_186840_edges2shoes_convert-bgr_20210902_170902-0c828552',
  ],
] as const;

function digestAtEnd(file: string): string {
  return file.slice(file.lastIndexOf('-') + 1);
}

/** All that the command knows, as the repositories' own README files and scripts tell. */
export const MODELS: readonly ModelEntry[] = [
  {
    name: 'book/horse2zebra',
    repository: 'deep-learning-with-pytorch/dlwpt-code',
    url: `${BOOK}/horse2zebra_0.4.0.pth`,
    bytes: 45_519_250,
    sha256: '043afb9bdb059f8423ba772f9b01b5d72dc63f8221989e7750807df6c55d56b4',
  },
  // The authors' script normalises pictures to [−1, 1].
  ...ZOO_MODELS.map(
    (name): ModelEntry => ({
      name: `zoo/${name}`,
      repository: 'junyanz/pytorch-CycleGAN-and-pix2pix',
      licence: 'BSD',
      url: `${BERKELEY}/cyclegan/pretrained_models/${name}.pth`,
      inputRange: [-1, 1],
    }),
  ),
  ...PIX2PIX_MODELS.map(
    (name): ModelEntry => ({
      name: `pix2pix/${name}`,
      repository: 'junyanz/pytorch-CycleGAN-and-pix2pix',
      licence: 'BSD',
      url: `${BERKELEY}/pix2pix/models-pytorch/${name}.pth`,
    }),
  ),
  ...CUT_MODELS.map(
    (name): ModelEntry => ({
      name: `cut/${name}`,
      repository: 'taesungp/contrastive-unpaired-translation',
      licence: 'BSD',
      url: null,
      page: `${BERKELEY}/CUT/pretrained_models.tar`,
    }),
  ),
  ...ANIMEGAN_MODELS.map(
    (name): ModelEntry => ({
      name: `animegan2/${name}`,
      repository: 'bryandlee/animegan2-pytorch',
      licence: 'MIT',
      url: `https://github.com/bryandlee/animegan2-pytorch/raw/main/weights/${name}.pt`,
    }),
  ),
  ...CARTOONGAN_STYLES.map(
    (style): ModelEntry => ({
      name: `cartoongan/${style.toLowerCase()}`,
      repository: 'Yijunmaverick/CartoonGAN-Test-Pytorch-Torch',
      licence: 'MIT',
      url: `http://vllab1.ucmerced.edu/~yli62/CartoonGAN/pytorch_pth/${style}_net_G_float.pth`,
    }),
  ),
  ...STYLES.map(
    (style): ModelEntry => ({
      name: `style/${style}`,
      repository: 'pytorch/examples',
      licence: 'BSD-3-Clause',
      url: null,
      page: 'https://www.dropbox.com/s/lrvwfehqdcxoza8/saved_models.zip?dl=1',
    }),
  ),
  ...RRMINA_STYLES.map(
    (style): ModelEntry => ({
      name: `rrmina/${style}`,
      repository: 'rrmina/fast-neural-style-pytorch',
      licence: 'academic and research use',
      url: `https://github.com/rrmina/fast-neural-style-pytorch/raw/master/transforms/${style}.pth`,
    }),
  ),
  ...MMGEN_FILES.map(
    ([name, domain, file]): ModelEntry => ({
      name: `mmgen/${name}`,
      repository: 'open-mmlab/mmgeneration',
      licence: 'Apache-2.0',
      url: `${OPENMMLAB}/cyclegan/refactor/cyclegan_lsgan_resnet_in_${file}.pth`,
      sha256: digestAtEnd(file),
      key: `generators.${domain}`,
    }),
  ),
  ...MMGEN_PIX2PIX_FILES.map(
    ([name, file]): ModelEntry => ({
      name: `mmgen/${name}`,
      repository: 'open-mmlab/mmgeneration',
      licence: 'Apache-2.0',
      url: `${OPENMMLAB}/pix2pix/refactor/pix2pix_vanilla_unet_${file}.pth`,
      sha256: digestAtEnd(file),
    }),
  ),
  {
    name: 'whitebox/sceneryonly',
    repository: 'vinesmsuic/White-box-Cartoonization-PyTorch',
    licence: 'Apache-2.0',
    url: 'https://github.com/vinesmsuic/White-box-Cartoonization-PyTorch/raw/main/weights/sceneryonly.pth.tar',
  },
  {
    name: 'photo2cartoon/photo2cartoon',
    repository: 'minivision-ai/photo2cartoon',
    licence: 'MIT',
    url: null,
    page: 'https://drive.google.com/open?id=1lsQS8hOCquMFKJFhK_z-n03ixWGkjT2P',
  },
];
