// What the page leaves out of the library is nothing that a generator needs.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withoutUnused } from '../../scripts/pageParts.mjs';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { temporaryFolder } from '../support/command.js';
import { expectAsInTorch, familyCases, runsOf, stateDictOf } from '../support/familyCases.js';
import { goldenPath } from '../support/golden.js';

const ROOT = join(import.meta.dirname, '../..');
const ENTRY = `
export { openGenerator } from './src/generator/openGenerator.js';
export { compile, leastMemory } from './src/nn/compile.js';
export { Tensor } from './src/tensor/tensor.js';`;

interface Library {
  readonly openGenerator: typeof openGenerator;
  readonly compile: typeof import('../../src/nn/compile.js').compile;
  readonly leastMemory: typeof import('../../src/nn/compile.js').leastMemory;
  readonly Tensor: typeof Tensor;
}

const folder = temporaryFolder();
let page: Library;

beforeAll(async () => {
  const outfile = join(folder.path, 'library.mjs');
  await build({
    stdin: { contents: ENTRY, resolveDir: ROOT },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    logLevel: 'error',
    plugins: [withoutUnused(ROOT)],
  });
  page = (await import(pathToFileURL(outfile).href)) as Library;
});
afterAll(() => folder.remove());

const noFallbacks = {
  onProgram: ({ fallbacks }: { readonly fallbacks: readonly string[] }) =>
    expect(fallbacks).toEqual([]),
};

it.each(familyCases.map((one) => [one.name, one] as const))(
  'a generator of %s is as in PyTorch',
  async (_, one) => {
    const bytes = encodeStateDict(stateDictOf(one), 'net.pth');
    const { module } = await page.openGenerator(bytes, one.options);
    for (const run of runsOf(one)) {
      const input = new page.Tensor(run.input.data, run.input.shape);
      expectAsInTorch(await module.forward(input, noFallbacks), run);
    }
    module.dispose();
  },
);

/** Of the picture that some were written for. */
const SIDES = [10, 12];
const models = readdirSync(goldenPath('onnxModels')).filter((name) => name.endsWith('.onnx'));

it.each(models)('%s is what it is in the library', async (name) => {
  const bytes = readFileSync(join(goldenPath('onnxModels'), name));
  const whole = await openGenerator(bytes).catch((error: Error) => error.message);
  const opened = await page.openGenerator(bytes).catch((error: Error) => error.message);
  if (typeof whole === 'string' || typeof opened === 'string') {
    expect(opened).toBe(whole);
    return;
  }
  const shape = [1, whole.inputChannels, ...SIDES];
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i));
  const expected = await whole.module.forward(new Tensor(data, shape));
  const made = await opened.module.forward(new page.Tensor(data, shape));
  expect(made.data).toEqual(expected.data);
});

it('a program saves memory as it does in the library', async () => {
  const file = readFileSync(join(ROOT, 'weights/horse2zebra-mini.pth'));
  const { module } = await page.openGenerator(file);
  const inputShape = [1, 3, 512, 384];
  const input = page.Tensor.full(inputShape, 0.3);
  const expected = await module.forward(input);
  const memory = (await page.leastMemory(module, { inputShape })) as number;
  const program = await page.compile(module, { inputShape, memory });
  expect((await program.run(input)).data).toEqual(expected.data);
  program.dispose();
});

it('files of Keras are refused, and told where they are read', async () => {
  const bytes = new Uint8Array(readFileSync(goldenPath('kerasFiles/keras2.h5')));
  await expect(page.openGenerator(bytes)).rejects.toThrow(/not read on this page.*cyclegan export/);
});
