// Writes docs/cli.md of the definitions that `--help` prints, docs/errors.md of the list of error codes, and docs/models.md of the
// families and the list of models; unit tests tell when they are behind.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
        import { modelReference } from './src/cli/modelReference.js';
        export const cli = cliReference(COMMAND_SPECS);
        export const errors = errorReference();
        export { modelReference };`,
      resolveDir: root,
    },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    loader: { '.pth': 'empty', '.png': 'empty' },
    external: ['*.archive'],
  });
  const { cli, errors, modelReference } = await import(pathToFileURL(outfile).href);
  writeFileSync(join(root, 'docs/cli.md'), cli);
  writeFileSync(join(root, 'docs/errors.md'), errors);
  writeFileSync(join(root, 'docs/models.md'), modelReference(samples()));
} finally {
  rmSync(folder, { recursive: true });
}

/** Keys and shapes of a generator of each family: those that the tests have, the plainest by name. */
function samples() {
  const data = join(root, 'test/golden/data/families');
  const cases = readdirSync(data)
    .sort((a, b) => b.length - a.length || (a < b ? 1 : -1))
    .map((file) => JSON.parse(readFileSync(join(data, file), 'utf8')))
    .filter(({ folded }) => !folded);
  const shapes = ({ tensors }) => new Map(tensors.map(({ key, shape }) => [key, { shape }]));
  return new Map(cases.map((one) => [one.family, shapes(one)]));
}
