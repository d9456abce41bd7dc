import fc from 'fast-check';
import { decode as decodeWithFastPng, encode as encodeWithFastPng } from 'fast-png';
import jpeg from 'jpeg-js';
import { describe, expect, it, vi } from 'vitest';
import { ShapeError } from '../../src/errors.js';
import { compose, toImage, toTensor } from '../../src/image/convert.js';
import { decodeImage, encodeImage } from '../../src/image/formats.js';
import { convertYcc } from '../../src/image/jpeg/colour.js';
import { simdRows } from '../../src/image/jpeg/simdRows.js';
import { doubleBothWays } from '../../src/image/jpeg/upsample.js';
import { ImageError, type Picture } from '../../src/image/picture.js';
import { plainFilter } from '../../src/image/resize/plainFilter.js';
import { resize, resizeWith } from '../../src/image/resize/resize.js';
import { simdFilter } from '../../src/image/resize/simdFilter.js';
import { bicubic, triangle } from '../../src/image/resize/taps.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { golden, goldenBytes, goldenPicture } from '../support/golden.js';

const picture = fc
  .tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), fc.nat())
  .map(([width, height, seed]) => smooth(width, height, seed));

describe('PNG', () => {
  it('is written and read back as it was', () => {
    fc.assert(
      fc.property(picture, (p) => {
        const file = encodeImage(p, 'x.png');
        expect(decodeImage(file)).toEqual(p);
        const { width, height, channels, depth, data } = decodeWithFastPng(file, {
          checkCrc: true,
        });
        expect([width, height, channels, depth]).toEqual([p.width, p.height, 3, 8]);
        expect(data).toEqual(p.data);
      }),
    );
  });

  it.each([
    ['grey', 1, [10], [10, 10, 10]],
    ['grey with alpha', 2, [10, 0], [10, 10, 10]],
    ['colour with alpha', 4, [1, 2, 3, 0], [1, 2, 3]],
  ])('drops alpha and spreads grey: %s', (_, channels, pixel, rgb) => {
    const file = encodeWithFastPng({ width: 1, height: 1, channels, data: Uint8Array.from(pixel) });
    expect([...decodeImage(file).data]).toEqual(rgb);
  });

  it('is refused with strict when a byte of it is wrong, and else refused or read as it was', () => {
    const whole = smooth(9, 7, 1);
    const file = encodeImage(whole, 'x.png');
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const broken = file.slice();
        broken[at] ^= change;
        expect(() => decodeImage(broken, { strict: true })).toThrow(ImageError);
        try {
          expect(decodeImage(broken)).toEqual(whole);
        } catch (error) {
          // Behind the pixel data nothing matters so much.
          if (!(error instanceof ImageError) || at >= file.length - 12) throw error;
        }
      }),
    );
  });
});

describe('JPEG', () => {
  it('is read as jpeg-js reads it, but for its coarser transform', () => {
    for (const quality of [50, 95]) {
      const { width, height, data } = smooth(37, 23, 5);
      const rgba = Uint8Array.from({ length: width * height * 4 }, (_, i) =>
        i % 4 === 3 ? 255 : data[(i >> 2) * 3 + (i % 4)],
      );
      const file = Uint8Array.from(jpeg.encode({ width, height, data: rgba }, quality).data);
      const ours = decodeImage(file).data;
      const theirs = jpeg.decode(file, { useTArray: true, formatAsRGBA: false }).data;
      expect(ours.length).toBe(theirs.length);
      const worst = Math.max(...ours.map((v, i) => Math.abs(v - theirs[i])));
      expect(worst).toBeLessThanOrEqual(4);
    }
  });

  it.each(golden.pictures)('is read as Pillow reads it: $name', ({ file, size, rgb }) => {
    const [width, height] = size;
    expect(decodeImage(goldenBytes(file))).toEqual({ width, height, data: goldenBytes(rgb) });
  });

  it('is written as jpeg-js writes it', () => {
    const noise = (count: number, seed: number) =>
      Uint8Array.from({ length: count }, (_, i) => (Math.imul(i + seed, 0x9e3779b1) >>> 13) & 255);
    const checked = (count: number) => noise(count, 1).map((v) => (v & 1) * 255);
    for (const quality of [1, 24, 49, 50, 77, 95, 100]) {
      const [width, height] = [1 + (quality % 19), 1 + ((quality * 7) % 23)];
      const { data: even } = smooth(width, height, quality);
      for (const data of [even, noise(3 * width * height, quality), checked(3 * width * height)]) {
        const rgba = Uint8Array.from({ length: width * height * 4 }, (_, i) =>
          i % 4 === 3 ? 255 : data[(i >> 2) * 3 + (i % 4)],
        );
        const theirs = Uint8Array.from(jpeg.encode({ width, height, data: rgba }, quality).data);
        expect(encodeImage({ width, height, data }, 'x.jpg', { quality })).toEqual(theirs);
      }
    }
  });

  it('is not written where a side is longer than its header can say', () => {
    const data = new Uint8Array(3 * 65_536);
    expect(() => encodeImage({ width: 65_536, height: 1, data }, 'x.jpg')).toThrow(
      /A JPEG has at most 65535 pixels a side, but the picture has 65536 x 1/,
    );
    const { width, height } = decodeImage(
      encodeImage({ width: 1, height: 65_500, data: data.subarray(0, 3 * 65_500) }, 'x.jpg'),
    );
    expect([width, height]).toEqual([1, 65_500]);
  });

  it('comes back nearly as it was at quality 95', () => {
    const p = smooth(40, 30, 2);
    const back = decodeImage(encodeImage(p, 'x.jpg'));
    const error = p.data.reduce((sum, v, i) => sum + Math.abs(v - back.data[i]), 0);
    expect(error / p.data.length).toBeLessThan(3);
  });
});

