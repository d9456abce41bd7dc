import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { philox } from '../../src/tensor/training/philox.js';
import { DataOrder } from '../../src/train/data/dataOrder.js';
import { normalize } from '../../src/train/data/normalize.js';
import { type Preprocess, transform, transformedSize } from '../../src/train/data/transform.js';
import { ImagePool } from '../../src/train/imagePool.js';
import { below, Draws } from '../../src/train/random/draws.js';
import { learningRate } from '../../src/train/schedule.js';

describe('Philox4x32-10', () => {
  // The known answers of Random123, its authors' library: kat_vectors.
  it.each([
    [
      [0, 0],
      [0, 0, 0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0xa4093822, 0x299f31d0],
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ] as const)('gives what its authors say, for key %j', (key, counter, expected) => {
    expect(philox(key, counter)).toEqual(expected);
  });
});

describe('draws', () => {
  it('differ by seed, by what is drawn and by each counter, beyond 32 bits, too', () => {
    const places = [
      new Draws(1).uniforms('order', 0, 0),
      new Draws(2).uniforms('order', 0, 0),
      new Draws(1).uniforms('partner', 0, 0),
      new Draws(1).uniforms('order', 1, 0),
      new Draws(1).uniforms('order', 0, 1),
      new Draws(1).uniforms('order', 2 ** 32, 0),
      new Draws(1).uniforms('order', 0, 2 ** 32),
    ];
    expect(new Set(places.flat()).size).toBe(4 * places.length);
  });

  it('are permutations in which each place is as likely as any other', () => {
    const draws = new Draws(3);
    const counts = Array.from({ length: 4 }, () => [0, 0, 0, 0]);
    const times = 1000;
    for (let i = 0; i < times; i++) {
      for (const [place, value] of draws.permutation('order', i, 4).entries()) {
        counts[place][value]++;
      }
    }
    // Each is there once.
    expect(counts.map((row) => row.reduce((a, b) => a + b))).toEqual([times, times, times, times]);
    expect([...draws.permutation('order', 0, 9)].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    // Chi-squared with 9 degrees of freedom: 27.9 is passed once in a thousand seeds.
    const expected = times / 4;
    const chi = counts.flat().reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    expect(chi).toBeLessThan(27.9);
  });
});

describe('the order of pictures', () => {
  const sizes = fc.record({
    sizeA: fc.integer({ min: 1, max: 12 }),
    sizeB: fc.integer({ min: 1, max: 12 }),
    batchSize: fc.integer({ min: 1, max: 4 }),
    serialBatches: fc.boolean(),
  });

  it("is that of the authors' unaligned dataset: each index once per epoch, A by its remainder, B at random", () => {
    fc.assert(
      fc.property(sizes, fc.nat(1000), fc.nat(5), (options, seed, epoch) => {
        const order = new DataOrder(options, new Draws(seed));
        const { sizeA, sizeB, batchSize, serialBatches } = options;
        const larger = Math.max(sizeA, sizeB);
        const perEpoch = Math.floor(larger / batchSize);
        expect(order.iterationsPerEpoch).toBe(perEpoch);
        if (perEpoch === 0) return;
        const items = Array.from({ length: perEpoch }, (_, i) =>
          order.batch(epoch * perEpoch + i),
        ).flat();
        expect(items.map(({ count }) => count)).toEqual(
          items.map((_, i) => epoch * perEpoch * batchSize + i),
        );
        expect(items.every(({ b }) => Number.isInteger(b) && b >= 0 && b < sizeB)).toBe(true);
        if (serialBatches) {
          expect(items.map(({ a, b }) => [a, b])).toEqual(
            items.map((_, i) => [i % sizeA, i % sizeB]),
          );
          return;
        }
        // Of indices modulo sizeA, each has the floor or the ceiling of larger / sizeA, less what the last batch leaves out.
        const uses = new Map<number, number>();
        for (const { a } of items) uses.set(a, (uses.get(a) ?? 0) + 1);
        for (const [a, n] of uses) {
          expect(a).toBeLessThan(sizeA);
          expect(n).toBeLessThanOrEqual(Math.ceil((larger - a) / sizeA));
        }
        if (larger % batchSize === 0) expect(uses.size).toBe(Math.min(sizeA, larger));
      }),
    );
  });

  it('is another in each epoch, and the same whenever it is asked for', () => {
    const options = { sizeA: 40, sizeB: 30, batchSize: 1, serialBatches: false };
    const epochs = [1, 0, 1].map((epoch) => {
      const order = new DataOrder(options, new Draws(5));
      return Array.from({ length: 40 }, (_, i) => order.batch(40 * epoch + i)[0]).map(
        ({ a, b }) => `${a} ${b}`,
      );
    });
    expect(epochs[0]).toEqual(epochs[2]);
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(new Set(epochs[0].map((item) => item.split(' ')[0])).size).toBe(40);
    // Of 40 draws out of 30, all of them in order would be a miracle.
    expect(new Set(epochs[0].map((item) => item.split(' ')[1])).size).toBeGreaterThan(15);
  });
});

describe('the pool of images', () => {
  /** util/image_pool.py, with what is random given. */
  class AuthorsPool {
    readonly size: number;
    readonly random: (count: number) => readonly number[];
    readonly images: number[] = [];
    constructor(size: number, random: (count: number) => readonly number[]) {
      this.size = size;
      this.random = random;
    }
    query(image: number, count: number): number {
      if (this.size === 0) return image;
      if (this.images.length < this.size) {
        this.images.push(image);
        return image;
      }
      const [p, choice] = this.random(count);
      if (!(p > 0.5)) return image;
      const id = below(this.size, choice);
      const old = this.images[id];
      this.images[id] = image;
      return old;
    }
  }

  it("gives what the authors' gives, from any iteration on", () => {
    fc.assert(
      fc.property(fc.nat(6), fc.nat(1000), fc.nat(40), (size, seed, pause) => {
        const draws = new Draws(seed);
        const authors = new AuthorsPool(size, (count) => draws.uniforms('poolA', 0, count));
        let pool = new ImagePool(size, draws, 'poolA');
        for (let count = 0; count < 40; count++) {
          // What a resumed run has.
          if (count === pause) pool = new ImagePool(size, draws, 'poolA', pool.images);
          expect(pool.query(Float32Array.of(count), count)[0]).toBe(authors.query(count, count));
        }
        expect(pool.images.map(([value]) => value)).toEqual(authors.images);
      }),
    );
  });

  it('gives back an old image every other time', () => {
    const pool = new ImagePool(50, new Draws(0), 'poolB');
    let old = 0;
    for (let count = 0; count < 2050; count++) {
      const image = Float32Array.of(count);
      if (pool.query(image, count) !== image) old++;
    }
    // Of 2000: three standard deviations are 67.
    expect(Math.abs(old - 1000)).toBeLessThan(67);
  });
});

describe('the schedule', () => {
  const paper = { lr: 0.0002, nEpochs: 100, nEpochsDecay: 100 };

  it('is flat for nEpochs, and falls on a line to zero behind the last', () => {
    for (const epoch of [1, 50, 100]) expect(learningRate(epoch, paper)).toBe(0.0002);
    expect(learningRate(101, paper)).toBeCloseTo((0.0002 * 100) / 101, 15);
    expect(learningRate(200, paper)).toBeCloseTo(0.0002 / 101, 15);
    expect(learningRate(201, paper)).toBe(0);
  });

  it('is never negative', () => {
    expect(learningRate(1000, paper)).toBe(0);
    expect(learningRate(3, { lr: 1, nEpochs: 1, nEpochsDecay: 0 })).toBe(0);
  });
});

interface GoldenTransform {
  readonly preprocess: Preprocess;
  readonly size: readonly [number, number];
  readonly loadSize: number;
  readonly cropSize: number;
  readonly drawn: { readonly top: number; readonly left: number; readonly flip: boolean };
  readonly resized: readonly [number, number];
  readonly shape: readonly number[];
  readonly float32: string;
}

const GOLDEN = JSON.parse(
  readFileSync(join(import.meta.dirname, '../golden/data/trainingPictures.json'), 'utf8'),
) as readonly GoldenTransform[];

/** As in `test/golden/make_training_pictures.py`. */
function picture(width: number, height: number) {
  const data = new Uint8Array(3 * width * height);
  for (let i = 0; i < data.length; i++) {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    data[i] = (x * 37 + y * 59 + c * 101 + x * y * 7) % 256;
  }
  return { width, height, data };
}

describe('pictures as an iteration sees them', () => {
  it.each(GOLDEN.map((golden, i) => [i, golden.preprocess, golden] as const))(
    "are the authors' to the last bit: %i, %s",
    (_, preprocess, golden) => {
      const { size, loadSize, cropSize, drawn, resized, shape, float32 } = golden;
      const options = { preprocess, loadSize, cropSize, noFlip: false };
      const draws = [
        (drawn.top + 0.5) / Math.max(1, resized[1] - cropSize + 1),
        (drawn.left + 0.5) / Math.max(1, resized[0] - cropSize + 1),
        drawn.flip ? 0.49 : 0.5,
      ];
      const made = transform(picture(...size), options, draws);
      const expected = new Float32Array(new Uint8Array(Buffer.from(float32, 'base64')).buffer);
      expect([3, made.height, made.width]).toEqual(shape);
      expect(normalize([made])).toMatchObject({ shape: [1, ...shape], data: expected });
      const [width, height] = size;
      expect(transformedSize({ width, height }, options)).toEqual({
        width: made.width,
        height: made.height,
      });
      expect(transform(picture(...size), { ...options, noFlip: true }, draws).data).not.toEqual(
        transform(picture(...size), options, [draws[0], draws[1], 0]).data,
      );
    },
  );

  it('lie anywhere in the picture, edges included', () => {
    const options = { preprocess: 'crop', loadSize: 0, cropSize: 4, noFlip: true } as const;
    const [first, last] = [0, 1 - 2 ** -32].map((draw) =>
      transform(picture(7, 5), options, [draw, draw, 0]),
    );
    expect([...first.data.subarray(0, 3)]).toEqual([...picture(7, 5).data.subarray(0, 3)]);
    expect([...last.data.subarray(-3)]).toEqual([...picture(7, 5).data.subarray(-3)]);
  });

  it('are refused where the square does not fit', () => {
    const options = { preprocess: 'crop', loadSize: 286, cropSize: 16, noFlip: false } as const;
    expect(() => transform(picture(30, 12), options, [0, 0, 0])).toThrow(/16 pixels.*30 x 12/);
  });

  it('of a batch lie one behind the other', () => {
    const pictures = [picture(4, 4), picture(4, 4)];
    pictures[1].data[0] = 255;
    const { data, shape } = normalize(pictures);
    expect(shape).toEqual([2, 3, 4, 4]);
    expect(data[48]).toBe(1);
    expect(data.subarray(49)).toEqual(data.subarray(1, 48));
  });
});
