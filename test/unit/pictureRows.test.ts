// Pictures row by row: what comes out is what whole pictures give, byte for byte.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeImage, encodeRows, loadEncoder } from '../../src/image/formats.js';
import type { Picture } from '../../src/image/picture.js';
import { putRows } from '../../src/image/rows.js';

const pictures = fc
  .record({
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 40 }),
    hasAlpha: fc.boolean(),
    seed: fc.nat(),
    /** Noise, gradients, or runs of equal pixels. */
    kind: fc.constantFrom(...(['noise', 'slope', 'runs'] as const)),
  })
  .map(({ width, height, hasAlpha, seed, kind }): Picture => {
    const value = (i: number) => {
      if (kind === 'noise') return Math.imul(i + seed, 0x9e3779b1) >>> 24;
      return kind === 'slope' ? (i * 3 + seed) & 255 : ((i + seed) >> 5) * 40;
    };
    const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => value(i));
    const data = bytes(width * height * 3);
    return hasAlpha
      ? { width, height, data, alpha: bytes(width * height) }
      : { width, height, data };
  });

describe('a file that is written row by row', () => {
  it.each(['x.png', 'x.jpg', 'x.tif', 'x.webp'])(
    'is that of the whole picture: %s',
    async (name) => {
      await loadEncoder(name);
      fc.assert(
        fc.property(pictures, (picture) => {
          const encoder = encodeRows(name);
          // Rows belong to the caller, who puts the next one in the same place.
          const row = new Uint8Array(picture.width * 3);
          const alphaRow = new Uint8Array(picture.width);
          putRows(picture, (head) => {
            const put = encoder.begin(head);
            return (rgb, alpha) => {
              row.set(rgb);
              if (alpha !== undefined) alphaRow.set(alpha);
              put(row, alpha && alphaRow);
            };
          });
          expect(encoder.end()).toEqual(encodeImage(picture, name));
        }),
        { numRuns: name === 'x.webp' ? 20 : 100 },
      );
    },
  );

  it('is refused as the whole picture is', () => {
    expect(() => encodeRows('x.gif')).toThrow(/pictures are written as .png/);
    expect(() => encodeRows('x.jpg', { quality: 101 })).toThrow(/from 1 to 100/);
    const head = { width: 20_000, height: 20_000, hasAlpha: false };
    expect(() => encodeRows('x.png').begin(head)).toThrow(/20000 x 20000 pixels is too large/);
    expect(() => encodeRows('x.png').begin({ ...head, width: 0 })).toThrow(/is empty/);
    expect(() => encodeRows('x.jpg').begin({ ...head, width: 70_000, height: 1 })).toThrow(
      /at most 65535 pixels a side/,
    );
  });
});