describe('rows of a JPEG with SIMD', () => {
  const simd = simdRows();
  if (simd === undefined) throw new Error('every Node that the tests run on has SIMD');

  it('have the same colours, all of them', () => {
    const width = 32_768;
    const [y, cb, cr] = [0, 1, 2].map(() => new Uint8Array(width));
    const [expected, found] = [0, 1].map(() => new Uint8Array(3 * width));
    for (let part = 0; part < 512; part++) {
      for (let x = 0; x < width; x++) {
        y[x] = x;
        cb[x] = (x >> 8) + 128 * (part & 1);
      }
      cr.fill(part >> 1);
      convertYcc([y, cb, cr], width, expected, 0);
      simd.convertYcc([y, cb, cr], width, found, 0);
      expect(Buffer.compare(found, expected)).toBe(0);
    }
  });

  it('stay within their row, of any width', () => {
    for (const width of [1, 2, 7, 8, 9, 23, 65_534, 65_535]) {
      // Components have whole blocks.
      const rows = [1, 2, 3].map((seed) => randomBytes(seed, Math.ceil(width / 8) * 8));
      const [expected, found] = [0, 1].map(() => new Uint8Array(3 * width + 10).fill(77));
      convertYcc(rows, width, expected, 5);
      simd.convertYcc(rows, width, found, 5);
      expect(Buffer.compare(found, expected)).toBe(0);
    }
  });

  it('are doubled to the same bytes', () => {
    const bytes = fc.uint8Array({ minLength: 3, maxLength: 40 });
    fc.assert(
      fc.property(bytes, bytes, fc.constantFrom(0, 5), (a, b, before) => {
        const width = Math.min(a.length, b.length);
        const samples = Uint8Array.from([...new Uint8Array(before).fill(99), ...a, ...b]);
        const far = before + a.length;
        const [expected, found] = [0, 1].map(() => new Uint8Array(2 * width));
        doubleBothWays(samples, before, far, width, expected);
        expect(simd.doubleBothWays(samples, before, far, width, found)).toBe(found);
        expect(found).toEqual(expected);
      }),
    );
    for (const width of [8, 16, 32_767, 32_768]) {
      const samples = randomBytes(width, 2 * width).map((byte) => (byte > 127 ? 255 : 0));
      const [expected, found] = [0, 1].map(() => new Uint8Array(2 * width));
      doubleBothWays(samples, width, 0, width, expected);
      simd.doubleBothWays(samples, width, 0, width, found);
      expect(Buffer.compare(found, expected)).toBe(0);
    }
  });
});

describe('names and formats', () => {
  it('are checked', () => {
    const p = smooth(2, 2, 0);
    expect(() => encodeImage(p, 'zebra.gif')).toThrow(/\.png.*\.jpg/);
    expect(() => decodeImage(new TextEncoder().encode('GIF89a....'))).toThrow(/GIF/);
    expect(() => decodeImage(new Uint8Array(0))).toThrow(ImageError);
  });
});

