import { toFloat32 } from '../pth/dtypes.js';
import {
  type OpenWeightsOptions,
  openWeights,
  type WeightFile,
  type WeightSource,
} from '../pth/weightFile.js';
import { checkOptions } from '../tensor/callerValues.js';

/** How a tensor differs that two files hold under one key. */
export interface TensorDifference {
  readonly key: string;
  /** Shapes, where they differ: then nothing else is compared. */
  readonly shapes?: readonly [readonly number[], readonly number[]];
  /** Stored types, where they differ. */
  readonly dtypes?: readonly [string, string];
  /** Of the numbers as they are stored, or as float32 where their types differ; NaN counts as equal to NaN. */
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
  /** Keys of tensors whose numbers cannot be read, in one of the files or both. */
  readonly uncompared: readonly string[];
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
  checkOptions('diffWeights', options);
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
    const read = info.dtype === other.dtype ? storedNumbers : float32Numbers;
    const [x, y] = await Promise.all([read(a, key), read(b, key)]);
    const numbers = compare(x, y);
    if (numbers.different === 0 && info.dtype === other.dtype) equal++;
    else different.push({ key, ...dtypes, ...numbers, size: x.length });
  }
  const [inFirst, inSecond] = [keysOf(a), keysOf(b)];
  const unreadable = new Set([...a.unreadable.keys(), ...b.unreadable.keys()]);
  return {
    onlyInFirst: [...inFirst].filter((key) => !inSecond.has(key)),
    onlyInSecond: [...inSecond].filter((key) => !inFirst.has(key)),
    uncompared: [...unreadable].filter((key) => inFirst.has(key) && inSecond.has(key)),
    different: different.sort((x, y) => y.largest - x.largest),
    equal,
  };
}

function keysOf({ tensors, unreadable }: WeightFile): Set<string> {
  return new Set([...tensors.keys(), ...unreadable.keys()]);
}

type Numbers = ArrayLike<number> | ArrayLike<bigint>;

async function float32Numbers(file: WeightFile, key: string): Promise<Numbers> {
  return (await file.tensor(key)).data;
}

/** Halves and smaller floats are stored as bits, all of which float32 holds. */
async function storedNumbers(file: WeightFile, key: string): Promise<Numbers> {
  const { data, dtype } = await file.read(key);
  const isBits = /float/.test(dtype) && !(data instanceof Float64Array);
  return isBits ? toFloat32(data, dtype) : data;
}

function compare(x: Numbers, y: Numbers): { largest: number; different: number } {
  let largest = 0;
  let different = 0;
  for (let i = 0; i < x.length; i++) {
    const a = x[i];
    const b = y[i];
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    different++;
    const difference = distance(a, b);
    largest = Math.max(largest, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }
  return { largest, different };
}

function distance(a: number | bigint, b: number | bigint): number {
  if (typeof a === 'bigint' && typeof b === 'bigint') return Math.abs(Number(a - b));
  return Math.abs(Number(a) - Number(b));
}
