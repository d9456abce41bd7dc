import type { ValueRange } from '../generator/family.js';

/** A model that can be fetched by name. */
export interface ModelEntry {
  /** What users type: the group, a slash, the model. */
  readonly name: string;
  readonly url: string;
  /** Length and digest of the file, where they are known: what else comes is then refused. */
  readonly bytes?: number;
  readonly sha256?: string;
  /** The values of the pictures that it was trained with, where its file does not tell. */
  readonly inputRange?: ValueRange;
}

const BOOK = 'https://github.com/deep-learning-with-pytorch/dlwpt-code/raw/master/data/p1ch2';
const ZOO = 'http://efrosgans.eecs.berkeley.edu/cyclegan/pretrained_models';

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

/** Their script normalises pictures to [−1, 1]. */
function zooModel(name: string): ModelEntry {
  return { name: `zoo/${name}`, url: `${ZOO}/${name}.pth`, inputRange: [-1, 1] };
}

/** Every address that the command knows. */
export const MODELS: readonly ModelEntry[] = [
  {
    name: 'book/horse2zebra',
    url: `${BOOK}/horse2zebra_0.4.0.pth`,
    bytes: 45_519_250,
    sha256: '043afb9bdb059f8423ba772f9b01b5d72dc63f8221989e7750807df6c55d56b4',
  },
  ...ZOO_MODELS.map(zooModel),
];
