// Bundles what users import, for browsers, minified, and fails when one is larger than its budget:
//   node scripts/bundleBudgets.mjs
// The budgets leave a few hundredths of room over what was measured. What is of which size, in kB: of reading weights, models that
// are saved as a whole 2, files of Keras and TensorFlow.js 13, what checkpoints and graphs hold beside weights 5, exported and mobile
// programs 5; of translating, kernels for gradients 24, programs that a worker has 1.5, ways to save memory 4, and exported graphs, batches that are taken apart, the
// scratch file and pictures that go row by row 16; of everything, training and evaluating 60, pictures beside PNG and JPEG 15, AVIF
// and HEIC 2, the service 12.
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** Budgets in kB (1000 bytes) of gzip; `without` are folders that nothing of may be in it. */
const BUNDLES = [
  { name: 'one operator', text: "export { relu } from './dist/index.js';", budget: 3 },
  { name: 'loadStateDict', text: "export { loadStateDict } from './dist/index.js';", budget: 65 },
  {
    name: 'generator + translate',
    text: "export { ResNetGenerator, translate, loadStateDict } from './dist/index.js';",
    budget: 220,
    // Who translates does not train.
    without: ['dist/autograd/', 'dist/train/'],
  },
  { name: 'all', text: "export * from './dist/index.js';", budget: 417 },
];

let over = 0;
for (const { name, text, budget, without = [] } of BUNDLES) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: text, resolveDir: process.cwd() },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    // WebP's code is loaded when the first one is met: 50 kB to read them, 130 kB to write them; the WebGPU engine, 16 kB, when it
    // is named.
    external: ['node:*', '*/webpDecoderModule.js', '*/webpEncoderModule.js', '*/webgpuEngine.js'],
    logLevel: 'error',
  });
  const size = outputFiles.reduce((sum, { contents }) => sum + gzipSync(contents).length, 0) / 1000;
  const isOver = size > budget;
  const stray = partsOf(metafile).find((file) => without.some((folder) => file.startsWith(folder)));
  if (isOver || stray !== undefined) over++;
  const verdict = isOver ? `over its budget of ${budget} kB` : `of ${budget} kB`;
  if (stray !== undefined) console.log(`bundle: ${name} has ${stray}, which it has no use for`);
  console.log(`bundle: ${name.padEnd(22)} ${size.toFixed(1).padStart(6)} kB ${verdict}`);
}
process.exitCode = over > 0 ? 1 : 0;

/** The files of which something is in a bundle. */
function partsOf({ outputs }) {
  return Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([file, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [file] : [],
    ),
  );
}
