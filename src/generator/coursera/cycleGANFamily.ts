import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, USUAL_TRAITS } from '../family.js';
import { convolutionAt, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { CourseraCycleGANGenerator } from './cycleGANGenerator.js';

/** What a file tells of the course's CycleGAN generator. */
export type CourseraCycleGANConfig = {
  readonly inputChannels: number;
  readonly outputChannels: number;
  readonly hiddenChannels: number;
  readonly nBlocks: number;
};

const ANCHOR: Anchor = {
  key: 'res0.conv1.weight',
  fits: ({ shape }) => shape.length === 4,
};
const BLOCK = /^res(\d+)\./;

/** CycleGAN generators of Coursera's GANs Specialization. */
export const courseraCycleGANFamily: Family<CourseraCycleGANConfig, CourseraCycleGANGenerator> = {
  name: 'coursera-cyclegan',
  title: "a CycleGAN generator of Coursera's GANs Specialization",
  repository: 'amanchadha/coursera-gan-specialization',
  className: 'Generator',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ inputChannels, outputChannels, hiddenChannels, nBlocks }) =>
    new CourseraCycleGANGenerator(inputChannels, outputChannels, hiddenChannels, nBlocks),
  describe: ({ inputChannels, outputChannels, hiddenChannels, nBlocks }) =>
    `CourseraCycleGANGenerator(${inputChannels}, ${outputChannels}, ${hiddenChannels}, ${nBlocks})`,
  traits: ({ inputChannels, outputChannels }) => ({
    ...USUAL_TRAITS,
    inputChannels,
    outputChannels,
  }),
};

function infer(tensors: ReadonlyMap<string, Shaped>): CourseraCycleGANConfig {
  const first = convolutionAt(tensors, 'upfeature.conv.weight', 7);
  const last = convolutionAt(tensors, 'downfeature.conv.weight', 7);
  return {
    inputChannels: first.second,
    outputChannels: last.first,
    hiddenChannels: first.first,
    nBlocks: countIndices(tensors, BLOCK),
  };
}
