import type { Shaped } from '../../nn/loadStateDict.js';
import { type Family, type PaddingKind, USUAL_TRAITS } from '../family.js';
import { convolutionAt, normAt } from '../keyReading.js';
import { withPaddingType } from '../paddingType.js';
import { ANCHOR, blocksOf, hasSeparableBlocks } from './mobileKeys.js';
import { MobileResnetGenerator } from './mobileResnetGenerator.js';

/** What a file tells of gan-compression's teacher. */
export type MobileResnetConfig = {
  readonly inputNc: number;
  readonly outputNc: number;
  readonly ngf: number;
  readonly nBlocks: number;
  readonly norm: 'instance' | 'batch';
  readonly paddingType: PaddingKind;
};

/** gan-compression's teachers, and students that kept all their channels: the two are key by key the same. */
export const mobileFamily: Family<MobileResnetConfig, MobileResnetGenerator> = {
  name: 'gan-compression-mobile',
  title: 'a gan-compression MobileResnetGenerator',
  repository: 'mit-han-lab/gan-compression',
  className: 'MobileResnetGenerator',
  anchor: ANCHOR,
  matches: hasSeparableBlocks,
  infer,
  build: ({ inputNc, outputNc, ngf, nBlocks, norm, paddingType }) =>
    new MobileResnetGenerator(inputNc, outputNc, ngf, nBlocks, { norm, paddingType }),
  describe: ({ inputNc, outputNc, ngf, nBlocks, norm, paddingType }) =>
    `MobileResnetGenerator(${inputNc}, ${outputNc}, ${ngf}, ${nBlocks}), ${norm} norm${paddingType === 'reflect' ? '' : `, ${paddingType} padding`}`,
  withPadding: withPaddingType,
  traits: ({ inputNc, outputNc, norm, paddingType }) => ({
    ...USUAL_TRAITS,
    inputChannels: inputNc,
    outputChannels: outputNc,
    statistics: norm === 'batch' ? 'running' : 'own',
    padding: paddingType,
  }),
};

function infer(tensors: ReadonlyMap<string, Shaped>): MobileResnetConfig {
  const first = convolutionAt(tensors, ANCHOR.key, 7);
  const { nBlocks, paddingType } = blocksOf(tensors);
  const last = convolutionAt(tensors, `model.${17 + nBlocks}.weight`, 7);
  return {
    inputNc: first.second,
    outputNc: last.first,
    ngf: first.first,
    nBlocks,
    norm: normAt(tensors, 'model.2') === 'batch' ? 'batch' : 'instance',
    paddingType,
  };
}
