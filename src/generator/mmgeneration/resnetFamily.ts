import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, USUAL_TRAITS } from '../family.js';
import { convolutionAt, convolutionExists, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { MmgenerationResnetGenerator } from './resnetGenerator.js';

/** What a file tells of mmgeneration's CycleGAN generator. */
export type MmgenerationResnetConfig = {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly baseChannels: number;
  readonly numBlocks: number;
  readonly norm: 'instance' | 'batch';
  readonly useDropout: boolean;
};

const ANCHOR: Anchor = {
  key: 'model.3.block.0.conv.weight',
  fits: ({ shape }) => shape.length === 4,
};
const BLOCK = /^model\.(\d+)\.block\./;

/** CycleGAN generators of mmgeneration and MMagic. */
export const mmgenerationResnetFamily: Family<
  MmgenerationResnetConfig,
  MmgenerationResnetGenerator
> = {
  name: 'mmgeneration-cyclegan',
  title: 'an mmgeneration CycleGAN generator',
  repository: 'open-mmlab/mmgeneration',
  className: 'ResnetGenerator',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ inChannels, outChannels, baseChannels, numBlocks, ...options }) =>
    new MmgenerationResnetGenerator(inChannels, outChannels, baseChannels, numBlocks, options),
  describe: ({ inChannels, outChannels, baseChannels, numBlocks, norm, useDropout }) =>
    `MmgenerationResnetGenerator(${inChannels}, ${outChannels}, ${baseChannels}, ${numBlocks}), ${norm} norm${useDropout ? ', with dropout' : ''}`,
  traits: ({ inChannels, outChannels, norm }) => ({
    ...USUAL_TRAITS,
    inputChannels: inChannels,
    outputChannels: outChannels,
    channelOrder: 'bgr',
    statistics: norm === 'batch' ? 'running' : 'own',
  }),
};

function infer(tensors: ReadonlyMap<string, Shaped>): MmgenerationResnetConfig {
  const first = convolutionAt(tensors, 'model.0.conv.weight', 7);
  const numBlocks = countIndices(tensors, BLOCK);
  const last = convolutionAt(tensors, `model.${5 + numBlocks}.conv.weight`, 7);
  return {
    inChannels: first.second,
    outChannels: last.first,
    baseChannels: first.first,
    numBlocks,
    norm: tensors.has('model.0.bn.weight') ? 'batch' : 'instance',
    useDropout: convolutionExists(tensors, 'model.3.block.2.conv.weight'),
  };
}
