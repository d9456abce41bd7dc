import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, MisfitError, USUAL_TRAITS } from '../family.js';
import { convolutionAt, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { withoutUnusedStatistics } from '../unusedStatistics.js';
import { ATTENTION_SIZES } from './attentionLayers.js';
import { ResnetGeneratorOur } from './resnetGeneratorOur.js';

/** What a file tells of AttentionGAN's generator of today. */
export type ResnetGeneratorOurConfig = {
  readonly inputNc: number;
  readonly ngf: number;
  readonly nBlocks: number;
};

const ANCHOR: Anchor = {
  key: 'deconv3_attention.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 1,
};
const BLOCK = /^resnet_blocks\.(\d+)\./;

/** Generators of AttentionGAN, as its training scripts have called them since the second version: `our`. */
export const resnetGeneratorOurFamily: Family<ResnetGeneratorOurConfig, ResnetGeneratorOur> = {
  name: 'attentiongan',
  title: 'an AttentionGAN ResnetGenerator_our',
  repository: 'Ha0Tang/AttentionGAN',
  className: 'ResnetGenerator_our',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ inputNc, ngf, nBlocks }) => new ResnetGeneratorOur(inputNc, 3, ngf, nBlocks),
  adapt: withoutUnusedStatistics,
  describe: ({ inputNc, ngf, nBlocks }) => `ResnetGenerator_our(${inputNc}, 3, ${ngf}, ${nBlocks})`,
  traits: ({ inputNc }) => ({
    ...USUAL_TRAITS,
    inputChannels: inputNc,
    sizeRule: ATTENTION_SIZES,
  }),
};

function infer(tensors: ReadonlyMap<string, Shaped>): ResnetGeneratorOurConfig {
  const { first: ngf, second: inputNc } = convolutionAt(tensors, 'conv1.weight', 7);
  if (inputNc !== 1 && inputNc !== 3) {
    throw new MisfitError(
      'conv1.weight',
      `pictures of ${inputNc} channels cannot be blended with those of three that it paints`,
    );
  }
  return { inputNc, ngf, nBlocks: countIndices(tensors, BLOCK) };
}
