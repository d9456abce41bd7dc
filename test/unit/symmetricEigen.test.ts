import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { symmetricEigen } from '../../src/evaluate/distance/symmetricEigen.js';

/** Row by row. */
function product(a: Float64Array, b: Float64Array, size: number): Float64Array {
  const c = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < size; k++) {
      for (let j = 0; j < size; j++) c[i * size + j] += a[i * size + k] * b[k * size + j];
    }
  }
  return c;
}

function transposed(a: Float64Array, size: number): Float64Array {
  return a.map((_, i) => a[(i % size) * size + Math.floor(i / size)]);
}

function largestDifference(a: Float64Array, b: Float64Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

function symmetric(numbers: readonly number[], size: number): Float64Array {
  const a = Float64Array.from({ length: size * size }, (_, i) => numbers[i]);
  return a.map((value, i) => (value + transposed(a, size)[i]) / 2);
}

describe('eigenvalues of a symmetric matrix', () => {
  const matrices = fc.integer({ min: 1, max: 9 }).chain((size) =>
    fc
      .array(
        fc.oneof(fc.constant(0), fc.constant(1), fc.double({ min: -9, max: 9, noNaN: true })),
        {
          minLength: size * size,
          maxLength: size * size,
        },
      )
      .map((numbers) => ({ size, a: symmetric(numbers, size) })),
  );

  it('make it up again, with orthonormal vectors', () => {
    fc.assert(
      fc.property(matrices, ({ size, a }) => {
        const { values, vectors } = symmetricEigen(a, size, { vectors: true });
        if (vectors === null) throw new Error('no vectors');
        const back = transposed(vectors, size);
        const identity = a.map((_, i) => (i % (size + 1) === 0 ? 1 : 0));
        expect(largestDifference(product(vectors, back, size), identity)).toBeLessThan(1e-13);
        const scaled = vectors.map((value, i) => value * values[Math.floor(i / size)]);
        expect(largestDifference(product(back, scaled, size), a)).toBeLessThan(1e-12);
      }),
      { numRuns: 200 },
    );
  });

  it('are the same without vectors, and leave the matrix alone', () => {
    fc.assert(
      fc.property(matrices, ({ size, a }) => {
        const before = Float64Array.from(a);
        const alone = symmetricEigen(a, size, { vectors: false });
        expect(alone.vectors).toBeNull();
        expect(alone.values).toEqual(symmetricEigen(a, size, { vectors: true }).values);
        expect(a).toEqual(before);
      }),
      { numRuns: 50 },
    );
  });

  it('are those of the second difference: 2 − 2 cos(kπ / (n + 1))', () => {
    const size = 40;
    const a = Float64Array.from({ length: size * size }, (_, i) => {
      const distance = Math.abs(Math.floor(i / size) - (i % size));
      return distance === 0 ? 2 : distance === 1 ? -1 : 0;
    });
    const values = [...symmetricEigen(a, size, { vectors: false }).values].sort((x, y) => x - y);
    for (const [i, value] of values.entries()) {
      expect(value).toBeCloseTo(2 - 2 * Math.cos(((i + 1) * Math.PI) / (size + 1)), 13);
    }
  });

  it('end, even of what is not finite', () => {
    const a = new Float64Array(25).fill(Number.NaN);
    expect([...symmetricEigen(a, 5, { vectors: true }).values].some(Number.isNaN)).toBe(true);
  });
});
