import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { openPicture, type PictureOptions } from '../../src/cli/pictures/pictureWork.js';
import { decodeRows, loadDecoder, openImage } from '../../src/image/formats.js';
import { RowCollector } from '../../src/image/rows.js';
import { temporaryFolder } from '../support/command.js';
import { heifCases } from '../support/heifCases.js';

const folder = temporaryFolder();
afterAll(folder.remove);

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

  it.each(['avif', 'heic'])(
    '%s goes row by row, from memory, from a file, and by the command',
    async (kind) => {
      const { bytes } = heifCases(kind)[0];
      const whole = await openImage(bytes);
      const inBlocks = {
        length: bytes.length,
        readInto: (start: number, to: Uint8Array) =>
          to.set(bytes.subarray(start, start + to.length)),
      };
      for (const file of [bytes, bytes.slice(), inBlocks]) {
        await loadDecoder(file);
        const rows = new RowCollector();
        decodeRows(file, rows.begin);
        expect(rows.picture).toEqual(whole);
      }
      const path = join(folder.path, `in.${kind}`);
      writeFileSync(path, bytes);
      const options: PictureOptions = {
        decode: {},
        pipeline: { resize: null },
        norm: 'exact',
        quality: undefined,
        gallery: false,
        maxPixels: undefined,
      };
      const { prepared } = await openPicture(path, options);
      expect(prepared.sized).toEqual(whole);
    },
  );

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
