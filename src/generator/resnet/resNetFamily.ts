import type { Shaped } from '../../nn/loadStateDict.js';
import type { Module } from '../../nn/module.js';
import { type Anchor, type Family, MisfitError, type PictureTraits } from '../family.js';
import { hasAnchor } from '../ownKeys.js';
import { withoutUnusedStatistics } from '../unusedStatistics.js';
import { describeConfig, type GeneratorConfig, type NormKind, trainedRange } from './options.js';
import { FIRST_BLOCK, LAST_CONVOLUTION } from './resNetLayers.js';

/** What a file tells of a ResNet generator. */
export type ResNetConfig = GeneratorConfig & {
  /** Present where the first norm is an instance norm whose file holds statistics that were tracked in training. */
  readonly tracked?: true;
};

const FIRST_KERNEL = 7;
/** Published generators have nine; what names more than this is no such generator, and building it would take long. */
const MAX_BLOCKS = 1000;

const ANCHOR: Anchor = { key: 'model.1.weight', fits: isFirstConv, outermost: 'model.' };

/** @param build Makes the network: the class names its family, and the family cannot name the class, too. */
export function resNetFamilyOf<M extends Module>(
  build: (config: ResNetConfig) => M,
): Family<ResNetConfig, M> {
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
  };
}

/** What a few keys tell of a generator; all of them are then compared with those that it would have. */
function infer(tensors: ReadonlyMap<string, Shaped>): ResNetConfig {
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
  const norm = normKind(tensors);
  const tracked = norm !== 'batch' && tensors.has('model.2.num_batches_tracked');
  return {
    ...counts,
    nBlocks,
    norm,
    dropout: hasDropout(tensors),
    bias: tensors.has('model.1.bias'),
    ...(tracked ? { tracked } : {}),
  };
}

function traits(config: ResNetConfig): PictureTraits {
  return {
    inputChannels: config.inputNc,
    outputChannels: config.outputNc,
    inputRange: trainedRange(config),
    outputRange: [-1, 1],
    channelOrder: 'rgb',
    sizeRule: { multipleOf: 1, roundsUpTo: 4 },
    statistics: config.norm === 'batch' ? 'running' : 'own',
    padding: 'reflect',
    residual: false,
  };
}

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

/** Dropout shifts the second convolution from 5 to 6, where otherwise the norm stands. */
function hasDropout(tensors: ReadonlyMap<string, Shaped>): boolean {
  return tensors.get(`model.${FIRST_BLOCK}.conv_block.6.weight`)?.shape.length === 4;
}

/** Batch norm learns a scale and keeps statistics; instance norm has one of the two at most. */
function normKind(tensors: ReadonlyMap<string, unknown>): NormKind {
  if (!tensors.has('model.2.weight')) return 'instance';
  return tensors.has('model.2.running_mean') ? 'batch' : 'instanceAffine';
}
