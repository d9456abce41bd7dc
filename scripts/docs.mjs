// Writes docs/cli.md of the definitions that `--help` prints; a unit test tells when it is behind.
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
        import { cliReference } from './src/cli/reference.js';
        export const text = cliReference(COMMAND_SPECS);`,
      resolveDir: root,
    },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    loader: { '.pth': 'empty', '.png': 'empty' },
  });
  const { text } = await import(pathToFileURL(outfile).href);
  writeFileSync(join(root, 'docs/cli.md'), text);
} finally {
  rmSync(folder, { recursive: true });
}
