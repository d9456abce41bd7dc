// Builds dist/page/: the page that translates pictures in a browser, for any static host and any subfolder.
//   node scripts/buildPage.mjs [FOLDER]
// It prints how large the page is, and fails above its budget.
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { licenceComment } from './licenceTexts.mjs';
import { withoutUnused } from './pageParts.mjs';
import { webpInBundle } from './webpModules.mjs';

/**
 * KB (1024 bytes) of gzip of all scripts, styles and pages together; the model, pictures and the decoder of WebP, which the first one
 * loads, come on top. The page itself is a tenth of
 * that: the rest is the library, of which a page that takes any model and any picture needs all families, formats and engines.
 * What is left is for what compressors differ by.
 */
const BUDGET = 351;
const COUNTED = new Set(['.js', '.css', '.html', '.webmanifest', '.svg']);

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const STATIC = {
  'src/page/index.html': 'index.html',
  'src/page/manifest.webmanifest': 'manifest.webmanifest',
  'src/page/icon.svg': 'icon.svg',
  ...Object.fromEntries(
    ['icon-192', 'icon-512', 'icon-maskable', 'icon-apple'].map((name) => [
      `src/page/icons/${name}.png`,
      `${name}.png`,
    ]),
  ),
  'weights/horse2zebra-mini.pth': 'horse2zebra-mini.pth',
  'weights/sample.png': 'sample.png',
};

/** @param folder Where the page goes; what was there is gone. */
export async function buildPage(folder = join(root, 'dist/page')) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: {
      page: 'src/page/main.tsx',
      worker: 'src/page/worker/worker.ts',
      style: 'src/page/page.css',
    },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    external: ['node:*'],
    minify: true,
    metafile: true,
    legalComments: 'none',
    logLevel: 'warning',
    loader: { '.wasm': 'binary' },
    plugins: [webpInBundle(root, { writes: false }), withoutUnused(root)],
  });
  for (const [from, to] of Object.entries(STATIC)) copyFileSync(join(root, from), join(folder, to));
  writeFileSync(join(folder, 'licences.txt'), licenceComment(metafile, root));
  await addServiceWorker(folder);
  return sizesOf(folder);
}

/** It comes last, since it knows the names of all files, and has other bytes when one of them has. */
export async function addServiceWorker(folder) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name !== 'serviceWorker.js')
    .sort();
  const hash = createHash('sha256');
  for (const name of files) hash.update(name).update(readFileSync(join(folder, name)));
  const page = { version: hash.digest('hex').slice(0, 16), files };
  await build({
    absWorkingDir: root,
    entryPoints: ['src/page/offline/serviceWorker.ts'],
    outfile: join(folder, 'serviceWorker.js'),
    bundle: true,
    format: 'iife',
    target: 'es2022',
    minify: true,
    define: { PAGE: JSON.stringify(page) },
    logLevel: 'warning',
  });
}

/** gzip, in KB, of each file that counts. */
export function sizesOf(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => COUNTED.has(extname(name)) && !/^webp/.test(name))
    .map((name) => ({ name, size: gzipSync(readFileSync(join(folder, name))).length / 1024 }))
    .sort((a, b) => b.size - a.size);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const sizes = await buildPage(process.argv[2]);
  for (const { name, size } of sizes)
    console.log(`page: ${size.toFixed(1).padStart(6)} KB ${name}`);
  const total = sizes.reduce((sum, { size }) => sum + size, 0);
  console.log(`page: ${total.toFixed(1).padStart(6)} KB in all (gzip) of ${BUDGET} KB`);
  process.exitCode = total > BUDGET ? 1 : 0;
}
