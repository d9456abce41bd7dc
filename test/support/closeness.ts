import { expect } from 'vitest';
import type { Tensor } from '../../src/tensor/tensor.js';

/**
 * Every element within `absolute + relative · |expected|`; NaN and infinities exactly where they are
 * expected.
 */
export function expectClose(
  found: Tensor,
  expected: Tensor,
  { absolute, relative = 0 }: { absolute: number; relative?: number },
): void {
  expect(found.shape).toEqual(expected.shape);
  let worst = { excess: 0, index: -1 };
  for (let i = 0; i < expected.size; i++) {
    const a = found.data[i];
    const b = expected.data[i];
    if (Object.is(a, b) || a === b) continue;
    const excess = Math.abs(a - b) - absolute - relative * Math.abs(b);
    // An infinity or a NaN that is not expected makes the excess infinite or NaN.
    if (!(excess <= worst.excess)) worst = { excess, index: i };
    if (Number.isNaN(excess)) break;
  }
  const { index } = worst;
  expect(
    index,
    `element ${index}: found ${found.data[index]}, expected ${expected.data[index]}`,
  ).toBe(-1);
}

export function maxAbsDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs(a[i] - b[i]);
    if (!(d <= worst)) worst = d;
  }
  return worst;
}
