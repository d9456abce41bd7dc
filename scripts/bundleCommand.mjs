import { createHash } from 'node:crypto';
import { appendFileSync, chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { licenceComment } from './licenceTexts.mjs';
import { webpInComments } from './webpModules.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Bundles the command, with the built-in model and sample, into one file that needs Node alone.
 * @param page The folder of the page that `studio` serves; without one, the command says that it has none.
 */
export async function bundleCommand(outfile, page = null) {
  const hash = createHash('sha256');
  for (const name of readdirSync(join(root, 'src'), { recursive: true }).sort()) {
    if (name.endsWith('.ts')) hash.update(readFileSync(join(root, 'src', name)));
  }
  const assets = [];
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/cli/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    // Whole licence texts are appended below.
    legalComments: 'none',
    metafile: true,
    // Half of the time that the command takes to begin goes into reading its own text. Names stay, for `--debug`.
    minifyWhitespace: true,
    minifySyntax: true,
    plugins: [
      numbersInPlaceOf(/\.(pth|png)$/, assets),
      pageArchive(page, assets),
      webpInComments(root, assets),
      builtinsWhenNeeded(),
    ],
    banner: { js: '#!/usr/bin/env node' },
    // Tells tools that look for words that this is a module: all its imports are made at run time.
    footer: { js: 'export {};' },
    // What is kept about this machine's code holds for this code only (`engine/wasm/tuning.ts`).
    define: { CYCLEGAN_BUILD: JSON.stringify(hash.digest('hex').slice(0, 16)) },
    logLevel: 'warning',
  });
  appendFileSync(outfile, licenceComment(metafile, root));
  // In comments, which are passed over, and not as strings: Node begins 10 to 20 ms sooner.
  const places = [];
  let end = statSync(outfile).size;
  for (const asset of assets) {
    const bytes = typeof asset === 'string' ? readFileSync(asset) : asset;
    const base64 = bytes.toString('base64');
    places.push([end + 3, base64.length]);
    appendFileSync(outfile, `\n//${base64}`);
    end += 3 + base64.length;
  }
  // Where each begins, and how long it is (`src/cli/embedded.ts`).
  appendFileSync(outfile, `\n//${JSON.stringify(places)}\n`);
  chmodSync(outfile, 0o755);
}

/** Imported files become their place in `found`. */
function numbersInPlaceOf(filter, found) {
  return {
    name: 'assets',
    setup({ onLoad }) {
      onLoad({ filter }, ({ path }) => {
        if (!found.includes(path)) found.push(path);
        return { contents: `export default ${found.indexOf(path)}`, loader: 'js' };
      });
    },
  };
}

/**
 * Packages name modules of Node at their top, and so would the whole command: it asks for them when the package is needed, as its own
 * code does.
 */
function builtinsWhenNeeded() {
  return {
    name: 'builtins when needed',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'builtin' }));
      onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
        contents: `module.exports = globalThis.process.getBuiltinModule('${path}');`,
        loader: 'js',
      }));
    },
  };
}

/** The page's folder becomes the place in `found` of all its files, compressed. */
function pageArchive(folder, found) {
  return {
    name: 'page archive',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\.archive$/ }, ({ path }) => ({ path, namespace: 'archive' }));
      onLoad({ filter: /.*/, namespace: 'archive' }, () => {
        const number = folder === null ? null : found.push(archive(folder)) - 1;
        return { contents: `export default ${number}`, loader: 'js' };
      });
    },
  };
}

/** `{ name: { tag, base64 } }`, but for what the command has anyway. */
function archive(folder) {
  const known = { weights: 'weights/horse2zebra-mini.pth', sample: 'weights/sample.png' };
  const tags = new Map(
    Object.entries(known).map(([is, path]) => [tagOf(readFileSync(join(root, path))), is]),
  );
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();
  const files = names.map((name) => {
    const bytes = readFileSync(join(folder, name));
    const tag = tagOf(bytes);
    const is = tags.get(tag);
    const content = is === undefined ? { base64: bytes.toString('base64') } : { is };
    return [name.replaceAll('\\', '/'), { tag, ...content }];
  });
  return gzipSync(JSON.stringify(Object.fromEntries(files)), { level: 9 });
}

function tagOf(bytes) {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}
