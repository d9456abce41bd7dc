import type { Shaped } from '../../nn/loadStateDict.js';
import {
  type Anchor,
  type Family,
  MisfitError,
  type SavedOptions,
  USUAL_TRAITS,
} from '../family.js';
import { convolutionAt, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import {
  type KerasNorm,
  type KerasNormLayer,
  KerasResnetGenerator,
  usualNorm,
} from './resnetGenerator.js';

/** What a file tells of the generator of Keras' example. */
export type KerasResnetConfig = {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly filters: number;
  readonly numDownsamplingBlocks: number;
  readonly numResidualBlocks: number;
  readonly numUpsampleBlocks: number;
  readonly normLayer: KerasNormLayer;
  /** `unsaid` where neither the file nor the name of its norms says: the example's under that name. */
  readonly norm: KerasNorm | 'unsaid';
  readonly epsilon: number;
};

const ANCHOR: Anchor = {
  key: 'conv2d.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 7,
};
const CONVOLUTION = /^(conv2d|conv2d_\d+)\.weight$/;
const TRANSPOSED = /^(conv2d_transpose|conv2d_transpose_\d+)\.weight$/;
/** Of all norms of Keras. */
const EPSILON = 1e-3;

/** Generators that Keras' example of CycleGAN trains. */
export const kerasResnetFamily: Family<KerasResnetConfig, KerasResnetGenerator> = {
  name: 'keras-cyclegan',
  title: "a generator of Keras' CycleGAN example",
  repository: 'keras-team/keras-io',
  className: 'get_resnet_generator',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ norm, ...config }) =>
    new KerasResnetGenerator({ ...config, ...(norm === 'unsaid' ? {} : { norm }) }),
  describe: ({ filters, numResidualBlocks, norm, normLayer, epsilon }) =>
    `KerasResnetGenerator({ filters: ${filters}, numResidualBlocks: ${numResidualBlocks} }), ${norm === 'unsaid' ? usualNorm(normLayer) : norm} norm${epsilon === EPSILON ? '' : `, epsilon ${epsilon}`}`,
  traits: ({ inChannels, outChannels, numDownsamplingBlocks }) => ({
    ...USUAL_TRAITS,
    inputChannels: inChannels,
    outputChannels: outChannels,
    sizeRule: { multipleOf: 1, roundsUpTo: 2 ** numDownsamplingBlocks },
  }),
  hints: (_, { norm }) =>
    norm !== 'unsaid'
      ? []
      : [
          'Weights do not tell how many groups their group norms have: one of all channels is taken, as in the example; with others, pictures are wrong. A whole model (.keras) tells.',
        ],
};

function infer(tensors: ReadonlyMap<string, Shaped>, saved: SavedOptions): KerasResnetConfig {
  const first = convolutionAt(tensors, ANCHOR.key, 7);
  const count = countIndices(tensors, CONVOLUTION);
  const numUpsampleBlocks = countIndices(tensors, TRANSPOSED);
  let numDownsamplingBlocks = 0;
  // Each of them doubles the channels; those of blocks keep them.
  while (isHalving(tensors.get(`conv2d_${numDownsamplingBlocks + 1}.weight`)))
    numDownsamplingBlocks++;
  const last = convolutionAt(tensors, `conv2d_${count - 1}.weight`, 7);
  const inBlocks = count - 2 - numDownsamplingBlocks;
  if (inBlocks < 0 || inBlocks % 2 !== 0) {
    throw new MisfitError(
      ANCHOR.key,
      `it has ${inBlocks} convolutions in blocks of two, and as many halvings as doublings would be needed`,
    );
  }
  if (numUpsampleBlocks !== numDownsamplingBlocks) {
    throw new MisfitError(
      'conv2d_transpose.weight',
      `it has ${numDownsamplingBlocks} halvings and ${numUpsampleBlocks} doublings`,
    );
  }
  return {
    inChannels: first.second,
    outChannels: last.first,
    filters: first.first,
    numDownsamplingBlocks,
    numResidualBlocks: inBlocks / 2,
    numUpsampleBlocks,
    ...normsOf(tensors, saved),
    epsilon: saved.epsilon ?? EPSILON,
  };
}

function isHalving(weight: Shaped | undefined): boolean {
  return (
    weight?.shape.length === 4 && weight.shape[2] === 3 && weight.shape[0] === 2 * weight.shape[1]
  );
}

/** @throws MisfitError for norms that the file says are neither of instances nor of all channels. */
function normsOf(
  tensors: ReadonlyMap<string, Shaped>,
  { norm }: SavedOptions,
): Pick<KerasResnetConfig, 'normLayer' | 'norm'> {
  const key = 'group_normalization.weight';
  if (norm === 'group') {
    throw new MisfitError(
      key,
      'its configuration says that its norms have several groups of several channels, or are not all alike, and the example has a group for each channel, or one of all',
    );
  }
  const normLayer = tensors.has(key) ? 'group_normalization' : 'instance_normalization';
  const told = norm === 'instance' || norm === 'layer' ? norm : null;
  if (told !== null) return { normLayer, norm: told };
  return { normLayer, norm: normLayer === 'group_normalization' ? 'unsaid' : 'instance' };
}
