// Builds dist/: typed ESM by tsc; and by esbuild dist/node/ for Node, dist/cjs/ for `require`, dist/web/ for pages without a bundler,
// dist/page/, the page that translates pictures, and dist/cyclegan.mjs, the command as one file, which carries the page.
// With --if-stale, nothing is done when dist/ is newer than everything it is made of.
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPage } from './buildPage.mjs';
import { bundleCommand } from './bundleCommand.mjs';
import { bundleCommonJs, bundleForNode, bundleForPages } from './bundleLibrary.mjs';
import { bundleWebp } from './webpModules.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);

if (process.argv.includes('--if-stale') && isFresh()) process.exit(0);

rmSync('dist', { recursive: true, force: true });
const tsc = join(
  dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
  'bin/tsc',
);
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
await bundleWebp(root);
const ENTRIES = ['nn', 'pth', 'image'];
await bundleCommonJs(root, ENTRIES);
await bundleForNode(root, ENTRIES);
await bundleForPages(root);
await buildPage('dist/page');
await bundleCommand('dist/cyclegan.mjs', 'dist/page');

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
