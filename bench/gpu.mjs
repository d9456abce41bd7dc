// The WebGPU engine against others: node bench/gpu.mjs [--real] [--rounds N] [--size 256x314] [--ngf 64] [--only network] [--write]
// All runners that a page can have take turns in one, in Chromium, each with the transfers that a picture takes; then those of a process of
// their own, onnxruntime-node by WebGPU and PyTorch. What is printed is the median, the ratio to onnxruntime-web, and how far outputs are
// from ours. Without --real, all of it runs on the processor (SwiftShader, and PyTorch as it is), where only small sizes make sense; with
// it, on Chromium's own choice of adapter, and PyTorch by CUDA. The others come from bench/runtimes (`npm install` there). --write makes
// bench/GPU.md of it.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { chromium } from 'playwright-core';
import {
  Conv2d,
  exportOnnx,
  manualSeed,
  ReflectionPad2d,
  ResNetGenerator,
  Sequential,
  saveStateDict,
} from '../dist/index.js';
import { writeGpuPage } from './gpu/report.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const installed = join(root, 'bench/runtimes/node_modules');
/** Folders that the page may load from. */
const LIBRARIES = {
  ort: join(installed, 'onnxruntime-web/dist'),
  tf: join(installed, '@tensorflow/tfjs/dist'),
  tfgpu: join(installed, '@tensorflow/tfjs-backend-webgpu/dist'),
  jax: join(installed, '@jax-js/jax/dist'),
};
/** The driver that comes with Chromium, and runs all of it on the processor. */
const SOFTWARE = '/usr/lib/chromium/vk_swiftshader_icd.json';
const run = promisify(execFile);
const TYPES = { '.mjs': 'text/javascript', '.js': 'text/javascript', '.wasm': 'application/wasm' };

