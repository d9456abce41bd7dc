import { type Anchor, type Family, USUAL_TRAITS } from '../family.js';
import { convolutionAt } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { AladdinperssonPix2PixGenerator } from './pix2PixGenerator.js';

/** What a file tells of aladdinpersson's pix2pix generator. */
export type AladdinperssonPix2PixConfig = {
  readonly inChannels: number;
  readonly features: number;
};

const ANCHOR: Anchor = {
  key: 'initial_down.0.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 4,
};

/** Generators of aladdinpersson's pix2pix. */
export const aladdinperssonPix2PixFamily: Family<
  AladdinperssonPix2PixConfig,
  AladdinperssonPix2PixGenerator
> = {
  name: 'aladdinpersson-pix2pix',
  title: 'a pix2pix generator of aladdinpersson',
  repository: 'aladdinpersson/Machine-Learning-Collection',
  className: 'Generator',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer: (tensors) => {
    const { first: features, second: inChannels } = convolutionAt(tensors, ANCHOR.key, 4);
    return { inChannels, features };
  },
  build: ({ inChannels, features }) => new AladdinperssonPix2PixGenerator(inChannels, features),
  describe: ({ inChannels, features }) =>
    `AladdinperssonPix2PixGenerator(${inChannels}, ${features}), batch norm`,
  traits: ({ inChannels }) => ({
    ...USUAL_TRAITS,
    inputChannels: inChannels,
    outputChannels: inChannels,
    sizeRule: { multipleOf: 256, roundsUpTo: 1 },
    statistics: 'running',
  }),
};
