import { PREPROCESS } from '../data/transform.js';
import { choice, count, flag, number, type TrainOption, type ValueOf } from './option.js';

const MAX_SIDE = 8192;
const MAX_CHANNELS = 1024;
const MAX_COUNT = 1e9;

/** Options that say for how long is trained, and when files are written: what was trained so far does not depend on them. */
const mayChange = true;

/**
 * The options of a training run, by the names of the CycleGAN authors' script, and with its defaults: the library takes them as they
 * are written here, the command in kebab case.
 *
 * @see junyanz/pytorch-CycleGAN-and-pix2pix, options/base_options.py, options/train_options.py, models/cycle_gan_model.py
 */
export const TRAIN_OPTIONS = {
  nEpochs: count(100, [0, 1e6], 'epochs with the initial learning rate', { mayChange }),
  nEpochsDecay: count(
    100,
    [0, 1e6],
    'epochs in which the learning rate then falls to zero, on a line',
    { mayChange },
  ),
  maxIterations: count(
    null,
    [1, MAX_COUNT],
    'end after so many iterations, whatever the epochs say',
    { mayChange },
  ),
  batchSize: count(1, [1, 256], 'pictures of each domain per iteration'),
  lr: number(0.0002, [0, 1], 'initial learning rate of Adam'),
  beta1: number(0.5, [0, 0.999999], 'momentum of Adam; its second beta is 0.999'),
  lambdaA: number(10, [0, 1e6], 'weight of the cycle loss A -> B -> A'),
  lambdaB: number(10, [0, 1e6], 'weight of the cycle loss B -> A -> B'),
  lambdaIdentity: number(
    0.5,
    [0, 1e6],
    'weight of the identity losses, relative to those of the cycles; 0: none',
  ),
  ganMode: choice(
    ['lsgan', 'vanilla'],
    'loss of the discriminators: least squares, or cross entropy',
  ),
  poolSize: count(50, [0, 10_000], 'earlier outputs that discriminators are shown again; 0: none'),
  preprocess: choice(PREPROCESS, 'how pictures come to their size; all have to come to one'),
  loadSize: count(
    286,
    [4, MAX_SIDE],
    'side that pictures are resized to (bicubic, as Pillow does), or width',
  ),
  cropSize: count(256, [4, MAX_SIDE], 'side of the square that is cut out at random'),
  noFlip: flag(false, 'never mirror pictures'),
  serialBatches: flag(false, 'take pictures in the order of their names'),
  direction: choice(['AtoB', 'BtoA'], 'BtoA: the first folder is domain B'),
  ngf: count(64, [1, MAX_CHANNELS], 'channels of the first layer of generators'),
  nBlocks: count(9, [0, 64], 'residual blocks of generators'),
  ndf: count(64, [1, MAX_CHANNELS], 'channels of the first layer of discriminators'),
  nLayersD: count(3, [1, 8], 'how often discriminators halve pictures'),
  norm: choice(['instance', 'batch', 'none'], 'norms of all four networks'),
  initType: choice(['normal', 'xavier', 'kaiming', 'orthogonal'], 'how weights are drawn'),
  initGain: number(0.02, [0, 1e3], 'deviation or factor of drawn weights'),
  noDropout: flag(true, 'no dropout in generators, which is so in any case'),
  seed: count(0, [0, 2 ** 32 - 1], 'of all random numbers; the same one gives the same weights'),
  saveLatestFreq: count(
    null,
    [1, MAX_COUNT],
    'iterations between checkpoints; default: ten minutes',
    { mayChange },
  ),
  saveEpochFreq: count(5, [1, 1e6], 'epochs between weights that are kept (N_net_G_A.pth)', {
    mayChange,
  }),
} as const satisfies Readonly<Record<string, TrainOption>>;

export type TrainOptionName = keyof typeof TRAIN_OPTIONS;

/** A value for each of `TRAIN_OPTIONS`. */
export type TrainSettings = {
  readonly [K in TrainOptionName]: ValueOf<(typeof TRAIN_OPTIONS)[K]>;
};

/** The same table for those who go through it. */
export const TRAIN_OPTION_ENTRIES = Object.entries(TRAIN_OPTIONS) as readonly (readonly [
  TrainOptionName,
  TrainOption,
])[];
