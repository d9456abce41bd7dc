import { StateDictError } from '../nn/loadStateDict.js';
import type { Module } from '../nn/module.js';
import { sourceName } from '../platform/byteInput.js';
import type { PlainValue } from '../pth/plainValue.js';
import {
  type OpenWeightsOptions,
  openWeights,
  type StateDictOptions,
  type WeightFile,
  type WeightSource,
} from '../pth/weightFile.js';
import { BOOK, recogniseGenerator } from './families.js';
import type { Family, FamilyConfig, PictureTraits, ValueRange } from './family.js';
import { checkRange, withSavedRange } from './pictureTraits.js';

export interface OpenGeneratorOptions extends OpenWeightsOptions, StateDictOptions {
  /**
   * What the darkest and the brightest byte of a picture become on the way into the network. Default: what was saved with
   * the file, or else what its family says.
   */
  readonly inputRange?: ValueRange;
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
 * it is no weight file; FileError or DownloadError when it cannot be had; CycleganError `ERR_RANGE` for a range that is none.
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
  { inputRange, late, ...options }: OpenGeneratorOptions = {},
): Promise<() => Promise<OpenedGenerator>> {
  if (inputRange !== undefined) checkRange(inputRange);
  const file = await openWeights(source, options);
  const reading = file.stateDict({ late });
  // Callers wait for it below.
  reading.catch(() => undefined);
  return async () => {
    const { family, config, notes, network, adapted } = await inFile(sourceName(source), async () =>
      recogniseGenerator(await reading),
    );
    network.loadStateDict(adapted);
    const traits = withSavedRange(family.traits(config), file);
    return {
      ...traits,
      module: network.eval(),
      family,
      config,
      notes: [...describeAlike(file), ...notes],
      inputRange: inputRange ?? traits.inputRange,
    };
  };
}

function describeAlike({ key, alike }: WeightFile): string[] {
  if (alike.length === 0) return [];
  const others = alike.map((name) => JSON.stringify(name.slice(0, 80))).join(', ');
  return [
    `the state dict "${key}" was taken; ${others} ${alike.length === 1 ? 'has' : 'have'} the same keys: --key NAME (in code: { key: NAME }) takes another.`,
  ];
}

/** The book's generator with random weights: for callers who have no file. */
export function bookGenerator(): OpenedGenerator {
  const { family, config } = BOOK;
  const module = family.build(config).eval();
  return { ...family.traits(config), module, family, config, notes: [] };
}

/**
 * What is saved beside a generator's weights, so that it is fed as before whatever its file is called: the `config` of
 * `saveStateDict`, with the range that was read or asked for.
 *
 * ```ts
 * const generator = await openGenerator('horse2zebra.pth', { inputRange: [-1, 1] });
 * await saveStateDict(generator.module.stateDict(), 'mine.pth', { config: savedConfig(generator) });
 * (await openGenerator('mine.pth')).inputRange; // [-1, 1]
 * ```
 */
export function savedConfig(generator: OpenedGenerator): Record<string, PlainValue> {
  const { family, config, inputRange } = generator;
  return { family: family.name, ...config, inputRange };
}

async function inFile<T>(name: string | null, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw error instanceof StateDictError && name !== null ? error.inFile(name) : error;
  }
}
