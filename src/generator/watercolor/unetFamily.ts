import { type Anchor, type Family, USUAL_TRAITS } from '../family.js';
import { convolutionAt } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { CycleGANUnetGenerator } from './unetGenerator.js';

/** What a file tells of such a U-Net. */
export type WatercolorConfig = {
  readonly filter: number;
};

const ANCHOR: Anchor = {
  key: 'downsamples.0.conv.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 4,
};

/** U-Nets of watercolor-CycleGAN, and of notebooks like it. */
export const watercolorFamily: Family<WatercolorConfig, CycleGANUnetGenerator> = {
  name: 'watercolor',
  title: 'a U-Net generator of watercolor-CycleGAN',
  repository: 'cenarturkmen/watercolor-CycleGAN',
  className: 'CycleGAN_Unet_Generator',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer: (tensors) => ({ filter: convolutionAt(tensors, ANCHOR.key, 4).first }),
  build: ({ filter }) => new CycleGANUnetGenerator(filter),
  describe: ({ filter }) => `CycleGANUnetGenerator(${filter}), instance norm`,
  traits: () => ({
    ...USUAL_TRAITS,
    sizeRule: { multipleOf: 32, roundsUpTo: 1 },
    padding: 'zero',
  }),
};
