import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, USUAL_TRAITS } from '../family.js';
import { convolutionAt, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { GeneratorV2 } from './generatorV2.js';

/** What a file tells of pytorch-animeGAN's second generator. */
export type GeneratorV2Config = {
  readonly width: number;
  readonly nBlocks: number;
};

const ANCHOR: Anchor = {
  key: 'conv_block1.0.conv.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 7,
};

/** AnimeGANv2 generators of pytorch-animeGAN. */
export const generatorV2Family: Family<GeneratorV2Config, GeneratorV2> = {
  name: 'pytorch-animegan-v2',
  title: 'a pytorch-animeGAN GeneratorV2',
  repository: 'ptran1203/pytorch-animeGAN',
  className: 'GeneratorV2',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: (config) => new GeneratorV2(config),
  describe: ({ width, nBlocks }) => `GeneratorV2(), width ${width}, ${nBlocks} blocks`,
  traits: () => ({ ...USUAL_TRAITS, sizeRule: { multipleOf: 4, roundsUpTo: 1 } }),
};

function infer(tensors: ReadonlyMap<string, Shaped>): GeneratorV2Config {
  const { first } = convolutionAt(tensors, ANCHOR.key, 7);
  return { width: first, nBlocks: countIndices(tensors, /^res_blocks\.(\d+)\.conv_block\./) };
}
