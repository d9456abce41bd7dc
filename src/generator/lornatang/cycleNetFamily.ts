import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, USUAL_TRAITS } from '../family.js';
import { convolutionAt, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { CycleNet } from './cycleNet.js';

/** What a file tells of Lornatang's CycleGAN generator. */
export type CycleNetConfig = {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly channels: number;
  readonly nBlocks: number;
  readonly trackRunningStats: boolean;
};

const ANCHOR: Anchor = {
  key: 'main.10.res.1.weight',
  fits: ({ shape }) => shape.length === 4,
};
const BLOCK = /^main\.(\d+)\.res\./;

/** CycleGAN generators of Lornatang's. */
export const cycleNetFamily: Family<CycleNetConfig, CycleNet> = {
  name: 'lornatang-cyclegan',
  title: 'a Lornatang CycleNet',
  repository: 'Lornatang/CycleGAN-PyTorch',
  className: 'CycleNet',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ inChannels, outChannels, channels, nBlocks, ...options }) =>
    new CycleNet(inChannels, outChannels, channels, nBlocks, options),
  describe: ({ inChannels, outChannels, channels, nBlocks, trackRunningStats }) =>
    `CycleNet(${inChannels}, ${outChannels}, ${channels}, ${nBlocks}), instance norm${trackRunningStats ? ' with running statistics' : ''}`,
  traits: ({ inChannels, outChannels, trackRunningStats }) => ({
    ...USUAL_TRAITS,
    inputChannels: inChannels,
    outputChannels: outChannels,
    statistics: trackRunningStats ? 'running' : 'own',
  }),
};

function infer(tensors: ReadonlyMap<string, Shaped>): CycleNetConfig {
  const first = convolutionAt(tensors, 'main.1.weight', 7);
  const nBlocks = countIndices(tensors, BLOCK);
  const last = convolutionAt(tensors, `main.${17 + nBlocks}.weight`, 7);
  return {
    inChannels: first.second,
    outChannels: last.first,
    channels: first.first,
    nBlocks,
    trackRunningStats: tensors.has('main.2.running_mean'),
  };
}
