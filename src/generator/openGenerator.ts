import { CycleganError } from '../errors.js';
import { StateDictError } from '../nn/loadStateDict.js';
import type { Module } from '../nn/module.js';
import { sourceName } from '../platform/byteInput.js';
import type { PlainValue } from '../pth/plainValue.js';
import {
  type OpenWeightsOptions,
  openWeights,
  type StateDictOptions,
  type WeightSource,
} from '../pth/weightFile.js';
import { checkOptions } from '../tensor/callerValues.js';
import { describeValue } from '../tensor/describeValue.js';
import { BOOK, describeIn } from './families.js';
import type {
  Family,
  FamilyConfig,
  PaddingKind,
  PictureTraits,
  TraitOptions,
  ValueRange,
} from './family.js';
import { noteOnOthers } from './otherStateDicts.js';
import { recogniseFile } from './readFile.js';
import { loadRecognised } from './readGenerator.js';
import { settleTraits } from './settleTraits.js';
import { checkTraitOptions } from './traitOptions.js';
import { noteOnWholeNumbers } from './wholeNumbers.js';

/** Defaults are what was saved with the file, or else what its family says. */
export interface OpenGeneratorOptions extends OpenWeightsOptions, StateDictOptions, TraitOptions {
  /** What the darkest and the brightest byte of a picture become on the way into the network. */
  readonly inputRange?: ValueRange;
  /** Whether the network was trained with red or with blue first, which is so on both ways. */
  readonly channelOrder?: 'rgb' | 'bgr';
  /**
   * Whether norms that have running statistics use them, as after `eval()`, or the picture's own mean and variance, as scripts
   * do that never call it. Norms without running statistics use the picture's own in any case.
   */
  readonly statistics?: 'own' | 'running';
  /**
   * What lies around the picture within the network, where its keys leave that open: `padding_type` of the CycleGAN authors'
   * class, which counts for residual blocks.
   */
  readonly padding?: PaddingKind;
  /**
   * Whether the network adds its input to what its layers make, and clamps the sum, as DeblurGAN does; `'tanh'`: it adds it
   * before the tanh in which its layers end, as Mask-ShadowGAN does.
   */
  readonly residual?: boolean | 'tanh';
}

/** A generator with all that is needed to give it pictures: `translate` takes it. */
export interface OpenedGenerator extends PictureTraits {
  /** In eval mode; its `forward` takes the network's own input, `[N, inputChannels, H, W]` in `inputRange`. */
  readonly module: Module;
  readonly family: Family;
  /** All that makes another one. */
  readonly config: FamilyConfig;
  /** What was repaired of the file, and what hints at a wrong picture; a sentence each. */
  readonly notes: readonly string[];
}

/**
 * A generator from its weight file, whichever of the known families it is of.
 *
 * ```ts
 * const zebra = await openGenerator('horse2zebra.pth');
 * zebra.family.name; // 'resnet'
 * zebra.inputRange; // [0, 1]
 * zebra.module.stateDict().size; // 36
 * ```
 *
 * @throws StateDictError when the keys and shapes are no known family's: what differs, and what they look like; PthError when
 * it is no weight file; FileError or DownloadError when it cannot be had; CycleganError `ERR_RANGE` for a range that is none,
 * `ERR_TRAIT` for another option that is not taken, or that the network cannot have.
 */
export async function openGenerator(
  source: WeightSource,
  options: OpenGeneratorOptions = {},
): Promise<OpenedGenerator> {
  const reading = await beginGenerator(source, options);
  return reading();
}

/** The same in two steps: numbers are being read, by other threads, while the caller does something else. */
export async function beginGenerator(
  source: WeightSource,
  options: OpenGeneratorOptions = {},
): Promise<() => Promise<OpenedGenerator>> {
  checkOptions('openGenerator', options);
  const { late } = options;
  const asked = checkTraitOptions(options);
  const file = await openWeights(source, { describe: describeIn(sourceName(source)), ...options });
  const reading = file.stateDict({ late });
  // Callers wait for it below.
  reading.catch(() => undefined);
  return async () => {
    const { recognised, saved } = await inFile(sourceName(source), async () =>
      recogniseFile(file, await reading, asked),
    );
    const { config, traits, notes, network } = settleTraits(recognised, asked, saved);
    return {
      ...traits,
      module: loadRecognised({ ...recognised, network }).eval(),
      family: recognised.family,
      config,
      notes: [...noteOnOthers(file), ...noteOnWholeNumbers(file.tensors), ...notes],
    };
  };
}

/** The book's generator with random weights: for callers who have no file. */
export function bookGenerator(): OpenedGenerator {
  const { family, config } = BOOK;
  const module = family.build(config).eval();
  return { ...family.traits(config), module, family, config, notes: [] };
}

/**
 * What is saved beside a generator's weights, so that it is fed as before whatever its file is called: the `config` of
 * `saveStateDict`, with the traits that were read or asked for.
 *
 * ```ts
 * const generator = await openGenerator('horse2zebra.pth', { inputRange: [-1, 1], residual: true });
 * await saveStateDict(generator.module.stateDict(), 'mine.pth', { config: savedConfig(generator) });
 * const { inputRange, residual } = await openGenerator('mine.pth');
 * [inputRange, residual]; // [[-1, 1], true]
 * ```
 */
export function savedConfig(generator: OpenedGenerator): Record<string, PlainValue> {
  if (typeof generator?.family?.name !== 'string') {
    const got = describeValue(generator);
    throw new CycleganError(
      'ERR_TRAIT',
      `savedConfig takes what openGenerator gives, but got ${got}.`,
    );
  }
  const { family, config, inputRange, channelOrder, statistics, padding, residual } = generator;
  const traits = { inputRange, channelOrder, statistics, padding, residual };
  return { family: family.name, ...config, ...traits };
}

async function inFile<T>(name: string | null, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw error instanceof StateDictError && name !== null ? error.inFile(name) : error;
  }
}
