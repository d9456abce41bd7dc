import type { Shaped } from '../../nn/loadStateDict.js';
import type { Module } from '../../nn/module.js';
import {
  type Anchor,
  type Family,
  MisfitError,
  type PictureTraits,
  type SavedOptions,
  type TraitOptions,
} from '../family.js';
import { convolutionExists, normAt } from '../keyReading.js';
import type { NormKind } from '../layers/normLayer.js';
import { hasAnchor } from '../ownKeys.js';
import { withPaddingType } from '../paddingType.js';
import { OWN_STATISTICS_HINT, tracksInstances } from '../statistics.js';
import { withoutUnusedStatistics } from '../unusedStatistics.js';
import { describeConfig, type GeneratorConfig, trainedRange } from './options.js';
import { FIRST_BLOCK, LAST_CONVOLUTION } from './resNetLayers.js';

const FIRST_KERNEL = 7;
/** Published generators have nine; what names more than this is no such generator, and building it would take long. */
const MAX_BLOCKS = 1000;

const FIRST_BLOCK_KEY = `model.${FIRST_BLOCK}.conv_block`;

const ANCHOR: Anchor = { key: 'model.1.weight', fits: isFirstConv, outermost: 'model.' };

/** @param build Makes the network: the class names its family, and the family cannot name the class, too. */
export function resNetFamilyOf<M extends Module>(
  build: (config: GeneratorConfig) => M,
): Family<GeneratorConfig, M> {
  return {
    name: 'resnet',
    title: 'a ResNet generator',
    repository: 'junyanz/pytorch-CycleGAN-and-pix2pix',
    className: 'ResnetGenerator',
    anchor: ANCHOR,
    matches: (tensors) => hasAnchor(tensors, ANCHOR),
    infer,
    build,
    adapt: withoutUnusedStatistics,
    describe: describeConfig,
    traits,
    withPadding: withPaddingType,
    hints,
  };
}

/** What a few keys tell of a generator; all of them are then compared with those that it would have. */
function infer(tensors: ReadonlyMap<string, Shaped>, saved: SavedOptions): GeneratorConfig {
  const first = tensors.get(ANCHOR.key);
  if (first === undefined || !isFirstConv(first)) {
    throw new MisfitError(ANCHOR.key, `the 7×7 convolution ${ANCHOR.key} is not there`);
  }
  const nBlocks = countBlocks(tensors.keys());
  const lastKey = `model.${FIRST_BLOCK + nBlocks + LAST_CONVOLUTION}.weight`;
  const last = tensors.get(lastKey);
  if (nBlocks > MAX_BLOCKS) {
    throw new MisfitError(lastKey, `it names ${nBlocks} residual blocks, more than ${MAX_BLOCKS}`);
  }
  if (last === undefined || last.shape.length !== 4) {
    const blocks = `${nBlocks} residual ${nBlocks === 1 ? 'block' : 'blocks'}`;
    throw new MisfitError(lastKey, `with ${blocks}, its last convolution would be ${lastKey}`);
  }
  const counts = { inputNc: first.shape[1], outputNc: last.shape[0], ngf: first.shape[0] };
  if (!Object.values(counts).every((count) => count >= 1)) {
    throw new MisfitError(ANCHOR.key, 'one of its convolutions has no channels');
  }
  const bias = tensors.has('model.1.bias');
  const norm = normOf(tensors, bias, saved);
  const tracked = norm !== 'batch' && tracksInstances(tensors, 'model.2', saved);
  return {
    ...counts,
    nBlocks,
    norm,
    ...blockLayers(tensors),
    bias,
    ...(tracked ? { tracked } : {}),
  };
}

/**
 * The authors' convolutions have biases in front of instance norms, and none where there are no norms (`--norm none`). Where
 * the configuration was saved, it says.
 */
function normOf(
  tensors: ReadonlyMap<string, Shaped>,
  bias: boolean,
  saved: SavedOptions,
): NormKind {
  const norm = normAt(tensors, 'model.2');
  if (norm === 'instance' && saved.norm === 'instance') return norm;
  const hasStatistics = tensors.has('model.2.running_mean');
  return norm === 'instance' && !bias && !hasStatistics ? 'none' : norm;
}

function traits(config: GeneratorConfig): PictureTraits {
  return {
    inputChannels: config.inputNc,
    outputChannels: config.outputNc,
    inputRange: trainedRange(config),
    outputRange: [-1, 1],
    channelOrder: 'rgb',
    sizeRule: { multipleOf: 1, roundsUpTo: 4 },
    statistics: config.norm === 'batch' ? 'running' : 'own',
    padding: config.paddingType,
    residual: false,
  };
}

/** Dropout and statistics of instance norms together are what DeblurGAN's files have, and few others. */
function hints(
  tensors: ReadonlyMap<string, Shaped>,
  { norm, dropout, tracked }: GeneratorConfig,
  { residual, statistics }: TraitOptions,
): string[] {
  if (norm === 'none') return [NO_NORM_HINT];
  const kept = norm !== 'batch' && tensors.has('model.2.running_mean');
  if (kept && dropout && residual === undefined) {
    return [
      tracked && statistics === undefined
        ? `${DEBLURGAN_HINT} ${OWN_STATISTICS_HINT}`
        : DEBLURGAN_HINT,
    ];
  }
  return tracked && statistics === undefined ? [OWN_STATISTICS_HINT] : [];
}

const NO_NORM_HINT =
  'It was taken for a ResNet generator without norms (--norm none): one with instance norms whose convolutions have no biases has the same keys, and its picture would be wrong.';

const DEBLURGAN_HINT =
  "It has dropout and running statistics, as DeblurGAN's files have: if it is one of them, the picture is wrong without --residual (in code: { residual: true }), for its network adds its input to its output.";

function countBlocks(keys: Iterable<string>): number {
  const blocks = new Set<string>();
  for (const key of keys) {
    const index = /^model\.(\d+)\.conv_block\./.exec(key)?.[1];
    if (index !== undefined) blocks.add(index);
  }
  return blocks.size;
}

function isFirstConv({ shape }: Shaped): boolean {
  return shape.length === 4 && shape[2] === FIRST_KERNEL;
}

/** The second convolution tells what stands between the two: with reflection padding 5, with zeros 3, with dropout one more. */
function blockLayers(
  tensors: ReadonlyMap<string, Shaped>,
): Pick<GeneratorConfig, 'dropout' | 'paddingType'> {
  const has = (index: number) => convolutionExists(tensors, `${FIRST_BLOCK_KEY}.${index}.weight`);
  return has(0)
    ? { dropout: has(4), paddingType: 'zero' }
    : { dropout: has(6), paddingType: 'reflect' };
}
