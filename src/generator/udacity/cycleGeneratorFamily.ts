import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, USUAL_TRAITS } from '../family.js';
import { convolutionAt, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { CycleGenerator } from './cycleGenerator.js';

/** What a file tells of Udacity's CycleGAN generator. */
export type CycleGeneratorConfig = {
  readonly convDim: number;
  readonly nResBlocks: number;
};

const ANCHOR: Anchor = {
  key: 'res_blocks.0.conv_layer1.0.weight',
  fits: ({ shape }) => shape.length === 4,
};
const BLOCK = /^res_blocks\.(\d+)\./;

/** CycleGAN generators of Udacity's deep learning course. */
export const cycleGeneratorFamily: Family<CycleGeneratorConfig, CycleGenerator> = {
  name: 'udacity-cyclegan',
  title: 'a Udacity CycleGenerator',
  repository: 'udacity/deep-learning-v2-pytorch',
  className: 'CycleGenerator',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ convDim, nResBlocks }) => new CycleGenerator(convDim, nResBlocks),
  describe: ({ convDim, nResBlocks }) => `CycleGenerator(${convDim}, ${nResBlocks}), batch norm`,
  traits: () => ({
    ...USUAL_TRAITS,
    sizeRule: { multipleOf: 8, roundsUpTo: 8 },
    statistics: 'running',
    padding: 'zero',
  }),
};

function infer(tensors: ReadonlyMap<string, Shaped>): CycleGeneratorConfig {
  const { first } = convolutionAt(tensors, 'conv1.0.weight', 4);
  return { convDim: first, nResBlocks: countIndices(tensors, BLOCK) };
}
