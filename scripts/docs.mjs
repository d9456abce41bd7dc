// Writes docs/cli.md of the definitions that `--help` prints, and docs/errors.md of the list of error codes; unit tests tell
// when they are behind.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = mkdtempSync(join(tmpdir(), 'cyclegan-docs-'));
const outfile = join(folder, 'reference.mjs');
try {
  await build({
    absWorkingDir: root,
    stdin: {
      contents: `import { COMMAND_SPECS } from './src/cli/commands.js';
        import { errorReference } from './src/cli/errorReference.js';
        import { cliReference } from './src/cli/reference.js';
        export const cli = cliReference(COMMAND_SPECS);
        export const errors = errorReference();`,
      resolveDir: root,
    },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    loader: { '.pth': 'empty', '.png': 'empty' },
  });
  const { cli, errors } = await import(pathToFileURL(outfile).href);
  writeFileSync(join(root, 'docs/cli.md'), cli);
  writeFileSync(join(root, 'docs/errors.md'), errors);
} finally {
  rmSync(folder, { recursive: true });
}
