import { createHash } from 'node:crypto';
import { appendFileSync, chmodSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { licenceComment } from './licenceTexts.mjs';

/** Bundles the command, with the built-in model and sample, into one file that needs Node alone. */
export async function bundleCommand(outfile) {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..');
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
    plugins: [numbersInPlaceOf(/\.(pth|png)$/, assets)],
    banner: { js: '#!/usr/bin/env node' },
    // Tells tools that look for words that this is a module: all its imports are made at run time.
    footer: { js: 'export {};' },
    // What is kept about this machine's code holds for this code only (`engine/wasm/tuning.ts`).
    define: { CYCLEGAN_BUILD: JSON.stringify(hash.digest('hex').slice(0, 16)) },
    logLevel: 'warning',
  });
  appendFileSync(outfile, licenceComment(metafile, root));
  // In comments, which are passed over, and not as strings: Node begins 10 to 20 ms sooner.
  for (const [number, path] of assets.entries()) {
    appendFileSync(outfile, `\n//${number} ${readFileSync(path, 'base64')}\n`);
  }
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
