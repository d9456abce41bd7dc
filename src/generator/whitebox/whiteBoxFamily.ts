import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, USUAL_TRAITS } from '../family.js';
import { convolutionAt, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { WhiteBoxGenerator } from './whiteBoxGenerator.js';

/** What a file tells of White-box-Cartoonization's generator. */
export type WhiteBoxConfig = {
  readonly imgChannels: number;
  readonly numFeatures: number;
  readonly numResiduals: number;
};

const ANCHOR: Anchor = {
  key: 'initial_down.0.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 7,
};

/** Generators of White-box-Cartoonization in PyTorch. */
export const whiteBoxFamily: Family<WhiteBoxConfig, WhiteBoxGenerator> = {
  name: 'white-box-cartoonization',
  title: 'a White-box-Cartoonization Generator',
  repository: 'vinesmsuic/White-box-Cartoonization-PyTorch',
  className: 'Generator',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ imgChannels, numFeatures, numResiduals }) =>
    new WhiteBoxGenerator(imgChannels, numFeatures, numResiduals),
  describe: ({ imgChannels, numFeatures, numResiduals }) =>
    `WhiteBoxGenerator(${imgChannels}, ${numFeatures}, ${numResiduals}), without norms`,
  traits: ({ imgChannels }) => ({
    ...USUAL_TRAITS,
    inputChannels: imgChannels,
    outputChannels: imgChannels,
    sizeRule: { multipleOf: 4, roundsUpTo: 1 },
    padding: 'zero',
  }),
  hints: () => [
    "White-box-Cartoonization's script smooths the picture with a guided filter afterwards, which is no part of the network and not done here.",
  ],
};

function infer(tensors: ReadonlyMap<string, Shaped>): WhiteBoxConfig {
  const { first, second } = convolutionAt(tensors, ANCHOR.key, 7);
  return {
    imgChannels: second,
    numFeatures: first,
    numResiduals: countIndices(tensors, /^res_blocks\.(\d+)\.block\./),
  };
}
