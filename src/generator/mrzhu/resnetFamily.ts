import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, type PaddingKind, USUAL_TRAITS } from '../family.js';
import { convolutionAt, convolutionExists, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { withPaddingType } from '../paddingType.js';
import { MrzhuResnetGenerator } from './resnetGenerator.js';

/** What a file tells of mrzhu-cool's pix2pix generator. */
export type MrzhuResnetConfig = {
  readonly inputNc: number;
  readonly outputNc: number;
  readonly ngf: number;
  readonly nBlocks: number;
  readonly norm: 'instance' | 'batch';
  readonly useDropout: boolean;
  readonly paddingType: PaddingKind;
};

const ANCHOR: Anchor = {
  key: 'inc.inconv.1.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 7,
};
const BLOCK = /^resblocks\.(\d+)\./;

/** pix2pix generators of mrzhu-cool's. */
export const mrzhuResnetFamily: Family<MrzhuResnetConfig, MrzhuResnetGenerator> = {
  name: 'mrzhu-pix2pix',
  title: 'a mrzhu-cool pix2pix generator',
  repository: 'mrzhu-cool/pix2pix-pytorch',
  className: 'ResnetGenerator',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ inputNc, outputNc, ngf, nBlocks, ...options }) =>
    new MrzhuResnetGenerator(inputNc, outputNc, ngf, nBlocks, options),
  describe: ({ inputNc, outputNc, ngf, nBlocks, norm, useDropout, paddingType }) =>
    `MrzhuResnetGenerator(${inputNc}, ${outputNc}, ${ngf}, ${nBlocks}), ${norm} norm${useDropout ? ', with dropout' : ''}${paddingType === 'reflect' ? '' : `, ${paddingType} padding`}`,
  withPadding: withPaddingType,
  traits: ({ inputNc, outputNc, norm, paddingType }) => ({
    ...USUAL_TRAITS,
    inputChannels: inputNc,
    outputChannels: outputNc,
    statistics: norm === 'batch' ? 'running' : 'own',
    padding: paddingType,
  }),
};

function infer(tensors: ReadonlyMap<string, Shaped>): MrzhuResnetConfig {
  const first = convolutionAt(tensors, ANCHOR.key, 7);
  const last = convolutionAt(tensors, 'outc.outconv.1.weight', 7);
  const inBlock = (index: number) =>
    convolutionExists(tensors, `resblocks.0.conv_block.${index}.weight`);
  const isZero = inBlock(0);
  return {
    inputNc: first.second,
    outputNc: last.first,
    ngf: first.first,
    nBlocks: countIndices(tensors, BLOCK),
    norm: tensors.has('inc.inconv.2.weight') ? 'batch' : 'instance',
    useDropout: inBlock(isZero ? 4 : 6),
    paddingType: isZero ? 'zero' : 'reflect',
  };
}
