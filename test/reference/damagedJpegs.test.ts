import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { decodeJpeg } from '../../src/image/jpeg/decodeJpeg.js';
import { ImageError } from '../../src/image/picture.js';
import { temporaryFolder } from '../support/command.js';
import { fixturePath, hasFixtures } from '../support/fixtures.js';

/**
 * Random damage against Pillow, the one that PYTHON has: 9.4 with libjpeg-turbo 2.1 on x86-64 agrees. For more than this,
 * give CYCLEGAN_DAMAGED_JPEGS a number, and CYCLEGAN_DAMAGED_SEED another seed.
 */
const COUNT = Number(process.env.CYCLEGAN_DAMAGED_JPEGS ?? 5000);
const SEED = process.env.CYCLEGAN_DAMAGED_SEED ?? '1';

interface Verdict {
  readonly length: number;
  readonly what: string;
  readonly size?: [number, number];
  readonly sha256?: string;
  readonly error?: string;
}

/** docs/pictures.md lists them: what is refused here though Pillow reads it. */
const REFUSED_HERE = [
  /there are more than 100 scans/,
  /scans pass component \d+ more often than it has bits/,
];

const folder = temporaryFolder();
afterAll(folder.remove);

it(`reads and refuses ${COUNT} damaged JPEGs as Pillow does`, { timeout: 3_600_000 }, () => {
  const given = hasFixtures
    ? ['cjpeg_restart_blocks.jpg', 'cjpeg_restart_progressive.jpg', 'cmyk_adobe.jpg'].map((file) =>
        fixturePath('images', file),
      )
    : [];
  const script = join(import.meta.dirname, 'damagedJpegs.py');
  const said = execFileSync(
    process.env.PYTHON ?? 'python3',
    [script, folder.path, SEED, String(COUNT), ...given],
    { encoding: 'utf8', maxBuffer: 2 ** 30 },
  );
  const files = readFileSync(join(folder.path, 'cases.bin'));
  const wrong: string[] = [];
  let at = 0;
  said
    .trim()
    .split('\n')
    .forEach((line, i) => {
      const verdict = JSON.parse(line) as Verdict;
      const problem = compare(new Uint8Array(files.subarray(at, at + verdict.length)), verdict);
      if (problem !== null) wrong.push(`case ${i} (${verdict.what}, at ${at}): ${problem}`);
      at += verdict.length;
    });
  expect(wrong).toEqual([]);
});

/** Of small pictures, none may take longer. */
const LIMIT_MS = 1000;

/** @returns What is wrong, if anything is: it hung, or differs from Pillow where it should not. */
function compare(bytes: Uint8Array, verdict: Verdict): string | null {
  const begin = performance.now();
  const problem = difference(bytes, verdict);
  const milliseconds = performance.now() - begin;
  return problem ?? (milliseconds > LIMIT_MS ? `took ${milliseconds.toFixed(0)} ms` : null);
}

function difference(bytes: Uint8Array, { size, sha256, error }: Verdict): string | null {
  try {
    const { width, height, data } = decodeJpeg(bytes);
    if (error !== undefined) return `read, but Pillow says ${error}`;
    if (width !== size?.[0] || height !== size[1]) return `of ${width} x ${height}, not ${size}`;
    return createHash('sha256').update(data).digest('hex') === sha256 ? null : 'other bytes';
  } catch (problem) {
    if (!(problem instanceof ImageError)) return `failed: ${problem}`;
    if (error !== undefined || REFUSED_HERE.some((p) => p.test(problem.message))) return null;
    return `refused: ${problem.message}`;
  }
}
