/** A model that can be fetched by name. */
export interface ModelEntry {
  /** What users type: the group, a slash, the model. */
  readonly name: string;
  readonly url: string;
  /** Length and digest of the file, where they are known: what else comes is then refused. */
  readonly bytes?: number;
  readonly sha256?: string;
}

const BOOK = 'https://github.com/deep-learning-with-pytorch/dlwpt-code/raw/master/data/p1ch2';
const ZOO = 'http://efrosgans.eecs.berkeley.edu/cyclegan/pretrained_models';

/** Every address that the command knows. */
export const MODELS: readonly ModelEntry[] = [
  {
    name: 'book/horse2zebra',
    url: `${BOOK}/horse2zebra_0.4.0.pth`,
    bytes: 45_519_250,
    sha256: '043afb9bdb059f8423ba772f9b01b5d72dc63f8221989e7750807df6c55d56b4',
  },
  { name: 'zoo/apple2orange', url: `${ZOO}/apple2orange.pth` },
  { name: 'zoo/orange2apple', url: `${ZOO}/orange2apple.pth` },
  { name: 'zoo/summer2winter_yosemite', url: `${ZOO}/summer2winter_yosemite.pth` },
  { name: 'zoo/winter2summer_yosemite', url: `${ZOO}/winter2summer_yosemite.pth` },
  { name: 'zoo/horse2zebra', url: `${ZOO}/horse2zebra.pth` },
  { name: 'zoo/zebra2horse', url: `${ZOO}/zebra2horse.pth` },
  { name: 'zoo/monet2photo', url: `${ZOO}/monet2photo.pth` },
  { name: 'zoo/style_monet', url: `${ZOO}/style_monet.pth` },
  { name: 'zoo/style_cezanne', url: `${ZOO}/style_cezanne.pth` },
  { name: 'zoo/style_ukiyoe', url: `${ZOO}/style_ukiyoe.pth` },
  { name: 'zoo/style_vangogh', url: `${ZOO}/style_vangogh.pth` },
  { name: 'zoo/sat2map', url: `${ZOO}/sat2map.pth` },
  { name: 'zoo/map2sat', url: `${ZOO}/map2sat.pth` },
  { name: 'zoo/cityscapes_photo2label', url: `${ZOO}/cityscapes_photo2label.pth` },
  { name: 'zoo/cityscapes_label2photo', url: `${ZOO}/cityscapes_label2photo.pth` },
  { name: 'zoo/facades_photo2label', url: `${ZOO}/facades_photo2label.pth` },
  { name: 'zoo/facades_label2photo', url: `${ZOO}/facades_label2photo.pth` },
  { name: 'zoo/iphone2dslr_flower', url: `${ZOO}/iphone2dslr_flower.pth` },
];
