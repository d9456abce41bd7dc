import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, USUAL_TRAITS } from '../family.js';
import { convolutionAt, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { ZnxlwmCartoonGANGenerator } from './cartoonGANGenerator.js';

/** What a file tells of znxlwm's CartoonGAN generator. */
export type ZnxlwmCartoonGANConfig = {
  readonly inNc: number;
  readonly outNc: number;
  readonly nf: number;
  readonly nb: number;
};

const ANCHOR: Anchor = {
  key: 'down_convs.0.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 7,
};
const BLOCK = /^resnet_blocks\.(\d+)\./;
const LAST = 'up_convs.8.weight';

/** CartoonGAN generators of znxlwm's. */
export const znxlwmCartoonGANFamily: Family<ZnxlwmCartoonGANConfig, ZnxlwmCartoonGANGenerator> = {
  name: 'znxlwm-cartoongan',
  title: 'a znxlwm CartoonGAN generator',
  repository: 'znxlwm/pytorch-CartoonGAN',
  className: 'generator',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ inNc, outNc, nf, nb }) => new ZnxlwmCartoonGANGenerator(inNc, outNc, nf, nb),
  describe: ({ inNc, outNc, nf, nb }) =>
    `ZnxlwmCartoonGANGenerator(${inNc}, ${outNc}, ${nf}, ${nb})`,
  traits: ({ inNc, outNc }) => ({
    ...USUAL_TRAITS,
    inputChannels: inNc,
    outputChannels: outNc,
    padding: 'zero',
  }),
};

function infer(tensors: ReadonlyMap<string, Shaped>): ZnxlwmCartoonGANConfig {
  const first = convolutionAt(tensors, ANCHOR.key, 7);
  const last = convolutionAt(tensors, LAST, 7);
  return {
    inNc: first.second,
    outNc: last.first,
    nf: first.first,
    nb: countIndices(tensors, BLOCK),
  };
}
