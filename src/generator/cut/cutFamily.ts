import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, MisfitError, USUAL_TRAITS } from '../family.js';
import { convolutionAt, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { withoutUnusedStatistics } from '../unusedStatistics.js';
import { CutGenerator } from './cutGenerator.js';

/** What a file tells of CUT's generator. */
export type CutConfig = {
  readonly inputNc: number;
  readonly outputNc: number;
  readonly ngf: number;
  readonly nBlocks: number;
  readonly norm: 'instance' | 'batch' | 'none';
  readonly dropout: boolean;
  readonly noAntialias: boolean;
  readonly noAntialiasUp: boolean;
};

const ANCHOR: Anchor = {
  key: 'model.1.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 7,
  outermost: 'model.',
};
const BLOCK = /^model\.(\d+)\.conv_block\./;
/** Where the first block stands behind two blurs; without them, two places earlier. */
const FIRST_BLOCK = 12;

/**
 * Generators of CUT and FastCUT, with blurs on the way in, on the way out, or both. Without any (`--no_antialias
 * --no_antialias_up`) they are ResNet generators key by key.
 */
export const cutFamily: Family<CutConfig, CutGenerator> = {
  name: 'cut',
  title: 'a CUT ResnetGenerator',
  repository: 'taesungp/contrastive-unpaired-translation',
  className: 'ResnetGenerator',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ inputNc, outputNc, ngf, nBlocks, ...options }) =>
    new CutGenerator(inputNc, outputNc, ngf, nBlocks, options),
  adapt: withoutUnusedStatistics,
  describe,
  traits: ({ inputNc, outputNc, norm }) => ({
    ...USUAL_TRAITS,
    inputChannels: inputNc,
    outputChannels: outputNc,
    statistics: norm === 'batch' ? 'running' : 'own',
  }),
};

function infer(tensors: ReadonlyMap<string, Shaped>): CutConfig {
  const first = convolutionAt(tensors, ANCHOR.key, 7);
  const nBlocks = countIndices(tensors, BLOCK);
  const noAntialias = !tensors.has('model.7.filt');
  const beginning = noAntialias ? FIRST_BLOCK - 2 : FIRST_BLOCK;
  const behind = beginning + nBlocks;
  const noAntialiasUp = !tensors.has(`model.${behind}.filt`);
  if (noAntialias && noAntialiasUp) {
    throw new MisfitError('model.7.filt', 'it has no blurs (filt), on the way in or out');
  }
  const last = convolutionAt(tensors, `model.${behind + (noAntialiasUp ? 7 : 9)}.weight`, 7);
  const isBatch = tensors.has('model.2.running_var') && tensors.has('model.2.weight');
  return {
    inputNc: first.second,
    outputNc: last.first,
    ngf: first.first,
    nBlocks,
    // The script gives convolutions a bias where instance norms follow.
    norm: isBatch ? 'batch' : tensors.has('model.1.bias') ? 'instance' : 'none',
    dropout: tensors.get(`model.${beginning}.conv_block.6.weight`)?.shape.length === 4,
    noAntialias,
    noAntialiasUp,
  };
}

function describe(config: CutConfig): string {
  const { inputNc, outputNc, ngf, nBlocks, norm, dropout, noAntialias, noAntialiasUp } = config;
  return [
    `CutGenerator(${inputNc}, ${outputNc}, ${ngf}, ${nBlocks})`,
    norm === 'none' ? 'without norms' : `${norm} norm`,
    ...(dropout ? ['with dropout'] : []),
    ...(noAntialias ? ['no antialias on the way in'] : []),
    ...(noAntialiasUp ? ['no antialias on the way out'] : []),
  ].join(', ');
}
