import { appendFileSync, copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { licenceComment } from './licenceTexts.mjs';
import { WEBP_MODULES } from './webpModules.mjs';

const COMMON = { bundle: true, target: 'es2022', legalComments: 'none', logLevel: 'warning' };

/**
 * The library for `require`, in `dist/cjs/`: one file, so that a class is the same class by whatever entry it comes, and a
 * small one for each further entry, with the declarations of all of it.
 * @param entries Names of folders of `src` that are entries of their own.
 */
export async function bundleCommonJs(root, entries) {
  const folder = join(root, 'dist/cjs');
  await build({
    ...COMMON,
    absWorkingDir: root,
    entryPoints: ['dist/index.js'],
    outfile: join(folder, 'index.js'),
    format: 'cjs',
    platform: 'neutral',
    // A CommonJS file has none: pictures to train on are then decoded by the thread that asks for them.
    logOverride: { 'empty-import-meta': 'silent' },
    // Both have a build for `require`, too.
    packages: 'external',
  });
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n');
  for (const entry of entries) {
    const names = Object.keys(
      await import(pathToFileURL(join(root, `dist/${entry}/index.js`)).href),
    );
    const lines = names.map((name) => `exports.${name} = all.${name};`);
    mkdirSync(join(folder, entry), { recursive: true });
    writeFileSync(
      join(folder, entry, 'index.js'),
      `'use strict';\nconst all = require('../index.js');\n${lines.join('\n')}\n`,
    );
  }
  // Declarations say the same of both; only where they lie tells TypeScript what kind of module they are of.
  const files = readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => name.endsWith('.d.ts'))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(join(root, 'dist', file), join(folder, file));
  }
}

/** What `startPictureReader` has threads run (`src/train/data/pictureThread.ts`): a file of the build for Node. */
const PICTURE_THREAD = 'pictureThread';
/** And what `createHandler` has them run (`src/serve/translator/translationThread.ts`). */
const TRANSLATION_THREAD = 'translationThread';

/**
 * The library for Node's `import`, in `dist/node/`: a few files that entries share, for to read hundreds takes Node three times as
 * long. Names stay as they are, and so do lines. Bundlers get the files of `dist/`, of which they leave out what is not used.
 * @param entries Names of folders of `src` that are entries of their own.
 */
export async function bundleForNode(root, entries) {
  await build({
    ...COMMON,
    absWorkingDir: root,
    entryPoints: {
      index: 'dist/index.js',
      [PICTURE_THREAD]: 'dist/train/data/pictureThread.js',
      [TRANSLATION_THREAD]: 'dist/serve/translator/translationThread.js',
      ...Object.fromEntries(entries.map((entry) => [entry, `dist/${entry}/index.js`])),
    },
    outdir: join(root, 'dist/node'),
    chunkNames: 'cyclegan-ts-[hash]',
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    packages: 'external',
    define: {
      CYCLEGAN_PICTURE_THREAD: JSON.stringify(`./${PICTURE_THREAD}.js`),
      CYCLEGAN_TRANSLATION_THREAD: JSON.stringify(`./${TRANSLATION_THREAD}.js`),
    },
  });
}

/**
 * The library for pages without a bundler, in `dist/web/`: one file that needs no other, but for WebP: its code lies beside, and is
 * fetched when the first picture needs it.
 */
export async function bundleForPages(root) {
  const folder = join(root, 'dist/web');
  const { metafile } = await build({
    ...COMMON,
    absWorkingDir: root,
    entryPoints: { 'cyclegan-ts': 'dist/index.js' },
    outdir: folder,
    format: 'esm',
    platform: 'browser',
    external: ['node:*'],
    plugins: [beside(Object.keys(WEBP_MODULES))],
    minify: true,
    metafile: true,
  });
  appendFileSync(join(folder, 'cyclegan-ts.js'), licenceComment(metafile, root));
  for (const name of Object.keys(WEBP_MODULES)) {
    copyFileSync(join(root, `dist/image/webp/${name}.js`), join(folder, `${name}.js`));
  }
}

/** Files of those names are looked for in the bundle's own folder when they are imported. */
function beside(names) {
  return {
    name: 'beside',
    setup({ onResolve }) {
      onResolve({ filter: new RegExp(`/(${names.join('|')})\\.js$`) }, ({ path }) => ({
        path: `./${basename(path)}`,
        external: true,
      }));
    },
  };
}