describe('resize', () => {
  it('keeps a flat colour, and averages when it halves', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }), (a, b) => {
        const flat = { width: a, height: b, data: new Uint8Array(a * b * 3).fill(77) };
        expect(new Set(resize({ width: b, height: a })(flat).data)).toEqual(new Set([77]));
      }),
    );
    const two = {
      width: 4,
      height: 1,
      data: Uint8Array.of(0, 0, 0, 0, 0, 0, 80, 80, 80, 80, 80, 80),
    };
    // A triangle over four pixels: 1 : 3 : 3 : 1, cut off at the edge.
    expect([...resize({ width: 2, height: 1 })(two).data.subarray(0, 1)]).toEqual([11]);
  });

  /** Beyond what fits into the memory of the fast way at once, in each direction. */
  const LARGE: [number, number, number, number][] = [
    [500, 900, 40, 30],
    [3, 90_000, 2, 800],
    [120_000, 3, 80_000, 2],
    [400_000, 2, 5, 1],
    [700, 2000, 700, 3],
  ];
  const side = fc.integer({ min: 1, max: 90 });

  describe.each(golden.resizes.map((r) => [r.name, r] as const))('%s', (_, resized) => {
    const { width, height, data } = goldenPicture(resized.output);
    const from = goldenPicture(resized.input);

    it('gives the bytes of Pillow, with SIMD and without', () => {
      const { interpolation } = resized;
      expect(resize({ width, height }, { interpolation })(from).data).toEqual(data);
      const kernel = interpolation === 'bicubic' ? bicubic : triangle;
      expect(resizeWith(plainFilter, from, width, height, kernel).data).toEqual(data);
    });

    it('resizes alpha as any colour', () => {
      const red = (rgb: Uint8Array) => rgb.filter((_, i) => i % 3 === 0);
      const { interpolation } = resized;
      const transparent = { ...from, alpha: red(from.data) };
      const made = resize({ width, height }, { interpolation })(transparent);
      expect(made.alpha).toEqual(red(data));
    });
  });

  it('gives the same bytes with SIMD and without', () => {
    const simd = simdFilter();
    if (simd === undefined) throw new Error('every Node that the tests run on has SIMD');
    const same = (
      seed: number,
      width: number,
      height: number,
      toWidth: number,
      toHeight: number,
    ) => {
      const from = { width, height, data: randomBytes(seed, width * height * 3) };
      for (const kernel of [triangle, bicubic]) {
        const expected = resizeWith(plainFilter, from, toWidth, toHeight, kernel);
        const found = resizeWith(simd, from, toWidth, toHeight, kernel);
        expect(Buffer.compare(found.data, expected.data)).toBe(0);
      }
    };
    for (const sizes of LARGE) same(1, ...sizes);
    fc.assert(fc.property(fc.integer(), side, side, side, side, same));
  });

  it('goes on without SIMD where a page forbids to compile', async () => {
    const from = { width: 9, height: 7, data: randomBytes(3, 189) };
    const expected = resize({ width: 4, height: 3 })(from).data;
    vi.resetModules();
    vi.stubGlobal('WebAssembly', {
      validate: WebAssembly.validate,
      Memory: WebAssembly.Memory,
      Module: class {
        constructor() {
          throw new Error('unsafe-eval');
        }
      },
    });
    try {
      const forbidden = await import('../../src/image/resize/simdFilter.js');
      expect(forbidden.simdFilter()).toBeUndefined();
      const alone = await import('../../src/image/resize/resize.js');
      expect(alone.resize({ width: 4, height: 3 })(from).data).toEqual(expected);
    } finally {
      vi.unstubAllGlobals();
      vi.resetModules();
    }
  });

  it('refuses filters that there are not', () => {
    const interpolation = 'lanczos' as 'bicubic';
    expect(() => resize(256, { interpolation })).toThrow(/bilinear or bicubic.*lanczos/);
  });

  it('refuses sizes that cannot be', () => {
    expect(() => resize(0)).toThrow(ImageError);
    expect(() => resize(256)({ width: 50_000, height: 1, data: new Uint8Array(150_000) })).toThrow(
      /12800000 x 256/,
    );
  });
});

describe('toTensor and toImage', () => {
  it('undo each other', () => {
    const there = compose(toTensor(), toImage);
    fc.assert(
      fc.property(picture, (p) => {
        // 255 · (v / 255) in float32 falls short of v for some v, and toImage cuts off, as PyTorch does.
        const back = there(p).data;
        const expected = p.data.map((v) => Math.trunc(Math.fround(Math.fround(v / 255) * 255)));
        expect(back).toEqual(expected);
      }),
    );
  });

  it('take planes apart and clamp', () => {
    const t = toTensor()({ width: 2, height: 1, data: Uint8Array.of(0, 51, 102, 153, 204, 255) });
    expect(t.shape).toEqual([3, 1, 2]);
    expect([...t.data].map((v) => Math.round(v * 255))).toEqual([0, 153, 51, 204, 102, 255]);
    const wild = new Tensor(Float32Array.of(-1, 2, Number.NaN), [1, 3, 1, 1]);
    expect([...toImage(wild).data]).toEqual([0, 255, 0]);
    expect(() => toImage(Tensor.zeros([2, 4, 4]))).toThrow(ShapeError);
  });
});

/** Slow waves of colour. */
function smooth(width: number, height: number, seed: number): Picture {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const x = Math.floor(i / 3) % width;
    const y = Math.floor(i / 3 / width);
    return 128 + 100 * Math.sin((x + (i % 3) * 5 + seed) / 6) * Math.cos((y + seed) / 7);
  });
  return { width, height, data };
}

function randomBytes(seed: number, length: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state >>> 24;
  });
}
