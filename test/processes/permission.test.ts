import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { encodePng } from '../../src/image/png/encodePng.js';
import { SMALL_PICTURE, temporaryFolder } from '../support/command.js';
import { fixturePath, hasFixtures } from '../support/fixtures.js';
import { goldenPath } from '../support/golden.js';

const COMMAND = join(import.meta.dirname, '../../dist/cyclegan.mjs');
const TIMEOUT_MS = 180_000;
const MODEL = Number(process.versions.node.split('.')[0]) < 24 ? 'experimental-' : '';
/** Node's permission model without threads. */
const FILES_ONLY = [
  `--${MODEL}permission`,
  '--allow-fs-read=*',
  '--allow-fs-write=*',
  '--no-warnings',
];

describe('under a permission model that forbids threads, the command', () => {
  it.each([
    { name: 'small pictures', weights: goldenPath('tiny_zip.pth'), picture: null },
    ...(hasFixtures
      ? [
          {
            name: 'those of a report (node-permission)',
            weights: fixturePath('reports/node-permission/g.pth'),
            picture: fixturePath('reports/node-permission/p.png'),
          },
        ]
      : []),
  ])(
    'gives the same pictures, alone and among others: $name',
    ({ weights, picture }) => {
      const folder = temporaryFolder();
      onTestFinished(folder.remove);
      const [a, b] = ['a.png', 'b.png'].map((name) => join(folder.path, name));
      if (picture === null) writeFileSync(a, encodePng(SMALL_PICTURE));
      else copyFileSync(picture, a);
      copyFileSync(a, b);
      const run = (flags: readonly string[], ...args: readonly string[]) =>
        execFileSync(
          process.execPath,
          [...flags, COMMAND, ...args, '--resize', 'none', '-w', weights],
          { cwd: folder.path, env: { ...process.env, CYCLEGAN_CACHE: '' }, stdio: 'pipe' },
        );
      run([], 'a.png', 'right.png');
      run(FILES_ONLY, 'a.png', 'alone.png');
      run(FILES_ONLY, 'a.png', 'b.png', '-o', 'out');
      const right = readFileSync(join(folder.path, 'right.png'));
      for (const name of ['alone.png', 'out/a.png', 'out/b.png']) {
        expect(readFileSync(join(folder.path, name)).equals(right), name).toBe(true);
      }
    },
    TIMEOUT_MS,
  );
});
