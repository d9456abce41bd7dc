// Makes bench/GPU.md of what bench/gpu.mjs has measured, on the processor and on a GPU.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';

const REFERENCE = 'onnxruntime-web';
/** What bench/gpu.mjs measures on a GPU. */
const REAL_CASES = [
  'network, ngf 64, 256 x 314',
  'residual layer, 256 channels, 64 x 79',
  'convolution 3x3, 64 to 128 channels, 256 x 256',
];
const KINDS = ['software', 'real'];
const file = (folder, kind) => join(folder, `results/gpu-${kind}.json`);

/** @param folder Of the bench. @param found What was measured now, which takes the place of what was measured before of its kind. */
export function writeGpuPage(folder, { real, rounds, measured }) {
  const kind = real ? 'real' : 'software';
  const results = { date: new Date().toISOString().slice(0, 10), processor: cpus()[0].model };
  const machine = { cores: cpus().length, load: Math.round(loadavg()[0]) };
  const text = JSON.stringify({ ...results, ...machine, rounds, measured }, null, 2);
  writeFileSync(file(folder, kind), `${text}\n`);
  const [software, gpu] = KINDS.map((name) =>
    existsSync(file(folder, name)) ? JSON.parse(readFileSync(file(folder, name), 'utf8')) : null,
  );
  writeFileSync(join(folder, 'GPU.md'), pageOf(software, gpu));
}

function pageOf(software, gpu) {
  return `# WebGPU, compared

Made by \`npm run bench:gpu -- --write\`, after \`npm install\` in \`bench/runtimes\`. Each runner takes a picture up to its device and the result
back in each round. Those that run in a page take turns in one, in Chromium; onnxruntime-node and PyTorch have a process each,
afterwards. "Times ${REFERENCE}" is below 1 where it is faster than that. How the engine works is in [docs/webgpu.md](../docs/webgpu.md).

## On the processor

${software === null ? 'Not measured yet.' : sectionOf(software, 'Chromium has SwiftShader as its adapter, and so has onnxruntime-node; PyTorch has the processor itself.')}
## On a GPU

${gpu === null ? emptyOf(software) : sectionOf(gpu, 'Chromium has its own choice of adapter; PyTorch has CUDA.')}`;
}

function sectionOf({ date, processor, cores, load, rounds, measured }, adapters) {
  const tables = measured.map(({ name, results, failed }) => {
    const reference = results.find((result) => result.name === REFERENCE);
    const rows = results.map(({ name, milliseconds, fastest, difference, details }) => {
      const ratio =
        reference === undefined ? '' : `${(milliseconds / reference.milliseconds).toFixed(2)}x`;
      const off = difference === undefined ? '' : difference.toExponential(1);
      return `| ${name} | ${milliseconds.toFixed(1)} | ${fastest.toFixed(1)} | ${ratio} | ${off} | ${details.join('; ')} |`;
    });
    const none = failed.map(({ name, reason }) => `| ${name} | did not run | | | | ${reason} |`);
    return table(name, [...rows, ...none]);
  });
  const busy = load > cores ? `, ${load} processes that wanted them` : '';
  return `${date}, ${processor}, ${cores} cores${busy}; the median of ${rounds} rounds. ${adapters}

${tables.join('\n')}`;
}

function table(name, rows) {
  return `### ${name}

| runner | ms | fastest | times ${REFERENCE} | off by | |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

/** What is to be filled in. */
function emptyOf(software) {
  const runners = software?.measured[0]?.results.map(({ name }) => name) ?? [];
  const rows = runners.map((name) => `| ${name.replace(/, cpu$/, ', cuda')} | | | | | |`);
  return `Not measured yet. On a machine that has one, in a clone:

\`\`\`sh
npm ci && npm install --prefix bench/runtimes && npm install --no-save webgpu
npm run bench:gpu -- --real --write                    # this page
node dist/cyclegan.mjs bench --engine webgpu           # each layer, with its share of the GPU's own peak
CYCLEGAN_GPU=1 npm run test:gpu                        # whether all of it is right there
\`\`\`

${REAL_CASES.map((name) => table(name, rows)).join('\n')}`;
}
