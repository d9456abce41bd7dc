import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Bundles the command, with the built-in model and sample, into one file that needs Node alone. */
export async function bundleCommand(outfile) {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..');
  const hash = createHash('sha256');
  for (const name of readdirSync(join(root, 'src'), { recursive: true }).sort()) {
    if (name.endsWith('.ts')) hash.update(readFileSync(join(root, 'src', name)));
  }
  await build({
    absWorkingDir: root,
    entryPoints: ['src/cli/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    // The notices of the packages that come along.
    legalComments: 'inline',
    // As text: bytes would be copied one property at a time when they are imported.
    loader: { '.pth': 'base64', '.png': 'base64' },
    banner: { js: '#!/usr/bin/env node' },
    // What is kept about this machine's code holds for this code only (`engine/wasm/tuning.ts`).
    define: { CYCLEGAN_BUILD: JSON.stringify(hash.digest('hex').slice(0, 16)) },
    logLevel: 'warning',
  });
  chmodSync(outfile, 0o755);
}
