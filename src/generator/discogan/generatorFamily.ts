import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, USUAL_TRAITS } from '../family.js';
import { convolutionAt } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { DiscoGANGenerator } from './generator.js';

/** What a file tells of the DiscoGAN authors' generator. */
export type DiscoGANConfig = {
  readonly extraLayers: boolean;
  readonly width: number;
  /** Without extra layers, the number that the authors' class would have. */
  readonly latent: number;
};

/** Its last layer without extra ones: other networks of 4×4 convolutions have no so many. */
const ANCHOR: Anchor = {
  key: 'main.20.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 4,
};
const LAST_OF_MORE = 'main.26.weight';
const LATENT = 100;

/** Generators of the DiscoGAN authors. */
export const discoGANFamily: Family<DiscoGANConfig, DiscoGANGenerator> = {
  name: 'sktbrain-discogan',
  title: 'a generator of the DiscoGAN authors (SKTBrain)',
  repository: 'SKTBrain/DiscoGAN',
  className: 'Generator',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ extraLayers, width, latent }) => new DiscoGANGenerator(extraLayers, width, latent),
  describe: ({ extraLayers, width, latent }) =>
    `DiscoGANGenerator(${extraLayers}, ${width}${extraLayers ? `, ${latent}` : ''}), batch norm`,
  traits: () => ({
    ...USUAL_TRAITS,
    inputRange: [0, 1],
    outputRange: [0, 1],
    channelOrder: 'bgr',
    sizeRule: { multipleOf: 16, roundsUpTo: 16 },
    statistics: 'running',
    padding: 'zero',
  }),
};

function infer(tensors: ReadonlyMap<string, Shaped>): DiscoGANConfig {
  const { first: width } = convolutionAt(tensors, 'main.0.weight', 4);
  const extraLayers = tensors.has(LAST_OF_MORE);
  const latent = extraLayers ? convolutionAt(tensors, 'main.11.weight', 4).first : LATENT;
  return { extraLayers, width, latent };
}
