import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, USUAL_TRAITS } from '../family.js';
import { convolutionAt, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { AnimeGan2Generator } from './animeGan2Generator.js';

/** What a file tells of animegan2-pytorch's generator. */
export type AnimeGan2Config = {
  readonly width: number;
  readonly nBlocks: number;
};

const ANCHOR: Anchor = {
  key: 'block_a.0.1.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 7,
};

/** AnimeGANv2 generators of animegan2-pytorch: face_paint_512, paprika, celeba_distill. */
export const animeGan2Family: Family<AnimeGan2Config, AnimeGan2Generator> = {
  name: 'animegan2',
  title: 'an AnimeGANv2 Generator',
  repository: 'bryandlee/animegan2-pytorch',
  className: 'Generator',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: (config) => new AnimeGan2Generator(config),
  describe: ({ width, nBlocks }) => `AnimeGan2Generator(), width ${width}, ${nBlocks} blocks`,
  traits: () => ({ ...USUAL_TRAITS, sizeRule: { multipleOf: 1, roundsUpTo: 1 } }),
};

function infer(tensors: ReadonlyMap<string, Shaped>): AnimeGan2Config {
  const { first } = convolutionAt(tensors, ANCHOR.key, 7);
  return { width: first, nBlocks: countIndices(tensors, /^block_c\.(\d+)\.layers\./) };
}
