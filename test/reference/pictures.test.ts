import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { centerCrop } from '../../src/image/crop.js';
import { decodeImage, imageSize } from '../../src/image/formats.js';
import type { Picture } from '../../src/image/picture.js';
import { temporaryFolder } from '../support/command.js';
import { fixturePath, manifest } from '../support/fixtures.js';

interface Told {
  readonly file: string;
  readonly what: string;
  readonly size: [number, number];
  readonly sha256: string;
}

/**
 * Pillow compares a transparent grey with samples that it has stretched to 8 bits already, or cut down to them; the
 * specification (11.3.2.1) compares before.
 */
const PILLOW_IS_OFF = ['tbbn0g04.png', 'tbwn0g16.png'];

const folder = temporaryFolder();
afterAll(folder.remove);

const suite = manifest<{ files: { file: string; expect?: string; rgb?: unknown }[] }>('pngsuite', {
  files: [],
});
const files = suite.files
  .filter(({ file, rgb }) => rgb !== undefined && !PILLOW_IS_OFF.includes(file))
  .map(({ file }) => fixturePath('pngsuite', file));

const told = execFileSync(
  process.env.PYTHON ?? 'python3',
  [join(import.meta.dirname, 'pictures.py'), folder.path, ...files],
  { encoding: 'utf8' },
)
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Told);

it.each(told.map((t) => [t.what, t.file.split('/').at(-1), t] as const))('%s of %s', (_, __, t) => {
  const bytes = new Uint8Array(readFileSync(t.file));
  const [what, size] = t.what.split(' ');
  const options = { autoOrient: what === 'upright', alpha: what === 'alpha' };
  let picture: Picture = decodeImage(bytes, options);
  if (what !== 'crop') {
    const { width, height } = picture;
    expect(imageSize(bytes.subarray(0, 4096), options)).toEqual({ width, height });
  }
  if (what === 'crop') picture = centerCrop(Number(size))(picture);
  expect([picture.width, picture.height]).toEqual(t.size);
  const data = what === 'alpha' ? (picture.alpha as Uint8Array) : picture.data;
  expect(createHash('sha256').update(data).digest('hex')).toBe(t.sha256);
});
