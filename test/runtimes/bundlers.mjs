import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { probe } from './probe.mjs';
import { execute, missingChromium, openPage } from './support.mjs';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** A page for a bundler, in a folder of its own. */
function writePage(where, name) {
  const folder = join(where.folder, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, name }));
  writeFileSync(
    join(folder, 'index.html'),
    '<!doctype html><title>page</title><script type="module" src="./page.js"></script>',
  );
  writeFileSync(
    join(folder, 'page.js'),
    `import * as library from 'cyclegan-ts';
${probe}
fetch('/weights.pth')
  .then((response) => response.arrayBuffer())
  .then((bytes) => probe(library, new Uint8Array(bytes)))
  .catch((error) => ({ error: String(error) }))
  .then((found) => { window.found = found; });`,
  );
  return folder;
}

/** What a bundler has made, by address, and weights beside it. */
function filesOf(made, weights) {
  const files = readdirSync(made, { recursive: true, encoding: 'utf8' }).filter(
    (name) => extname(name) !== '',
  );
  const served = files.map((name) => [
    name === 'index.html' ? '/' : `/${name}`,
    [TYPES[extname(name)] ?? 'application/octet-stream', readFileSync(join(made, name))],
  ]);
  return Object.fromEntries([
    ...served,
    ['/weights.pth', ['application/octet-stream', readFileSync(weights)]],
  ]);
}

async function parcel(where) {
  const folder = writePage(where, 'parcel');
  const args = ['node_modules/parcel/lib/bin.js', 'build', 'parcel/index.html'];
  // Left alone, Parcel would install what a library asks for by a bare name, and hide that it does.
  const alone = ['--no-cache', '--no-autoinstall'];
  await execute(where, process.execPath, [...args, '--dist-dir', 'parcel/dist', ...alone]);
  return openPage(filesOf(join(folder, 'dist'), where.weights));
}

async function vite(where) {
  const folder = writePage(where, 'vite');
  await execute(where, process.execPath, ['node_modules/vite/bin/vite.js', 'build', 'vite']);
  return openPage(filesOf(join(folder, 'dist'), where.weights));
}

const missing = missingChromium();
export const environments = [
  {
    name: 'Chromium, page by Parcel',
    packages: { parcel: '^2.16.0' },
    missing,
    expects: { threads: 1 },
    run: parcel,
  },
  {
    name: 'Chromium, page by Vite',
    packages: { vite: '^8.0.0' },
    missing,
    expects: { threads: 1 },
    run: vite,
  },
];
