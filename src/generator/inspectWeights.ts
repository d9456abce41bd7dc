import { CycleganError } from '../errors.js';
import { sourceName } from '../platform/byteInput.js';
import type { Dtype } from '../pth/dtypes.js';
import type { PassedOver } from '../pth/passedOver.js';
import type { PlainValue } from '../pth/plainValue.js';
import {
  type OpenWeightsOptions,
  openWeights,
  type WeightFile,
  type WeightSource,
} from '../pth/weightFile.js';
import { checkOptions } from '../tensor/callerValues.js';
import { sizeOf } from '../tensor/shape.js';
import { statisticsOf } from '../tensor/statistics.js';
import { describeIn } from './families.js';
import type { FamilyConfig, PictureTraits } from './family.js';
import { noteOnOthers } from './otherStateDicts.js';
import { recogniseFile } from './readFile.js';
import { settleTraits } from './settleTraits.js';
import { noteOnWholeNumbers } from './wholeNumbers.js';

export interface InspectOptions extends OpenWeightsOptions {
  /** Whether the numbers are looked at, too. Default: false. */
  readonly stats?: boolean;
}

export interface TensorReport {
  readonly key: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** With `stats`: in double precision; `null` for no numbers, or numbers that are not finite. */
  readonly mean?: number | null;
  /** With `stats`: as `torch.std`, n − 1 below the line; `null` for less than two numbers. */
  readonly deviation?: number | null;
}

export interface UnreadableReport {
  readonly key: string;
  /** `torch.complex64`, `sparse_tensor`. */
  readonly type: string;
}

/** The generator that a weight file fits. */
export interface GeneratorReport {
  /** `resnet`. */
  readonly family: string;
  /** One line: the class with its arguments, and what else distinguishes the network. */
  readonly description: string;
  /** All that makes another one, and the `prefix` of its keys in the file. */
  readonly config: FamilyConfig & { readonly prefix: string };
  /** How it is fed with pictures. */
  readonly traits: PictureTraits;
  /** What loading it repairs. */
  readonly notes: readonly string[];
}

/** What a weight file is, as data that JSON can hold. */
export interface WeightReport {
  /** `zip`, `folder`, `legacy`, `tar`, `safetensors`, `onnx`, `npz`, `paddle`, `hdf5`, `keras` or `tfjs`. */
  readonly container: string;
  /** What wrote it, as far as can be told. */
  readonly writer: string;
  readonly bytes: number;
  /** Where in a checkpoint the state dict is; empty when it is the whole. */
  readonly key: string;
  readonly numbers: number;
  readonly tensors: readonly TensorReport[];
  /** Plain data beside the tensors. */
  readonly extras: Readonly<Record<string, PlainValue>>;
  /** Tensors of the state dict whose numbers cannot be read, and why. */
  readonly unreadable: readonly UnreadableReport[];
  /** What stands beside the tensors and is not read. */
  readonly passedOver: readonly PassedOver[];
  /** The generator that it fits; `null` when it fits none. */
  readonly generator: GeneratorReport | null;
  /** Why it fits none. */
  readonly diagnosis: string | null;
}

/**
 * What a weight file is, what it holds and which generator it fits. Only `stats` reads the numbers.
 *
 * ```ts
 * const report = await inspectWeights('horse2zebra.pth');
 * [report.container, report.tensors.length]; // ['zip', 36]
 * report.generator?.family; // 'resnet'
 * ```
 *
 * @throws PthError when it is no weight file; FileError when it cannot be read.
 */
export async function inspectWeights(
  source: WeightSource,
  options: InspectOptions = {},
): Promise<WeightReport> {
  checkOptions('inspectWeights', options);
  const { stats = false, ...opening } = options;
  const file = await openWeights(source, { describe: describeIn(sourceName(source)), ...opening });
  const tensors: TensorReport[] = [];
  for (const [key, { dtype, shape }] of file.tensors) {
    const numbers = stats ? numbersOf((await file.tensor(key)).data) : {};
    tensors.push({ key, dtype, shape, ...numbers });
  }
  return {
    container: file.container,
    writer: file.writer,
    bytes: file.fileSize,
    key: file.key,
    numbers: tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    tensors,
    extras: Object.fromEntries(file.extras),
    unreadable: [...file.unreadable].map(([key, { type }]) => ({ key, type })),
    passedOver: file.passedOver,
    ...(await fit(file)),
  };
}

async function fit(file: WeightFile): Promise<Pick<WeightReport, 'generator' | 'diagnosis'>> {
  try {
    const { recognised, saved } = await recogniseFile(file, file.tensors);
    const { family, prefix } = recognised;
    const { config, traits, notes } = settleTraits(recognised, {}, saved);
    const generator = {
      family: family.name,
      description: family.describe(config),
      config: { ...config, prefix },
      traits,
      notes: [...noteOnOthers(file), ...noteOnWholeNumbers(file.tensors), ...notes],
    };
    return { generator, diagnosis: null };
  } catch (error) {
    if (!(error instanceof CycleganError)) throw error;
    return { generator: null, diagnosis: error.message };
  }
}

/** Of numbers that are not all finite, neither tells anything. */
function numbersOf(data: Float32Array): { mean: number | null; deviation: number | null } {
  const { notFinite, mean, deviation } = statisticsOf(data);
  return notFinite > 0 ? { mean: null, deviation: null } : { mean, deviation };
}
