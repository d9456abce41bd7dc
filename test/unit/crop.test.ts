import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { centerCrop, crop } from '../../src/image/crop.js';
import { ImageError, type Picture } from '../../src/image/picture.js';

/** Each pixel says where it is: red its column, green its row; alpha both. */
function grid(width: number, height: number, hasAlpha = false): Picture {
  const pixels = Array.from({ length: width * height }, (_, i) => [
    i % width,
    Math.floor(i / width),
  ]);
  const data = Uint8Array.from(pixels.flatMap(([x, y]) => [x, y, 7]));
  const alpha = Uint8Array.from(pixels, ([x, y]) => 16 * y + x);
  return { width, height, data, ...(hasAlpha ? { alpha } : {}) };
}

/** Python's `round`: halves go to the even number. */
function roundHalfEven(value: number): number {
  const low = Math.floor(value);
  if (value - low !== 0.5) return Math.round(value);
  return low % 2 === 0 ? low : low + 1;
}

describe('a part of a picture', () => {
  const part = { left: 2, top: 1, width: 3, height: 2 };

  it('has the pixels of its place, and their alpha', () => {
    const { width, height, data, alpha } = crop(grid(6, 5, true), part);
    expect([width, height]).toEqual([3, 2]);
    const expected = [2, 3, 4].map((x) => [x, 1, 7]);
    expect([...data]).toEqual([...expected, ...[2, 3, 4].map((x) => [x, 2, 7])].flat());
    expect([...(alpha ?? [])]).toEqual([18, 19, 20, 34, 35, 36]);
    expect('alpha' in crop(grid(6, 5), part)).toBe(false);
  });

  it('that is all of it is the picture itself', () => {
    const whole = grid(3, 2);
    expect(crop(whole, { left: 0, top: 0, width: 3, height: 2 })).toBe(whole);
    expect(crop(whole, { left: 0, top: 1, width: 3, height: 1 }).height).toBe(1);
    expect(crop(whole, { left: 1, top: 0, width: 1, height: 2 }).width).toBe(1);
  });
});

describe('the middle of a picture', () => {
  it('lies where torchvision’s CenterCrop cuts it out', () => {
    const side = fc.integer({ min: 1, max: 15 });
    fc.assert(
      fc.property(side, side, side, (width, height, wanted) => {
        const size = Math.min(width, height, wanted);
        const found = centerCrop(size)(grid(width, height));
        expect([found.width, found.height]).toEqual([size, size]);
        const left = roundHalfEven((width - size) / 2);
        const top = roundHalfEven((height - size) / 2);
        expect([found.data[0], found.data[1]]).toEqual([left, top]);
        const last = found.data.length - 3;
        expect([found.data[last], found.data[last + 1]]).toEqual([left + size - 1, top + size - 1]);
      }),
    );
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('is no square of %s', (size) => {
    expect(() => centerCrop(size)).toThrow(ImageError);
  });

  it('is refused where one side alone is too short', () => {
    for (const [width, height] of [
      [4, 9],
      [9, 4],
      [4, 4],
    ]) {
      expect(() => centerCrop(5)(grid(width, height))).toThrow(/5 pixels cannot be cut out/);
    }
    expect(centerCrop(4)(grid(4, 9)).data.length).toBe(48);
  });
});
