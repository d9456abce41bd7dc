import { type Anchor, type Family, USUAL_TRAITS } from '../family.js';
import { convolutionAt } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { ZnxlwmPix2PixGenerator } from './pix2PixGenerator.js';

/** What a file tells of znxlwm's pix2pix generator. */
export type ZnxlwmPix2PixConfig = {
  readonly d: number;
};

const ANCHOR: Anchor = {
  key: 'deconv8.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 4,
};

const HINT_DROPOUT =
  'Its repository drops values at random when it makes pictures, too, so none of its pictures comes out twice; here nothing is dropped.';

/** Generators of znxlwm's pix2pix. */
export const znxlwmPix2PixFamily: Family<ZnxlwmPix2PixConfig, ZnxlwmPix2PixGenerator> = {
  name: 'znxlwm-pix2pix',
  title: 'a pix2pix generator of znxlwm',
  repository: 'znxlwm/pytorch-pix2pix',
  className: 'generator',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer: (tensors) => ({ d: convolutionAt(tensors, 'conv1.weight', 4).first }),
  build: ({ d }) => new ZnxlwmPix2PixGenerator(d),
  describe: ({ d }) => `ZnxlwmPix2PixGenerator(${d}), batch norm`,
  traits: () => ({
    ...USUAL_TRAITS,
    sizeRule: { multipleOf: 256, roundsUpTo: 1 },
    statistics: 'running',
    padding: 'zero',
  }),
  hints: () => [HINT_DROPOUT],
};
