import { readFileSync } from 'node:fs';
import { goldenPath } from './golden.js';

/** Gradients that PyTorch computes in double precision: `test/golden/make_gradients.py`. */
export function storedGradients<T>(file: string): readonly T[] {
  return JSON.parse(readFileSync(goldenPath(`gradients/${file}`), 'utf8'));
}

/** How far gradients may be from PyTorch's, of their largest. */
export const MAX_ERROR = 1e-5;
/** Numbers that `filled` makes of factors and of targets. */
export const FACTORS = 500;
export const TARGET = 2000;

/** The largest magnitude. */
export function largest(elements: ArrayLike<number>): number {
  return Array.from(elements).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
