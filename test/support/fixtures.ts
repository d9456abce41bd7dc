import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tensor } from '../../src/tensor/tensor.js';

/** The large reference data, which is not in the repository; `CYCLEGAN_FIXTURES` names its folder. */
export const FIXTURES =
  process.env.CYCLEGAN_FIXTURES ?? join(import.meta.dirname, '../../../shared/fixtures');

export const hasFixtures = existsSync(join(FIXTURES, 'ops/manifest.json'));

if (!hasFixtures) console.log(`No fixtures at ${FIXTURES}: the tests on them are skipped.`);

export function fixturePath(...parts: string[]): string {
  return join(FIXTURES, ...parts);
}

export function fixtureBytes(...parts: string[]): Uint8Array {
  return new Uint8Array(readFileSync(fixturePath(...parts)));
}

export function fixtureFloats(...parts: string[]): Float32Array {
  return new Float32Array(fixtureBytes(...parts).buffer);
}

/** A manifest, or one without entries where there are no fixtures, so that suites can still load. */
export function manifest<T>(folder: string, empty: T): T {
  if (!hasFixtures) return empty;
  return JSON.parse(readFileSync(fixturePath(folder, 'manifest.json'), 'utf8')) as T;
}

/** Where a tensor lies in a `.f32` file. */
export interface TensorPlace {
  readonly offset: number;
  readonly shape: readonly number[];
}

export function tensorAt(data: Float32Array, { offset, shape }: TensorPlace): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return new Tensor(data.slice(offset, offset + size), shape);
}
