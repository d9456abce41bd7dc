import { type Anchor, type Family, USUAL_TRAITS } from '../family.js';
import { convolutionAt } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { GeneratorFunieGAN } from './generatorFunieGAN.js';

/** What a file tells of FUnIE-GAN's generator. */
export type FunieGanConfig = {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly channels: readonly [number, number, number, number, number];
};

const ANCHOR: Anchor = {
  key: 'down1.model.0.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 4,
};
/** Others with that anchor have more levels. */
const SIXTH = /(^|\.)down6\./;

/** Generators of FUnIE-GAN. */
export const funieGanFamily: Family<FunieGanConfig, GeneratorFunieGAN> = {
  name: 'funie-gan',
  title: 'a FUnIE-GAN generator',
  repository: 'xahidbuffon/FUnIE-GAN',
  className: 'GeneratorFunieGAN',
  anchor: ANCHOR,
  matches: (tensors) =>
    hasAnchor(tensors, ANCHOR) && ![...tensors.keys()].some((key) => SIXTH.test(key)),
  infer: (tensors) => {
    const { second: inChannels } = convolutionAt(tensors, ANCHOR.key, 4);
    const channels = (level: number) =>
      convolutionAt(tensors, `down${level}.model.0.weight`, 4).first;
    return {
      inChannels,
      outChannels: convolutionAt(tensors, 'final.2.weight', 4).first,
      channels: [channels(1), channels(2), channels(3), channels(4), channels(5)],
    };
  },
  build: ({ inChannels, outChannels, channels }) =>
    new GeneratorFunieGAN(inChannels, outChannels, { channels }),
  describe: ({ inChannels, outChannels, channels }) =>
    `GeneratorFunieGAN(${inChannels}, ${outChannels}), ${channels.join('-')} channels, batch norm`,
  traits: ({ inChannels, outChannels }) => ({
    ...USUAL_TRAITS,
    inputChannels: inChannels,
    outputChannels: outChannels,
    sizeRule: { multipleOf: 32, roundsUpTo: 1 },
    statistics: 'running',
    padding: 'zero',
  }),
};
