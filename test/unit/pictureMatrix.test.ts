import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openImage } from '../../src/image/formats.js';
import { sha256 } from '../../src/platform/sha256.js';
import { goldenPath } from '../support/golden.js';

interface Case {
  readonly name: string;
  readonly file: string;
  readonly size: readonly [width: number, height: number];
  readonly sha256: string;
}

const { cases } = JSON.parse(readFileSync(goldenPath('pictureMatrix.json'), 'utf8')) as {
  cases: Case[];
};

it.each(cases)('$name: the pixels are those of Pillow', async ({ file, size, sha256: digest }) => {
  const picture = await openImage(new Uint8Array(Buffer.from(file, 'base64')));
  expect([picture.width, picture.height]).toEqual(size);
  expect(sha256(picture.data)).toBe(digest);
});

it('there are sixty, from all of the usual tools', () => {
  expect(cases.length).toBeGreaterThanOrEqual(60);
});
