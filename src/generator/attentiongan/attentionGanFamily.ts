import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, MisfitError, USUAL_TRAITS } from '../family.js';
import { convolutionAt, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { AttentionGANGenerator } from './attentionGanGenerator.js';
import { ATTENTION_SIZES } from './attentionLayers.js';

/** What a file tells of AttentionGAN's first generator. */
export type AttentionGANConfig = {
  readonly ngf: number;
  readonly nBlocks: number;
};

const ANCHOR: Anchor = {
  key: 'model.1.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 7,
  outermost: 'model.',
};
const BLOCK = /^model\.(\d+)\.conv_block\./;

/** Generators of AttentionGAN's first version, which enlarge by rearranging channels. */
export const attentionGanFamily: Family<AttentionGANConfig, AttentionGANGenerator> = {
  name: 'attentiongan-v1',
  title: 'a Generator of AttentionGAN v1',
  repository: 'Ha0Tang/AttentionGAN',
  className: 'Generator',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ ngf, nBlocks }) => new AttentionGANGenerator(ngf, nBlocks),
  describe: ({ ngf, nBlocks }) => `AttentionGAN-v1 Generator(3, 4, ${ngf}), ${nBlocks} blocks`,
  traits: () => ({
    ...USUAL_TRAITS,
    sizeRule: ATTENTION_SIZES,
    statistics: 'running',
  }),
};

function infer(tensors: ReadonlyMap<string, Shaped>): AttentionGANConfig {
  const { first: ngf } = convolutionAt(tensors, ANCHOR.key, 7);
  const nBlocks = countIndices(tensors, BLOCK);
  const key = `model.${14 + nBlocks}.weight`;
  const { first, second } = convolutionAt(tensors, key, 1);
  if (first !== 4 * second) {
    throw new MisfitError(key, `${key} does not make four pixels of each`);
  }
  return { ngf, nBlocks };
}
