import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, USUAL_TRAITS } from '../family.js';
import { convolutionAt, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { AladdinperssonCycleGANGenerator } from './cycleGANGenerator.js';

/** What a file tells of aladdinpersson's CycleGAN generator. */
export type AladdinperssonCycleGANConfig = {
  readonly imgChannels: number;
  readonly numFeatures: number;
  readonly numResiduals: number;
};

const ANCHOR: Anchor = {
  key: 'res_blocks.0.block.0.conv.0.weight',
  fits: ({ shape }) => shape.length === 4,
};
const BLOCK = /^res_blocks\.(\d+)\./;

/** CycleGAN generators of aladdinpersson's Machine-Learning-Collection. */
export const aladdinperssonCycleGANFamily: Family<
  AladdinperssonCycleGANConfig,
  AladdinperssonCycleGANGenerator
> = {
  name: 'aladdinpersson-cyclegan',
  title: 'an aladdinpersson CycleGAN generator',
  repository: 'aladdinpersson/Machine-Learning-Collection',
  className: 'Generator',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ imgChannels, numFeatures, numResiduals }) =>
    new AladdinperssonCycleGANGenerator(imgChannels, numFeatures, numResiduals),
  describe: ({ imgChannels, numFeatures, numResiduals }) =>
    `AladdinperssonCycleGANGenerator(${imgChannels}, ${numFeatures}, ${numResiduals})`,
  traits: ({ imgChannels }) => ({
    ...USUAL_TRAITS,
    inputChannels: imgChannels,
    outputChannels: imgChannels,
  }),
};

function infer(tensors: ReadonlyMap<string, Shaped>): AladdinperssonCycleGANConfig {
  const { first, second } = convolutionAt(tensors, 'initial.0.weight', 7);
  return {
    imgChannels: second,
    numFeatures: first,
    numResiduals: countIndices(tensors, BLOCK),
  };
}
