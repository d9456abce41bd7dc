import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { decodeImage } from '../../src/image/formats.js';
import { ImageError, type Picture } from '../../src/image/picture.js';
import { temporaryFolder } from '../support/command.js';

interface Told {
  readonly file: string;
  readonly what: string;
  readonly size?: [number, number];
  readonly rgb?: string;
  readonly alpha?: string;
  readonly error?: string;
}

const SEED = Number(process.env.SEED ?? 1);
const COUNT = Number(process.env.COUNT ?? 3000);

/** Of small pictures, none may take longer. */
const LIMIT_MS = 1000;

/** What is refused though Pillow reads it, with the reason in docs/pictures.md. */
const STRICTER = [
  /wrong checksum on chunk IDAT/,
  /wrong checksum within its pixel data/,
  /damaged compressed pixel data/,
  /has no palette/,
  /two headers/,
  /cannot hold them/,
  /cut short in chunk IDAT/,
];

const folder = temporaryFolder();
afterAll(folder.remove);

it(`damaged PNGs from seed ${SEED} on are read, or refused, as Pillow does`, {
  timeout: 3_600_000,
}, () => {
  const told = execFileSync(
    process.env.PYTHON ?? 'python3',
    [join(import.meta.dirname, 'damagedPngs.py'), folder.path, String(SEED), String(COUNT)],
    { encoding: 'utf8', maxBuffer: 2 ** 28 },
  )
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Told);
  const tally = { alike: 0, refused: 0, stricter: 0 };
  const differences: string[] = [];
  for (const t of told) {
    const bytes = new Uint8Array(readFileSync(t.file));
    const begin = performance.now();
    const found = decode(bytes);
    const milliseconds = performance.now() - begin;
    const name = `${t.file.split('/').at(-1)} (${t.what})`;
    if (milliseconds > LIMIT_MS) differences.push(`${name}: took ${milliseconds.toFixed(0)} ms`);
    if (found instanceof ImageError) {
      if (t.error !== undefined) tally.refused++;
      else if (STRICTER.some((reason) => reason.test(found.message))) tally.stricter++;
      else differences.push(`${name}: Pillow reads it; here: ${found.message}`);
    } else if (t.error !== undefined) {
      differences.push(`${name}: read; Pillow: ${t.error}`);
    } else if (digest(found.data) !== t.rgb || digest(found.alpha) !== t.alpha) {
      differences.push(`${name}: other pixels`);
    } else tally.alike++;
  }
  console.log(JSON.stringify(tally));
  expect(differences).toEqual([]);
  expect(tally.alike).toBeGreaterThan(told.length / 3);
  expect(tally.refused).toBeGreaterThan(told.length / 10);
});

function decode(bytes: Uint8Array): Picture | ImageError {
  try {
    return decodeImage(bytes, { alpha: true });
  } catch (error) {
    if (error instanceof ImageError) return error;
    throw error;
  }
}

function digest(bytes: Uint8Array | undefined): string {
  return createHash('sha256')
    .update(bytes ?? new Uint8Array(0))
    .digest('hex');
}