const { values: options } = parseArgs({
  options: {
    real: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '20' },
    size: { type: 'string' },
    ngf: { type: 'string' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const { real } = options;
const [height, width] = (options.size ?? (real ? '256x314' : '24x32')).split('x').map(Number);
const ngf = Number(options.ngf ?? (real ? 64 : 16));

manualSeed(1);
const channels = 4 * ngf;
const CASES = [
  {
    name: `network, ngf ${ngf}, ${height} x ${width}`,
    kind: 'network',
    module: new ResNetGenerator(3, 3, ngf, 9).eval(),
    shape: [1, 3, height, width],
    ngf,
  },
  {
    name: `residual layer, ${channels} channels, ${height / 4} x ${Math.ceil(width / 4)}`,
    kind: 'residual',
    outChannels: channels,
    module: new Sequential(new ReflectionPad2d(1), new Conv2d(channels, channels, 3)).eval(),
    shape: [1, channels, height / 4, Math.ceil(width / 4)],
    ngf,
  },
  // The shape that jax-js publishes times of.
  {
    name: real
      ? 'convolution 3x3, 64 to 128 channels, 256 x 256'
      : 'convolution 3x3, 16 to 32 channels, 32 x 32',
    kind: 'convolution',
    outChannels: real ? 128 : 32,
    module: new Sequential(new Conv2d(real ? 64 : 16, real ? 128 : 32, 3, { padding: 1 })).eval(),
    shape: real ? [1, 64, 256, 256] : [1, 16, 32, 32],
    ngf,
  },
];

const measured = [];
for (const one of CASES.filter(({ kind }) => (options.only ?? kind) === kind)) {
  const found = await measure(one);
  print(one, found);
  measured.push({ name: one.name, ...found });
}
if (options.write)
  writeGpuPage(join(root, 'bench'), { real, rounds: Number(options.rounds), measured });

/** @returns What runners took, and why others did not run. */
async function measure({ kind, module, shape, outChannels = 3 }) {
  const weights = await weightsOf(module);
  const model = exportOnnx(module, shape);
  const inPage = await measureInPage({ kind, shape, outChannels, weights, model });
  const alone = await measureAlone({ kind, shape, weights, model, expected: inPage.output });
  const all = [...inPage.results, ...alone];
  return {
    results: all.filter(({ reason }) => reason === undefined),
    failed: [...inPage.failed, ...all.filter(({ reason }) => reason !== undefined)],
  };
}

/** What has no page: a process each, and what it prints, or why there is nothing. */
async function measureAlone({ kind, shape, weights, model, expected }) {
  const folder = mkdtempSync(join(tmpdir(), 'cyclegan-gpu-'));
  const [weightFile, modelFile] = [join(folder, 'weights.pth'), join(folder, 'model.onnx')];
  const { rounds } = options;
  const output = join(folder, 'output.f32');
  const device = real ? 'cuda' : 'cpu';
  const drivers = real ? {} : { VK_DRIVER_FILES: SOFTWARE, VK_ICD_FILENAMES: SOFTWARE };
  const commands = {
    'onnxruntime-node, WebGPU': [process.execPath, 'ortNode.mjs', modelFile, shape, rounds, output],
    [`PyTorch, ${device}`]: [
      ...[process.env.PYTHON ?? 'python3', 'pytorch.py', device],
      ...[kind, weightFile, shape, ngf, rounds, output],
    ],
  };
  try {
    writeFileSync(weightFile, weights);
    writeFileSync(modelFile, model);
    const results = [];
    for (const [name, [command, script, ...args]] of Object.entries(commands)) {
      try {
        const { stdout } = await run(
          command,
          [join(root, 'bench/gpu', script), ...args.map(String)],
          { env: { ...process.env, ...drivers } },
        );
        const found = JSON.parse(stdout.trim().split('\n').at(-1));
        results.push({ name, ...found, difference: differenceFrom(expected, floats(output)) });
      } catch (error) {
        results.push({
          name,
          reason: lastLine(error),
        });
      }
    }
    return results;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function lastLine(error) {
  return String(error.stderr || error)
    .trim()
    .split('\n')
    .at(-1);
}

/** A file of raw float32. */
function floats(file) {
  return new Float32Array(new Uint8Array(readFileSync(file)).buffer);
}

function differenceFrom(expected, found) {
  return expected?.reduce((most, v, i) => Math.max(most, Math.abs(v - found[i])), 0);
}

async function measureInPage({ kind, shape, outChannels, weights, model }) {
  const files = {
    '/': '<!doctype html><title>bench</title>',
    '/model.onnx': model,
    '/weights.pth': weights,
    ...Object.fromEntries(
      ['page', 'tensorflow', 'jax'].map((name) => [
        `/${name}.mjs`,
        readFileSync(join(root, `bench/gpu/${name}.mjs`)),
      ]),
    ),
    '/library.js': readFileSync(join(root, 'dist/web/cyclegan-ts.js')),
  };
  const server = await serve(files);
  // Each case has a browser of its own: a library that ends one does not end the others.
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--enable-unsafe-webgpu', ...(real ? ['--enable-features=Vulkan'] : [])],
  });
  try {
    const tab = await browser.newPage();
    await tab.goto(`http://127.0.0.1:${server.address().port}/`);
    const libraries = {
      ort: existsSync(LIBRARIES.ort),
      tf: existsSync(LIBRARIES.tf) && existsSync(LIBRARIES.tfgpu),
      jax: existsSync(LIBRARIES.jax),
    };
    return await tab.evaluate(async (task) => (await import('/page.mjs')).measure(task), {
      kind,
      shape,
      outChannels,
      ngf,
      rounds: Number(options.rounds),
      libraries,
    });
  } catch (error) {
    return { results: [], failed: [{ name: 'the page', reason: String(error).split('\n')[0] }] };
  } finally {
    await browser.close();
    server.close();
  }
}

async function weightsOf(module) {
  const folder = mkdtempSync(join(tmpdir(), 'cyclegan-gpu-'));
  try {
    const file = join(folder, 'weights.pth');
    await saveStateDict(module.stateDict(), file);
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function serve(files) {
  const server = createServer(({ url }, response) => {
    const [, library, ...path] = url.split('/');
    const folder = path.includes('..') ? undefined : LIBRARIES[library];
    const file = folder === undefined ? null : join(folder, ...path);
    const body = files[url] ?? (file !== null && existsSync(file) ? readFileSync(file) : null);
    const type = { '/': 'text/html' }[url] ?? TYPES[extname(url)] ?? 'application/octet-stream';
    response.writeHead(body === null ? 404 : 200, { 'Content-Type': type });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function print({ name }, { results, failed }) {
  console.log(`\n${name}`);
  const reference = results.find((result) => result.name === 'onnxruntime-web');
  for (const result of results) {
    const { milliseconds, fastest, difference, details } = result;
    const ratio =
      reference === undefined ? '' : `${(milliseconds / reference.milliseconds).toFixed(2)}x`;
    const off = difference === undefined ? '' : `off by ${difference.toExponential(1)}  `;
    console.log(
      `${result.name.padEnd(24)} ${milliseconds.toFixed(1).padStart(8)} ms (fastest ${fastest.toFixed(1)}) ${ratio.padStart(6)}  ${off}${details.join('; ')}`,
    );
  }
  for (const { name, reason } of failed) console.log(`${name.padEnd(24)} did not run: ${reason}`);
}
