import type { EngineName } from '../../engine/engine.js';
import { type CommandSpec, type Invocation, UsageError } from '../usage.js';
import { ENGINE_OPTION, readEngine } from './engine.js';
import { KEY_OPTION, readCount } from './shared.js';

export const evaluateSpec: CommandSpec = {
  name: 'evaluate',
  usage: 'FOLDER_A FOLDER_B',
  summary: 'tell how alike the pictures of two folders are: pair by pair, or as two sets',
  notes: [
    'Pictures of one name are pairs (extensions may differ, and horse.cyclegan.png is of horse.jpg): L1 in levels of 255, PSNR in decibels, SSIM of Wang et al. (2004). With --features, there are no pairs: the Fréchet and the kernel distance of the two sets are told, of features that a network of yours gives. docs/evaluate.md says what the numbers mean.',
  ],
  options: {
    features: {
      type: 'string',
      value: 'NETWORK',
      completes: 'weights',
      help: 'compare sets by the features of this network: a discriminator (latest_net_D_B.pth), a VGG of torchvision, or a generator',
    },
    layer: {
      type: 'string',
      value: 'NAME',
      help: 'the layer whose channels are the features; default: the last that is no answer, or the end of the encoder',
    },
    size: {
      type: 'string',
      value: 'N',
      help: 'resize pictures to a square of N pixels for the network; default: 256',
    },
    key: KEY_OPTION,
    engine: ENGINE_OPTION,
    recursive: { type: 'boolean', short: 'r', help: 'look into the folders below, too' },
    json: { type: 'boolean', help: 'print everything as one JSON object' },
  },
};

/** Which network gives features, and how. */
export interface FeaturesRequest {
  /** A path, an address, or the name of a downloaded model. */
  readonly source: string;
  readonly key: string | undefined;
  readonly layer: string | undefined;
  readonly size: number | undefined;
  readonly engine: EngineName | undefined;
}

export interface EvaluateRequest {
  readonly folders: readonly [a: string, b: string];
  readonly recursive: boolean;
  /** `null`: pairs are compared. */
  readonly features: FeaturesRequest | null;
  readonly json: boolean;
}

const MIN_SIZE = 16;
const MAX_SIZE = 2048;
/** They say nothing of pairs. */
const OF_FEATURES = ['layer', 'size', 'key', 'engine'] as const;

/** @throws UsageError unless two folders are named, and for options that have no network. */
export function readEvaluate(invocation: Invocation): EvaluateRequest {
  const { operands, text, flag } = invocation;
  const [a, b, ...rest] = operands;
  if (a === undefined || b === undefined || rest.length > 0) {
    throw new UsageError('Which two folders? cyclegan evaluate FOLDER_A FOLDER_B.');
  }
  const source = text('features');
  const alone = OF_FEATURES.find((option) => source === undefined && text(option) !== undefined);
  if (alone !== undefined) throw new UsageError(`--${alone} goes with --features NETWORK.`);
  return {
    folders: [a, b],
    recursive: flag('recursive'),
    features:
      source === undefined
        ? null
        : {
            source,
            key: text('key'),
            layer: text('layer'),
            size: readCount(invocation, 'size', MIN_SIZE, MAX_SIZE),
            engine: readEngine(invocation),
          },
    json: flag('json'),
  };
}
