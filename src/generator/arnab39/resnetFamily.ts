import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, USUAL_TRAITS } from '../family.js';
import { convolutionAt, convolutionExists, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { Arnab39ResnetGenerator } from './resnetGenerator.js';

/** What a file tells of arnab39's CycleGAN generator. */
export type Arnab39ResnetConfig = {
  readonly inputNc: number;
  readonly outputNc: number;
  readonly ngf: number;
  readonly numBlocks: number;
  readonly norm: 'instance' | 'batch';
  readonly useDropout: boolean;
};

const ANCHOR: Anchor = {
  key: 'res_model.1.0.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 7,
};
const BLOCK = /^res_model\.(\d+)\.res_block\./;

/** CycleGAN generators of arnab39's, ResNets; its U-Nets have other keys. */
export const arnab39ResnetFamily: Family<Arnab39ResnetConfig, Arnab39ResnetGenerator> = {
  name: 'arnab39-cyclegan',
  title: 'an arnab39 CycleGAN generator',
  repository: 'arnab39/cycleGAN-PyTorch',
  className: 'ResnetGenerator',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ inputNc, outputNc, ngf, numBlocks, ...options }) =>
    new Arnab39ResnetGenerator(inputNc, outputNc, ngf, numBlocks, options),
  describe: ({ inputNc, outputNc, ngf, numBlocks, norm, useDropout }) =>
    `Arnab39ResnetGenerator(${inputNc}, ${outputNc}, ${ngf}, ${numBlocks}), ${norm} norm${useDropout ? ', with dropout' : ''}`,
  traits: ({ inputNc, outputNc, norm }) => ({
    ...USUAL_TRAITS,
    inputChannels: inputNc,
    outputChannels: outputNc,
    statistics: norm === 'batch' ? 'running' : 'own',
  }),
};

function infer(tensors: ReadonlyMap<string, Shaped>): Arnab39ResnetConfig {
  const first = convolutionAt(tensors, ANCHOR.key, 7);
  const numBlocks = countIndices(tensors, BLOCK);
  const last = convolutionAt(tensors, `res_model.${7 + numBlocks}.weight`, 7);
  return {
    inputNc: first.second,
    outputNc: last.first,
    ngf: first.first,
    numBlocks,
    norm: tensors.has('res_model.1.1.weight') ? 'batch' : 'instance',
    // It moves the second convolution from 3 to 4, where otherwise the norm stands.
    useDropout: convolutionExists(tensors, 'res_model.4.res_block.4.weight'),
  };
}
