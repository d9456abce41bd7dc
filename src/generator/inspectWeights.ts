import { CycleganError } from '../errors.js';
import type { Dtype } from '../pth/dtypes.js';
import type { PlainValue } from '../pth/plainValue.js';
import { type OpenWeightsOptions, openWeights, type WeightSource } from '../pth/weightFile.js';
import { sizeOf } from '../tensor/shape.js';
import { adaptStateDict, type InferredConfig } from './adaptStateDict.js';

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

/** What a weight file is, as data that JSON can hold. */
export interface WeightReport {
  /** `zip`, `legacy`, `tar`, `safetensors` or `onnx`. */
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
  /** The generator that it fits, and what loading it repairs; `null` when it fits none. */
  readonly generator: {
    readonly config: InferredConfig;
    readonly notes: readonly string[];
  } | null;
  /** Why it fits none. */
  readonly diagnosis: string | null;
}

/**
 * What a weight file is, what it holds and which generator it fits. Only `stats` reads the numbers.
 * @throws PthError when it is no weight file; FileError when it cannot be read.
 */
export async function inspectWeights(
  source: WeightSource,
  { stats = false, ...options }: InspectOptions = {},
): Promise<WeightReport> {
  const file = await openWeights(source, options);
  const tensors: TensorReport[] = [];
  for (const [key, { dtype, shape }] of file.tensors) {
    const numbers = stats ? statistics((await file.tensor(key)).data) : {};
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
    ...fit(file.tensors),
  };
}

function fit(
  tensors: Parameters<typeof adaptStateDict>[0],
): Pick<WeightReport, 'generator' | 'diagnosis'> {
  try {
    const { config, prefix, notes } = adaptStateDict(tensors);
    return { generator: { config: { ...config, prefix }, notes }, diagnosis: null };
  } catch (error) {
    if (!(error instanceof CycleganError)) throw error;
    return { generator: null, diagnosis: error.message };
  }
}

/** In two passes: the mean first, and then the squares of what is left, which loses nothing. */
function statistics(data: Float32Array): { mean: number | null; deviation: number | null } {
  const count = data.length;
  if (count === 0) return { mean: null, deviation: null };
  let sum = 0;
  for (const value of data) sum += value;
  const mean = sum / count;
  let squares = 0;
  for (const value of data) squares += (value - mean) ** 2;
  const deviation = Math.sqrt(squares / (count - 1));
  return { mean: finite(mean), deviation: finite(deviation) };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
