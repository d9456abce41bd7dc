import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frechetDistance } from '../../src/evaluate/distance/frechetDistance.js';
import { kernelDistance } from '../../src/evaluate/distance/kernelDistance.js';
import { l1 } from '../../src/evaluate/pictures/l1.js';
import { psnr } from '../../src/evaluate/pictures/psnr.js';
import { ssim } from '../../src/evaluate/pictures/ssim.js';
import type { Picture } from '../../src/image/picture.js';
import { Tensor } from '../../src/tensor/tensor.js';

interface PictureCase {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly a: string;
  readonly b: string;
  readonly l1: number;
  readonly psnr: number;
  readonly ssim: number;
}

interface FeatureCase {
  readonly name: string;
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly sizes: readonly [n: number, m: number, size: number];
  readonly frechet: number;
  readonly kernel?: number;
}

function goldens<T>(name: string): T {
  const path = join(import.meta.dirname, '../golden/data/evaluation', name);
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

const PICTURES = goldens<PictureCase[]>('pictures.json');
const FEATURES = goldens<FeatureCase[]>('features.json');

function pictureOf({ width, height }: PictureCase, base64: string): Picture {
  return { width, height, data: Uint8Array.from(Buffer.from(base64, 'base64')) };
}

function tensorsOf({ a, b, sizes: [n, m, size] }: FeatureCase): [Tensor, Tensor] {
  return [new Tensor(Float32Array.from(a), [n, size]), new Tensor(Float32Array.from(b), [m, size])];
}

function grey(level: number, width = 12, height = 11): Picture {
  return { width, height, data: new Uint8Array(3 * width * height).fill(level) };
}

describe('two pictures', () => {
  it.each(PICTURES)('compare as in NumPy and scikit-image: $name', (golden) => {
    const [a, b] = [pictureOf(golden, golden.a), pictureOf(golden, golden.b)];
    expect(l1(a, b)).toBeCloseTo(golden.l1, 10);
    expect(psnr(a, b)).toBeCloseTo(golden.psnr, 10);
    expect(ssim(a, b)).toBeCloseTo(golden.ssim, 9);
    expect(ssim(b, a)).toBeCloseTo(golden.ssim, 9);
  });

  it('that are equal differ by nothing', () => {
    const golden = PICTURES[0];
    const a = pictureOf(golden, golden.a);
    expect([l1(a, a), psnr(a, a), ssim(a, a)]).toEqual([0, Number.POSITIVE_INFINITY, 1]);
  });

  it('of one colour have the similarity of their means', () => {
    const [u, v] = [50, 200];
    const expected = (2 * u * v + 2.55 ** 2) / (u * u + v * v + 2.55 ** 2);
    expect(ssim(grey(u), grey(v))).toBeCloseTo(expected, 12);
  });

  it('may come with alpha, which does not count', () => {
    const alpha = new Uint8Array(12 * 11).fill(7);
    expect(l1({ ...grey(3), alpha }, grey(5))).toBe(2);
  });

  it('of two sizes are refused', () => {
    for (const measure of [l1, psnr, ssim]) {
      expect(() => measure(grey(1), grey(1, 11, 12))).toThrow('12 x 11 and 11 x 12');
      expect(() => measure(grey(1), {} as Picture)).toThrow(/picture/);
    }
  });

  it('without a window have no similarity', () => {
    expect(() => ssim(grey(1, 10, 50), grey(1, 10, 50))).toThrow('10 x 50 holds none');
  });
});

describe('the Fréchet distance', () => {
  it.each(FEATURES)('is that of NumPy: $name', (golden) => {
    const [a, b] = tensorsOf(golden);
    // Eigenvalues that are 0 come out as 1e-16 of the largest, and their roots as 1e-8.
    const tolerance = golden.frechet * 1e-7;
    expect(Math.abs(frechetDistance(a, b) - golden.frechet)).toBeLessThan(tolerance);
    expect(Math.abs(frechetDistance(b, a) - golden.frechet)).toBeLessThan(tolerance);
  });

  it('of a set to itself is 0, and of one that was moved, how far that is', () => {
    const golden = FEATURES[0];
    const [a] = tensorsOf(golden);
    expect(frechetDistance(a, a)).toBeLessThan(1e-9);
    const moved = new Tensor(
      a.data.map((value, i) => value + (i % 5 === 0 ? 8 : 0)),
      a.shape,
    );
    expect(frechetDistance(a, moved)).toBeCloseTo(64, 4);
  });

  it('of one feature is (μ₁ − μ₂)² + (σ₁ − σ₂)²', () => {
    const values = fc.array(fc.float({ min: -100, max: 100, noNaN: true }), {
      minLength: 2,
      maxLength: 20,
    });
    fc.assert(
      fc.property(values, values, (x, y) => {
        const column = (v: number[]) => new Tensor(Float32Array.from(v), [v.length, 1]);
        const mean = (v: number[]) => v.reduce((s, u) => s + u, 0) / v.length;
        const deviation = (v: number[]) =>
          Math.sqrt(v.reduce((s, u) => s + (u - mean(v)) ** 2, 0) / (v.length - 1));
        const expected = (mean(x) - mean(y)) ** 2 + (deviation(x) - deviation(y)) ** 2;
        const found = frechetDistance(column(x), column(y));
        expect(Math.abs(found - expected)).toBeLessThan(1e-6 + 1e-7 * expected);
      }),
      { numRuns: 50 },
    );
  });

  it('is there when all pictures are alike', () => {
    expect(frechetDistance(Tensor.full([4, 3], 2), Tensor.full([5, 3], 4))).toBeCloseTo(12, 9);
  });
});

describe('the kernel distance', () => {
  it.each(FEATURES.filter(({ kernel }) => kernel !== undefined))(
    'over all pictures is that of NumPy: $name',
    (golden) => {
      const found = kernelDistance(...tensorsOf(golden), { subsetSize: golden.sizes[0] });
      expect(found.mean / (golden.kernel ?? 0)).toBeCloseTo(1, 10);
      expect(found).toMatchObject({ deviation: null, subsets: 1 });
    },
  );

  it('over subsets is about that over all, give or take what its deviation says', () => {
    const golden = FEATURES[0];
    const found = kernelDistance(...tensorsOf(golden), { subsets: 400 });
    expect(found).toMatchObject({ subsets: 400, subsetSize: 30 });
    const deviation = found.deviation ?? 0;
    expect(deviation).toBeGreaterThan(0);
    expect(Math.abs(found.mean - (golden.kernel ?? 0))).toBeLessThan(deviation / 2);
  });

  it('of two subsets of two pictures is what the definition says', () => {
    const [a, b] = [
      new Tensor(Float32Array.of(1, 3), [2, 1]),
      new Tensor(Float32Array.of(0, 2), [2, 1]),
    ];
    const k = (x: number, y: number) => (x * y + 1) ** 3;
    const between = (k(1, 0) + k(1, 2) + k(3, 0) + k(3, 2)) / 4;
    expect(kernelDistance(a, b).mean).toBe(k(1, 3) + k(0, 2) - 2 * between);
  });

  it('is the same for the same seed alone', () => {
    const [a, b] = tensorsOf(FEATURES[0]);
    const of = (seed: number) => kernelDistance(a, b, { seed, subsets: 5 }).mean;
    expect(of(1)).toBe(of(1));
    expect(of(1)).not.toBe(of(2));
  });

  it('takes so many pictures that kernels of all fit into memory', () => {
    const random = new Float32Array(2100).map((_, i) => Math.sin(i * i));
    const many = new Tensor(random, [2100, 1]);
    expect(() => kernelDistance(many, many, { subsetSize: 2049 })).toThrow('from 2 to 2048');
  });

  it('refuses subsets that cannot be', () => {
    const [a, b] = tensorsOf(FEATURES[0]);
    for (const options of [
      { subsetSize: 61 },
      { subsetSize: 1 },
      { subsets: 0 },
      { subsets: 0.5 },
    ]) {
      expect(() => kernelDistance(a, b, options)).toThrow(/must be a whole number/);
    }
  });
});

describe('features', () => {
  it.each([frechetDistance, kernelDistance])('that are none are refused by %o', (distance) => {
    const good = Tensor.zeros([3, 2]);
    for (const bad of [Tensor.zeros([3, 4]), Tensor.zeros([3, 2, 1]), Tensor.zeros([3])]) {
      expect(() => distance(good, bad)).toThrow(/expected features \[N, D\]/);
    }
    expect(() => distance(Tensor.zeros([1, 2]), good)).toThrow('one has 1');
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => distance(good, Tensor.full([3, 2], value))).toThrow('not finite');
    }
  });
});
