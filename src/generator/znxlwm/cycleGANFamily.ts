import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, USUAL_TRAITS } from '../family.js';
import { convolutionAt, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { withoutUnusedStatistics } from '../unusedStatistics.js';
import { ZnxlwmCycleGANGenerator } from './cycleGANGenerator.js';

/** What a file tells of znxlwm's CycleGAN generator. */
export type ZnxlwmCycleGANConfig = {
  readonly inputNc: number;
  readonly outputNc: number;
  readonly ngf: number;
  readonly nb: number;
};

const ANCHOR: Anchor = {
  key: 'deconv3.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 7,
};
const BLOCK = /^resnet_blocks\.(\d+)\./;

/** CycleGAN generators of znxlwm's. */
export const znxlwmCycleGANFamily: Family<ZnxlwmCycleGANConfig, ZnxlwmCycleGANGenerator> = {
  name: 'znxlwm-cyclegan',
  title: 'a znxlwm CycleGAN generator',
  repository: 'znxlwm/pytorch-CycleGAN',
  className: 'generator',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ inputNc, outputNc, ngf, nb }) =>
    new ZnxlwmCycleGANGenerator(inputNc, outputNc, ngf, nb),
  // It was written for a PyTorch whose instance norms had statistics in every file.
  adapt: withoutUnusedStatistics,
  describe: ({ inputNc, outputNc, ngf, nb }) =>
    `ZnxlwmCycleGANGenerator(${inputNc}, ${outputNc}, ${ngf}, ${nb})`,
  traits: ({ inputNc, outputNc }) => ({
    ...USUAL_TRAITS,
    inputChannels: inputNc,
    outputChannels: outputNc,
  }),
};

function infer(tensors: ReadonlyMap<string, Shaped>): ZnxlwmCycleGANConfig {
  const first = convolutionAt(tensors, 'conv1.weight', 7);
  const last = convolutionAt(tensors, ANCHOR.key, 7);
  return {
    inputNc: first.second,
    outputNc: last.first,
    ngf: first.first,
    nb: countIndices(tensors, BLOCK),
  };
}
