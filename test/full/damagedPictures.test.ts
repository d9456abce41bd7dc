import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeImage, encodeImage, imageSize, loadDecoder } from '../../src/image/formats.js';
import { ImageError } from '../../src/image/picture.js';
import { chance, damage } from '../support/damage.js';
import { goldenPath } from '../support/golden.js';

/** Of each format; CYCLEGAN_RUNS looks longer. */
const COUNT = Number(process.env.CYCLEGAN_RUNS ?? 500);

const filesOf = (golden: string, field: 'file' | 'jpeg' = 'file') => {
  const text = readFileSync(goldenPath(golden), 'utf8');
  const { cases } = JSON.parse(text) as { cases: { name: string; file: string; jpeg: string }[] };
  return cases.map((one) => ({
    name: one.name,
    bytes: new Uint8Array(Buffer.from(one[field], 'base64')),
  }));
};

const others = filesOf('otherPictures.json');
const named = (start: string) => others.filter(({ name }) => name.startsWith(start));
const picture = {
  width: 24,
  height: 17,
  data: Uint8Array.from({ length: 24 * 17 * 3 }, (_, i) => i * i),
};

const FORMATS = {
  BMP: named('bmp'),
  GIF: named('gif'),
  PNM: [...named('pbm'), ...named('pgm'), ...named('ppm')],
  'animated PNG': named('apng'),
  PNG: [{ name: 'png', bytes: encodeImage(picture, 'x.png') }],
  JPEG: [50, 95].map((quality) => ({
    name: `${quality}`,
    bytes: encodeImage(picture, 'x.jpg', { quality }),
  })),
  'arithmetic JPEG': filesOf('arithmeticJpegs.json', 'jpeg'),
  TIFF: filesOf('tiffs.json'),
  WebP: filesOf('webps.json'),
};

describe('damaged pictures end as a picture or as a typed error', () => {
  beforeAll(() => loadDecoder(FORMATS.WebP[0].bytes));

  it.each(Object.entries(FORMATS))(`%s: ${COUNT} of them`, (_, files) => {
    const next = chance(files.length);
    let pictures = 0;
    for (let i = 0; i < COUNT; i++) {
      const bytes = damage(files[i % files.length].bytes, next);
      for (const options of [{}, { alpha: true, autoOrient: true, strict: true }]) {
        try {
          const { width, height, data, alpha } = decodeImage(bytes, options);
          expect(data).toHaveLength(3 * width * height);
          expect(alpha?.length ?? width * height).toBe(width * height);
          // What is damaged may not tell before it is decoded.
          expect([null, { width, height }]).toContainEqual(imageSize(bytes, options));
          pictures++;
        } catch (error) {
          if (!(error instanceof ImageError)) throw error;
        }
      }
    }
    // Damage that leaves nothing would test nothing.
    expect(pictures).toBeGreaterThan(0);
    expect(pictures).toBeLessThan(2 * COUNT);
  });
});
