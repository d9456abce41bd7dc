import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, type SavedOptions, USUAL_TRAITS } from '../family.js';
import { convolutionAt, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { OWN_STATISTICS_HINT, tracksInstances } from '../statistics.js';
import { withoutUnusedStatistics } from '../unusedStatistics.js';
import type { Pix2PixHDNorm } from './globalLayers.js';
import { LocalEnhancer } from './localEnhancer.js';

/** What a file tells of pix2pixHD's local enhancer. */
export type LocalConfig = {
  readonly inputNc: number;
  readonly outputNc: number;
  readonly ngf: number;
  readonly nDownsampleGlobal: number;
  readonly nBlocksGlobal: number;
  readonly nLocalEnhancers: number;
  readonly nBlocksLocal: number;
  readonly norm: Pix2PixHDNorm;
  /** Present where instance norms keep running statistics. */
  readonly tracked?: true;
};

/** Pictures are halved so often, at the most: 2^10 is more than any side. */
const MAX_HALVINGS = 10;

const ANCHOR: Anchor = {
  key: 'model1_1.1.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 7,
};

/** Generators of pix2pixHD, as `--netG local` trains them. */
export const localFamily: Family<LocalConfig, LocalEnhancer> = {
  name: 'pix2pixhd-local',
  title: 'a pix2pixHD LocalEnhancer',
  repository: 'NVIDIA/pix2pixHD',
  className: 'LocalEnhancer',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ norm, tracked, ...config }) =>
    new LocalEnhancer(...argumentsOf(config), { norm, tracked }),
  adapt: withoutUnusedStatistics,
  describe: ({ norm, tracked, ...config }) =>
    `LocalEnhancer(${argumentsOf(config).join(', ')}), ${norm} norm${tracked ? ' with running statistics' : ''}`,
  traits: ({ inputNc, outputNc, nDownsampleGlobal, nLocalEnhancers, norm }) => ({
    ...USUAL_TRAITS,
    inputChannels: inputNc,
    outputChannels: outputNc,
    sizeRule: { multipleOf: 2 ** (nDownsampleGlobal + nLocalEnhancers), roundsUpTo: 1 },
    statistics: norm === 'batch' ? 'running' : 'own',
  }),
  hints: (_, { tracked }, { statistics }) =>
    tracked && statistics === undefined ? [OWN_STATISTICS_HINT] : [],
};

/** As the constructor takes them. */
function argumentsOf(config: Omit<LocalConfig, 'norm' | 'tracked'>) {
  const { inputNc, outputNc, ngf, nDownsampleGlobal, nBlocksGlobal } = config;
  const { nLocalEnhancers, nBlocksLocal } = config;
  return [
    inputNc,
    outputNc,
    ngf,
    nDownsampleGlobal,
    nBlocksGlobal,
    nLocalEnhancers,
    nBlocksLocal,
  ] as const;
}

function infer(tensors: ReadonlyMap<string, Shaped>, saved: SavedOptions): LocalConfig {
  const nLocalEnhancers = countUpTo(MAX_HALVINGS, (i) => tensors.has(`model${i + 1}_1.1.weight`));
  const nDownsampleGlobal = countUpTo(MAX_HALVINGS, (i) =>
    tensors.has(`model.${4 + 3 * i}.weight`),
  );
  const nBlocksLocal = countIndices(tensors, /^model1_2\.(\d+)\.conv_block\./);
  const last = `model${nLocalEnhancers}_2.${nBlocksLocal + 4}.weight`;
  const full = convolutionAt(tensors, `model${nLocalEnhancers}_1.1.weight`, 7);
  const isBatch = tensors.has('model.2.running_var') && tensors.has('model.2.weight');
  const tracked = !isBatch && tracksInstances(tensors, 'model.2', saved);
  return {
    inputNc: full.second,
    outputNc: convolutionAt(tensors, last, 7).first,
    ngf: full.first,
    nDownsampleGlobal,
    nBlocksGlobal: countIndices(tensors, /^model\.(\d+)\.conv_block\./),
    nLocalEnhancers,
    nBlocksLocal,
    norm: isBatch ? 'batch' : 'instance',
    ...(tracked ? { tracked } : {}),
  };
}

function countUpTo(most: number, isThere: (index: number) => boolean): number {
  let count = 0;
  while (count < most && isThere(count)) count++;
  return count;
}
