// The WebGPU engine against others, in Chromium: node bench/gpu.mjs [--real] [--rounds N] [--size 256x314] [--ngf 64]
// All runners of a case take turns in one page, each with the transfers that a picture takes; what is printed is the median, the ratio to
// onnxruntime-web, and how far outputs are from each other. Without --real, all of it runs on the processor (SwiftShader), where only small
// sizes make sense; with it, Chromium's own choice of adapter. onnxruntime-web comes from bench/runtimes (`npm install` there).
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
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

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const ort = join(root, 'bench/runtimes/node_modules/onnxruntime-web/dist');
const TYPES = { '.mjs': 'text/javascript', '.js': 'text/javascript', '.wasm': 'application/wasm' };

const { values: options } = parseArgs({
  options: {
    real: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '20' },
    size: { type: 'string' },
    ngf: { type: 'string' },
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
    kind: 'layer',
    module: new Sequential(new ReflectionPad2d(1), new Conv2d(channels, channels, 3)).eval(),
    shape: [1, channels, height / 4, Math.ceil(width / 4)],
    ngf,
  },
];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--enable-unsafe-webgpu', ...(real ? ['--enable-features=Vulkan'] : [])],
});
try {
  for (const one of CASES) print(one, await measure(one));
} finally {
  await browser.close();
}

async function measure({ kind, module, shape }) {
  const files = {
    '/': '<!doctype html><title>bench</title>',
    '/model.onnx': exportOnnx(module, shape),
    '/weights.pth': await weightsOf(module),
    '/library.js': readFileSync(join(root, 'dist/web/cyclegan-ts.js')),
  };
  const server = await serve(files);
  const tab = await browser.newPage();
  try {
    await tab.goto(`http://127.0.0.1:${server.address().port}/`);
    return await tab.evaluate(inPage, {
      ...{ kind, shape, ngf, rounds: Number(options.rounds), hasOrt: existsSync(ort) },
    });
  } finally {
    await tab.close();
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
    const file = url.startsWith('/ort/') ? join(ort, url.slice(5)) : null;
    const body = files[url] ?? (file !== null && existsSync(file) ? readFileSync(file) : null);
    const type = { '/': 'text/html' }[url] ?? TYPES[extname(url)] ?? 'application/octet-stream';
    response.writeHead(body === null ? 404 : 200, { 'Content-Type': type });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Runs in the page: it refers to nothing outside. */
async function inPage({ kind, shape, ngf, rounds, hasOrt }) {
  const library = await import('/library.js');
  const bytes = async (address) => new Uint8Array(await (await fetch(address)).arrayBuffer());
  const stateDict = await library.loadStateDict(await bytes('/weights.pth'));
  const module =
    kind === 'network'
      ? new library.ResNetGenerator(3, 3, ngf, 9)
      : new library.Sequential(
          new library.ReflectionPad2d(1),
          new library.Conv2d(shape[1], shape[1], 3),
        );
  module.loadStateDict(stateDict);
  module.eval();
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: size }, (_, i) => Math.sin(i * 0.37));
  const runners = [];
  for (const variant of ['winograd', 'direct']) {
    const program = await library.compile(module, { engine: 'webgpu', variant, inputShape: shape });
    const input = new library.Tensor(data, shape);
    const run = async () => (await program.run(input)).data;
    runners.push({ name: `cyclegan-ts, ${variant}`, run, details: program.details });
  }
  if (hasOrt) {
    const ort = await import('/ort/ort.webgpu.bundle.min.mjs');
    ort.env.wasm.wasmPaths = '/ort/';
    const session = await ort.InferenceSession.create(await bytes('/model.onnx'), {
      executionProviders: ['webgpu'],
    });
    const run = async () => {
      const feeds = { [session.inputNames[0]]: new ort.Tensor('float32', data, shape) };
      return (await session.run(feeds))[session.outputNames[0]].data;
    };
    runners.push({ name: 'onnxruntime-web', run, details: [`version ${ort.env.versions.web}`] });
  }
  const outputs = [];
  for (const { run } of runners) outputs.push(Float32Array.from(await run()));
  const times = runners.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { run }] of runners.entries()) {
      const start = performance.now();
      await run();
      times[i].push(performance.now() - start);
    }
  }
  return runners.map(({ name, details }, i) => ({
    name,
    details,
    milliseconds: times[i].sort((a, b) => a - b)[Math.floor(rounds / 2)],
    fastest: times[i][0],
    difference: outputs[i].reduce((most, v, j) => Math.max(most, Math.abs(v - outputs[0][j])), 0),
  }));
}

function print({ name }, results) {
  console.log(`\n${name}`);
  const reference = results.find((result) => result.name === 'onnxruntime-web');
  for (const result of results) {
    const { milliseconds, fastest, difference, details } = result;
    const ratio =
      reference === undefined ? '' : `${(milliseconds / reference.milliseconds).toFixed(2)}x`;
    console.log(
      `${result.name.padEnd(24)} ${milliseconds.toFixed(1).padStart(8)} ms (fastest ${fastest.toFixed(1)}) ${ratio.padStart(6)}  off by ${difference.toExponential(1)}  ${details.join('; ')}`,
    );
  }
}
