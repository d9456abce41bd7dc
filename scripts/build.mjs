// Builds dist/: typed ESM by tsc, and dist/cyclegan.mjs, the command as one file, by esbuild.
// With --if-stale, nothing is done when dist/ is newer than everything it is made of.
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleCommand } from './bundleCommand.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);

if (process.argv.includes('--if-stale') && isFresh()) process.exit(0);

rmSync('dist', { recursive: true, force: true });
const tsc = join(
  dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
  'bin/tsc',
);
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
await bundleCommand('dist/cyclegan.mjs');

function isFresh() {
  const built = modified('dist/cyclegan.mjs');
  const sources = ['src', 'weights', 'scripts', 'licences'].flatMap((folder) =>
    readdirSync(folder, { recursive: true }).map((name) => join(folder, name)),
  );
  return [
    ...sources,
    'package.json',
    'LICENSE',
    'NOTICE',
    'tsconfig.json',
    'tsconfig.build.json',
  ].every((file) => modified(file) <= built);
}

function modified(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
