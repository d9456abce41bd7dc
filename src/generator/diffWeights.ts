import { type OpenWeightsOptions, openWeights, type WeightSource } from '../pth/weightFile.js';

/** How a tensor differs that two files hold under one key. */
export interface TensorDifference {
  readonly key: string;
  /** Shapes, where they differ: then nothing else is compared. */
  readonly shapes?: readonly [readonly number[], readonly number[]];
  /** Stored types, where they differ. */
  readonly dtypes?: readonly [string, string];
  /** Of the numbers as float32; NaN counts as equal to NaN. */
  readonly largest: number;
  /** Numbers that differ, and how many there are. */
  readonly different: number;
  readonly size: number;
}

export interface WeightDifferences {
  readonly onlyInFirst: readonly string[];
  readonly onlyInSecond: readonly string[];
  /** Tensors that differ in anything, the largest difference first. */
  readonly different: readonly TensorDifference[];
  /** Tensors that are equal. */
  readonly equal: number;
}

/**
 * Compares two weight files, of whatever format, key by key.
 *
 * ```ts
 * await saveStateDict(await loadStateDict('horse2zebra.pth'), 'copy.safetensors');
 * const { different } = await diffWeights('horse2zebra.pth', 'copy.safetensors');
 * different[0].dtypes; // ['float16', 'float32']
 * different[0].largest; // 0
 * ```
 *
 * @throws PthError when one is no weight file; FileError when it cannot be read.
 */
export async function diffWeights(
  first: WeightSource,
  second: WeightSource,
  options: OpenWeightsOptions = {},
): Promise<WeightDifferences> {
  const [a, b] = await Promise.all([openWeights(first, options), openWeights(second, options)]);
  const different: TensorDifference[] = [];
  let equal = 0;
  for (const [key, info] of a.tensors) {
    const other = b.tensors.get(key);
    if (other === undefined) continue;
    const dtypes = info.dtype === other.dtype ? {} : { dtypes: [info.dtype, other.dtype] as const };
    if (String(info.shape) !== String(other.shape)) {
      const shapes = [info.shape, other.shape] as const;
      different.push({
        key,
        shapes,
        ...dtypes,
        largest: Number.POSITIVE_INFINITY,
        different: 0,
        size: 0,
      });
      continue;
    }
    const [x, y] = await Promise.all([a.tensor(key), b.tensor(key)]);
    const numbers = compare(x.data, y.data);
    if (numbers.different === 0 && info.dtype === other.dtype) equal++;
    else different.push({ key, ...dtypes, ...numbers, size: x.size });
  }
  return {
    onlyInFirst: [...a.tensors.keys()].filter((key) => !b.tensors.has(key)),
    onlyInSecond: [...b.tensors.keys()].filter((key) => !a.tensors.has(key)),
    different: different.sort((x, y) => y.largest - x.largest),
    equal,
  };
}

function compare(x: Float32Array, y: Float32Array): { largest: number; different: number } {
  let largest = 0;
  let different = 0;
  for (let i = 0; i < x.length; i++) {
    if (x[i] === y[i] || (Number.isNaN(x[i]) && Number.isNaN(y[i]))) continue;
    different++;
    const difference = Math.abs(x[i] - y[i]);
    largest = Math.max(largest, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }
  return { largest, different };
}
