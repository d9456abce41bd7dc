import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, MisfitError, USUAL_TRAITS } from '../family.js';
import { convolutionAt, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { DeblurGanGenerator } from './deblurGanGenerator.js';

/** What a file tells of DeblurGAN's generator. */
export type DeblurGanConfig = {
  readonly inputNc: number;
  readonly outputNc: number;
  readonly ngf: number;
  readonly nBlocks: number;
  readonly norm: 'instance' | 'batch';
  readonly tracked: boolean;
  readonly learnResidual: boolean;
};

const ANCHOR: Anchor = {
  key: 'model.1.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 7,
  outermost: 'model.',
};
const BLOCK = /^model\.(\d+)\.conv_block\./;

/** Generators of DeblurGAN with one convolution in each block. Older ones have two, and the keys of ResNet generators. */
export const deblurGanFamily: Family<DeblurGanConfig, DeblurGanGenerator> = {
  name: 'deblurgan',
  title: 'a DeblurGAN ResnetGenerator',
  repository: 'KupynOrest/DeblurGAN',
  className: 'ResnetGenerator',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ inputNc, outputNc, ngf, nBlocks, ...options }) =>
    new DeblurGanGenerator(inputNc, outputNc, ngf, nBlocks, options),
  describe: ({ inputNc, outputNc, ngf, nBlocks, norm }) =>
    `DeblurGanGenerator(${inputNc}, ${outputNc}, ${ngf}, ${nBlocks}), ${norm} norm`,
  traits: ({ inputNc, outputNc, norm, learnResidual }) => ({
    ...USUAL_TRAITS,
    inputChannels: inputNc,
    outputChannels: outputNc,
    sizeRule: { multipleOf: 4, roundsUpTo: 1 },
    statistics: norm === 'batch' ? 'running' : 'own',
    residual: learnResidual,
  }),
  hints: (_, { learnResidual }) => [
    `Keys do not tell how a DeblurGAN was trained: it is run as by its README, with dropout${learnResidual ? ' and --learn_residual, which adds the input to the output' : ''}.`,
  ],
};

function infer(tensors: ReadonlyMap<string, Shaped>): DeblurGanConfig {
  const first = convolutionAt(tensors, ANCHOR.key, 7);
  const nBlocks = countIndices(tensors, BLOCK);
  if (nBlocks === 0) throw new MisfitError('model.10.conv_block.1.weight', 'it has no blocks');
  const last = convolutionAt(tensors, `model.${17 + nBlocks}.weight`, 7);
  const isBatch = tensors.has('model.2.weight');
  return {
    inputNc: first.second,
    outputNc: last.first,
    ngf: first.first,
    nBlocks,
    norm: isBatch ? 'batch' : 'instance',
    tracked: !isBatch && tensors.has('model.2.running_mean'),
    // There is nothing to add where channels differ.
    learnResidual: first.second === last.first,
  };
}
