// Compiles users' programs and the examples of all docstrings against dist/ as each way of resolving modules finds it,
// strictly, declarations included, with neither the DOM's types nor Node's; and has "are the types wrong" look at what `npm pack` would publish.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const require = createRequire(import.meta.url);
const { name, exports } = JSON.parse(readFileSync('package.json', 'utf8'));
const entries = Object.keys(exports).filter((path) => !path.endsWith('.json'));
const RESOLUTIONS = [
  ['node16', 'node16'],
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
];
const PROGRAM = `
${entries.map((path, i) => `import * as entry${i} from '${name}${path.slice(1)}';`).join('\n')}
import { compose, relu, resize, ResNetGenerator, Tensor, toTensor, translate } from '${name}';

export const entries = [${entries.map((_, i) => `entry${i}`).join(', ')}];
export const y: Tensor = relu(Tensor.zeros([1, 3, 4, 4]));
export const preprocess = compose(resize(256), toTensor());
export async function zebra(bytes: Uint8Array): Promise<number> {
  const netG = new ResNetGenerator().eval();
  const out = await netG.forward(y, { engine: 'wasm' });
  // @ts-expect-error: there is no such engine
  await netG.forward(y, { engine: 'python' });
  // @ts-expect-error: a text is no number
  compose((x: number) => String(x), (x: number) => x + 1);
  const picture = await translate({ width: 1, height: 1, data: bytes }, netG);
  return out.size + picture.width;
}
`;

/** Public types that examples name; functions and classes are imported, all of them. */
const TYPES = ['CheckpointValue', 'Shape', 'Value'];

/** Every public function's examples, each as a function of a program. */
async function examples() {
  const outfile = join(folder, 'docExamples.mjs');
  await build({
    entryPoints: ['test/support/docExamples.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  const { examplesFor } = await import(pathToFileURL(outfile).href);
  const names = Object.keys(await import(pathToFileURL(resolve('dist/index.js')).href));
  const functions = names.flatMap((of) =>
    examplesFor('src/index.ts', of).map(
      (code, i) => `export async function ${of}${i}(): Promise<void> {\n${code}}\n`,
    ),
  );
  if (functions.length < 50) throw new Error(`only ${functions.length} examples were found`);
  return `import { ${names.join(', ')} } from '${name}';
import type { ${TYPES.join(', ')} } from '${name}';
${functions.join('\n')}`;
}

const folder = mkdtempSync(join(tmpdir(), 'cyclegan-types-'));
const problems = [];
try {
  const installed = join(folder, 'node_modules', name);
  mkdirSync(installed, { recursive: true });
  for (const path of ['package.json', 'dist']) {
    cpSync(path, join(installed, path), { recursive: true });
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'program.ts'), PROGRAM);
  writeFileSync(join(folder, 'examples.ts'), await examples());
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
  for (const [module, moduleResolution] of RESOLUTIONS) {
    const options = { module, moduleResolution, target: 'es2022', lib: 'es2023' };
    const args = Object.entries(options).flatMap(([key, value]) => [`--${key}`, value]);
    const { status, stdout } = spawnSync(
      process.execPath,
      [
        tsc,
        '--noEmit',
        '--strict',
        '--skipLibCheck',
        'false',
        ...args,
        'program.ts',
        'examples.ts',
      ],
      { cwd: folder, encoding: 'utf8' },
    );
    if (status !== 0) problems.push(`${moduleResolution}: ${stdout.trim()}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const attw = join(dirname(require.resolve('@arethetypeswrong/cli/package.json')), 'dist/index.js');
try {
  // Older ways of resolving modules know no `exports`: of them, only the main entry is there.
  const args = ['--pack', '.', '--profile', 'node16', '--no-emoji', '--format', 'ascii'];
  execFileSync(process.execPath, [attw, ...args], { encoding: 'utf8', stdio: 'pipe' });
} catch (error) {
  problems.push(`are the types wrong: ${error.stdout ?? error}`);
}

for (const problem of problems) console.error(`types: ${problem}`);
console.log(`types: ${entries.length} entries, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
