import type { Shaped } from '../../nn/loadStateDict.js';
import {
  type Anchor,
  type Family,
  MisfitError,
  type SavedOptions,
  USUAL_TRAITS,
} from '../family.js';
import { convolutionAt } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { OWN_STATISTICS_HINT, tracksInstances } from '../statistics.js';
import { withoutUnusedStatistics } from '../unusedStatistics.js';
import { MIN_LEVELS, UnetGenerator } from './unetGenerator.js';
import type { UnetNorm } from './unetSkipBlock.js';

/** What a file tells of a U-Net generator; whether it has dropout, no key tells. */
export type UnetConfig = {
  readonly inputNc: number;
  readonly outputNc: number;
  readonly numDowns: number;
  readonly ngf: number;
  readonly norm: UnetNorm;
  /** Present where instance norms keep running statistics. */
  readonly tracked?: true;
};

/** Sides are halved so often, at the most: 2^16 is more than any side. */
const MAX_LEVELS = 16;

const ANCHOR: Anchor = {
  key: 'model.model.0.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 4,
};

/** U-Nets of the CycleGAN authors: pix2pix trains them by default. */
export const unetFamily: Family<UnetConfig, UnetGenerator> = {
  name: 'unet',
  title: 'a U-Net generator',
  repository: 'junyanz/pytorch-CycleGAN-and-pix2pix',
  className: 'UnetGenerator',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ inputNc, outputNc, numDowns, ngf, ...options }) =>
    new UnetGenerator(inputNc, outputNc, numDowns, ngf, options),
  adapt: withoutUnusedStatistics,
  describe: ({ inputNc, outputNc, numDowns, ngf, norm, tracked }) =>
    `UnetGenerator(${inputNc}, ${outputNc}, ${numDowns}, ${ngf}), ${norm === 'none' ? 'no' : norm} norm${tracked ? ' with running statistics' : ''}`,
  traits: ({ inputNc, outputNc, numDowns, norm }) => ({
    ...USUAL_TRAITS,
    inputChannels: inputNc,
    outputChannels: outputNc,
    sizeRule: { multipleOf: 2 ** numDowns, roundsUpTo: 1 },
    statistics: norm === 'batch' ? 'running' : 'own',
    padding: 'zero',
  }),
  hints: (_, { inputNc, norm, tracked }, { statistics }) => [
    ...(tracked && statistics === undefined ? [OWN_STATISTICS_HINT] : []),
    ...(norm === 'none' ? [HINT_NO_NORM] : []),
    ...(BICYCLE_INPUTS.includes(inputNc) ? [HINT_BICYCLE] : []),
  ],
};

const HINT_NO_NORM =
  'It was taken for a U-Net without norms: one with instance norms whose convolutions have no biases has the same keys, and its picture would be wrong.';

/** A style vector of eight numbers beside a picture, grey or in colours. */
const BICYCLE_INPUTS: readonly number[] = [1 + 8, 3 + 8];
const HINT_BICYCLE =
  "BicycleGAN's generators that get their style vector with the picture (--where_add input) have the same keys, but put channels together in another order: if this is one of them, it cannot be run.";

function infer(tensors: ReadonlyMap<string, Shaped>, saved: SavedOptions): UnetConfig {
  const { first: ngf, second: inputNc } = convolutionAt(tensors, ANCHOR.key, 4);
  const { second: outputNc } = convolutionAt(tensors, 'model.model.3.weight', 4);
  const second = 'model.model.1.model.';
  let innermost = second;
  let numDowns = 2;
  while (tensors.has(`${innermost}3.model.1.weight`) && numDowns < MAX_LEVELS) {
    innermost += '3.model.';
    numDowns++;
  }
  if (numDowns < MIN_LEVELS) {
    const missing = `${innermost}3.model.1.weight`;
    throw new MisfitError(missing, `it has ${numDowns} levels, fewer than ${MIN_LEVELS}`);
  }
  const norm = normKind(tensors, second);
  const tracked = norm === 'instance' && tracksInstances(tensors, `${second}2`, saved);
  return { inputNc, outputNc, numDowns, ngf, norm, ...(tracked ? { tracked } : {}) };
}

/** Batch norm learns a scale, instance norm comes with biases of the convolutions. */
function normKind(tensors: ReadonlyMap<string, unknown>, level: string): UnetNorm {
  if (tensors.has(`${level}2.weight`)) return 'batch';
  return tensors.has(`${level}1.bias`) ? 'instance' : 'none';
}
