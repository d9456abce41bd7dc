import type { Shaped } from '../../nn/loadStateDict.js';
import {
  type Anchor,
  type Family,
  MisfitError,
  type PaddingKind,
  type TraitOptions,
  USUAL_TRAITS,
} from '../family.js';
import { convolutionAt, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { withPaddingType } from '../paddingType.js';
import { OWN_STATISTICS_HINT, tracksInstances } from '../statistics.js';
import { withoutUnusedStatistics } from '../unusedStatistics.js';
import { GlobalGenerator } from './globalGenerator.js';

/** What a file tells of pix2pixHD's global generator. */
export type GlobalConfig = {
  readonly inputNc: number;
  readonly outputNc: number;
  readonly ngf: number;
  readonly nDownsampling: number;
  readonly nBlocks: number;
  readonly norm: 'instance' | 'batch';
  /** Present where instance norms keep running statistics. */
  readonly tracked?: true;
  /** In blocks. */
  readonly paddingType: PaddingKind;
};

/** Pictures are halved so often, at the most: 2^10 is more than any side. */
const MAX_HALVINGS = 10;
/** With so many, keys and layers are a ResNet generator's. */
const RESNET_HALVINGS = 2;
const BLOCK = /^model\.(\d+)\.conv_block\./;

const ANCHOR: Anchor = {
  key: 'model.1.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 7,
  outermost: 'model.',
};

/** Generators of pix2pixHD, as `--netG global` trains them. With two halvings, they are ResNet generators key by key. */
export const globalFamily: Family<GlobalConfig, GlobalGenerator> = {
  name: 'pix2pixhd-global',
  title: 'a pix2pixHD GlobalGenerator',
  repository: 'NVIDIA/pix2pixHD',
  className: 'GlobalGenerator',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ inputNc, outputNc, ngf, nDownsampling, nBlocks, ...options }) =>
    new GlobalGenerator(inputNc, outputNc, ngf, nDownsampling, nBlocks, options),
  adapt: withoutUnusedStatistics,
  describe: ({ inputNc, outputNc, ngf, nDownsampling, nBlocks, norm, tracked, paddingType }) =>
    [
      `GlobalGenerator(${inputNc}, ${outputNc}, ${ngf}, ${nDownsampling}, ${nBlocks})`,
      `${norm} norm${tracked ? ' with running statistics' : ''}`,
      ...(paddingType === 'reflect' ? [] : [`${paddingType} padding in blocks`]),
    ].join(', '),
  traits: ({ inputNc, outputNc, nDownsampling, norm, paddingType }) => ({
    ...USUAL_TRAITS,
    inputChannels: inputNc,
    outputChannels: outputNc,
    sizeRule: { multipleOf: 1, roundsUpTo: 2 ** nDownsampling },
    statistics: norm === 'batch' ? 'running' : 'own',
    padding: paddingType,
  }),
  withPadding: withPaddingType,
  hints: (_, { tracked }, { statistics }) =>
    tracked && statistics === undefined ? [OWN_STATISTICS_HINT] : [],
};

function infer(tensors: ReadonlyMap<string, Shaped>, saved: TraitOptions): GlobalConfig {
  const first = convolutionAt(tensors, ANCHOR.key, 7);
  const nBlocks = countIndices(tensors, BLOCK);
  let nDownsampling = 0;
  while (tensors.has(`model.${4 + 3 * nDownsampling}.weight`) && nDownsampling < MAX_HALVINGS) {
    nDownsampling++;
  }
  if (nBlocks === 0) {
    throw new MisfitError('model.4.conv_block.1.weight', 'it has no residual blocks');
  }
  if (nDownsampling === RESNET_HALVINGS) {
    throw new MisfitError(
      'model.10.weight',
      'it halves the picture twice, as ResNet generators do',
    );
  }
  const last = convolutionAt(tensors, `model.${5 + 6 * nDownsampling + nBlocks}.weight`, 7);
  const batch = tensors.has('model.2.running_var') && tensors.has('model.2.weight');
  const tracked = !batch && tracksInstances(tensors, 'model.2', saved);
  const zero = tensors.has(`model.${4 + 3 * nDownsampling}.conv_block.0.weight`);
  return {
    inputNc: first.second,
    outputNc: last.first,
    ngf: first.first,
    nDownsampling,
    nBlocks,
    norm: batch ? 'batch' : 'instance',
    ...(tracked ? { tracked } : {}),
    paddingType: zero ? 'zero' : 'reflect',
  };
}
