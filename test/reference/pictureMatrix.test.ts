import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openImage, saveImage } from '../../src/image/formats.js';
import { sha256 } from '../../src/platform/sha256.js';
import { temporaryFolder } from '../support/command.js';

const PYTHON = process.env.PYTHON ?? 'python3';
const SCRIPT = join(import.meta.dirname, '../golden/make_picture_matrix.py');
/** Of the packages that the script names; where they are not, the small pictures of `npm test` have to do. */
const hasTools = ['cwebp', 'tiffcp', 'giftool', 'gifsicle', 'convert', 'cjpeg'].every(
  (tool) => spawnSync('which', [tool]).status === 0,
);

interface Expected {
  readonly name: string;
  readonly size: [width: number, height: number];
  readonly sha256: string;
}

const folder = temporaryFolder();
afterAll(folder.remove);

describe.skipIf(!hasTools)('larger pictures as the usual tools write them', () => {
  beforeAll(() => {
    execFileSync(PYTHON, [SCRIPT, '--folder', folder.path, '640', '427']);
  }, 300_000);

  it('are read as Pillow reads them', async () => {
    const text = readFileSync(join(folder.path, 'expected.json'), 'utf8');
    const cases = JSON.parse(text) as Expected[];
    const found: Expected[] = [];
    for (const { name } of cases) {
      const { width, height, data } = await openImage(join(folder.path, name));
      found.push({ name, size: [width, height], sha256: sha256(data) });
    }
    expect(found).toEqual(cases);
    expect(cases.length).toBeGreaterThanOrEqual(60);
  });

  it('that are written here are read by Pillow', async () => {
    const picture = await openImage(join(folder.path, 'alpha.png'), { alpha: true });
    for (const name of ['ours.tif', 'ours.webp', 'ours.png']) {
      const path = join(folder.path, name);
      await saveImage(picture, path);
      const told = execFileSync(
        PYTHON,
        [
          '-c',
          'import sys; from PIL import Image; sys.stdout.buffer.write(Image.open(sys.argv[1]).convert("RGBA").tobytes())',
          path,
        ],
        { maxBuffer: 2 ** 26 },
      );
      const { data, alpha } = await openImage(path, { alpha: true });
      expect(sha256(told.filter((_, i) => i % 4 < 3))).toBe(sha256(data));
      expect(sha256(told.filter((_, i) => i % 4 === 3))).toBe(sha256(alpha ?? new Uint8Array()));
      if (!name.endsWith('.webp')) expect(sha256(data)).toBe(sha256(picture.data));
    }
  });
});
