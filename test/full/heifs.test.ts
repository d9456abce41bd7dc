import { describe, expect, it, vi } from 'vitest';
import { openImage } from '../../src/image/formats.js';
import { heifCases } from '../support/heifCases.js';

const cases = [...heifCases('avif'), ...heifCases('heic')];
/** Without chroma of half the size, which decoders enlarge each in its way, rounding alone differs. */
const EXACT: ReadonlySet<string> = new Set(['avif 4:4:4', 'heic lossless']);
const LEVELS = 1;
const MEAN_LEVELS = 8;

describe('AVIF and HEIC by their packages', () => {
  it.each(cases)('$name: the pixels are those of libheif', async ({ name, bytes, size, rgb }) => {
    const { width, height, data } = await openImage(bytes);
    expect([width, height]).toEqual(size);
    const distances = data.map((value, i) => Math.abs(value - rgb[i]));
    const mean = distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
    expect(mean).toBeLessThan(MEAN_LEVELS);
    if (EXACT.has(name)) expect(Math.max(...distances)).toBeLessThanOrEqual(LEVELS);
  });

  it.each(['avif', 'heic'])('of a damaged %s, nothing is printed', async (kind) => {
    const print = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    try {
      const { bytes } = heifCases(kind)[0];
      const cuts = [0.3, 0.5, 0.7, 0.99].map((part) => Math.floor(part * bytes.length));
      const outcomes = await Promise.allSettled([
        ...cuts.map((length) => openImage(bytes.slice(0, length))),
        // What others print meanwhile comes through.
        Promise.resolve().then(() => console.log('other words')),
      ]);
      expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true);
      expect(print.mock.calls).toEqual([['other words']]);
    } finally {
      print.mockRestore();
    }
  });

  it('libheif’s own words are in the error', async () => {
    const { bytes } = heifCases('heic')[0];
    await expect(openImage(bytes.slice(0, 300))).rejects.toMatchObject({
      code: 'ERR_HEIF',
      message: expect.stringMatching(/Invalid input/),
    });
  });
});
