import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { TraitOptions } from '../../src/generator/family.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { maxAbsDifference } from './closeness.js';
import { goldenPath } from './golden.js';

/** A small generator of a family, and what PyTorch computes with it: made by `test/golden/make_families.py`. */
export interface FamilyCase {
  readonly name: string;
  readonly family: string;
  /** What is read off its keys and shapes, or a part of that. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What differs from the usual traits. */
  readonly traits: Readonly<Record<string, unknown>>;
  /** What has to be said of it, because its keys do not. */
  readonly options?: TraitOptions;
  /** Whether weights are computed of several of its tensors. */
  readonly folded?: boolean;
  /** Values of its inputs. */
  readonly low: number;
  readonly high: number;
  readonly tensors: readonly StoredTensor[];
  readonly runs: readonly {
    readonly input: readonly number[];
    readonly output: readonly number[];
    readonly elements: string;
    /** Which elements of the output are stored: the first, and every so many-th from there. All, by default. */
    readonly every?: number;
    /** How far PyTorch itself is from double precision. */
    readonly float32Error: number;
  }[];
}

interface StoredTensor {
  readonly key: string;
  readonly shape: readonly number[];
  /** Filled by a hash, between these; or else with `elements`. */
  readonly low?: number;
  readonly high?: number;
  /** Base64 of little-endian float32. */
  readonly elements?: string;
}

/** @param folder Of the golden data: `families`, or `discriminators`, whose class stands in place of a family. */
export function casesIn(folder: string): readonly FamilyCase[] {
  return readdirSync(goldenPath(folder))
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(goldenPath(folder), file), 'utf8')));
}

export const familyCases: readonly FamilyCase[] = casesIn('families');

/** The state dict of a case. */
export function stateDictOf({ tensors }: FamilyCase): Map<string, Tensor> {
  return new Map(
    tensors.map(({ key, shape, low = 0, high = 0, elements }, number) => [
      key,
      elements === undefined ? filled(shape, number, low, high) : decoded(elements, shape),
    ]),
  );
}

/** How far from double precision an output may be: so many times as far as PyTorch's is, and in any case this, of its largest. */
export const TIMES_TORCH = 20;
export const MAX_ERROR = 1e-4;

/** Compares an output with that of a run, as far as that is stored. */
export function expectAsInTorch(
  made: Tensor,
  { output, stored, float32Error }: ReturnType<typeof runsOf>[number],
): void {
  expect(made.shape).toEqual(output.shape);
  const scale = Math.max(1, ...output.data.map(Math.abs));
  const error = maxAbsDifference(stored(made.data), output.data);
  expect(error / scale).toBeLessThan(Math.max(MAX_ERROR, (TIMES_TORCH * float32Error) / scale));
}

/** Input and output of each run of a case. `stored` picks the elements that are compared from an output like it. */
export function runsOf({ runs, low, high }: FamilyCase) {
  return runs.map(({ input, output, elements, every = 1, float32Error }, number) => ({
    input: filled(input, 1000 + number, low, high),
    output: { shape: output, data: floats(elements) },
    stored: (data: Float32Array) => data.filter((_, index) => index % every === 0),
    float32Error,
  }));
}

function decoded(base64: string, shape: readonly number[]): Tensor {
  return new Tensor(floats(base64), shape);
}

/** Base64 of little-endian float32. */
export function floats(base64: string): Float32Array {
  return new Float32Array(new Uint8Array(Buffer.from(base64, 'base64')).buffer);
}

/** As `fill` of `make_families.py`. */
export function filled(
  shape: readonly number[],
  number: number,
  low: number,
  high: number,
): Tensor {
  const tensor = Tensor.zeros(shape);
  const seed = Math.imul(0x9e3779b9, number + 1);
  for (let i = 0; i < tensor.size; i++) {
    let x = (i + seed) >>> 0;
    x ^= x >>> 16;
    x = Math.imul(x, 0x7feb352d) >>> 0;
    x ^= x >>> 15;
    x = Math.imul(x, 0x846ca68b) >>> 0;
    x = (x ^ (x >>> 16)) >>> 0;
    tensor.data[i] = low + (high - low) * (x / 2 ** 32);
  }
  return tensor;
}
