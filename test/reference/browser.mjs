// Runs the library in a browser: node test/reference/browser.mjs
// The bundle must need nothing but the browser, and compute what PyTorch computed: on a page that
// is cross-origin isolated, where threads share memory, and on one that is not, with one thread.
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { webpInBundle } from '../../scripts/webpModules.mjs';
import { CHROMIUM, check, folder, runChecks, skip } from './checks.mjs';

/** The reference sums in double precision, machine code in single. */
const TOLERANCES = { js: 1e-5, wasm: 5e-5 };
/** Checks take seconds at most; a page in which threads wait for each other would wait for ever. */
const LIMIT_SECONDS = 60;
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};
const PAGES = [
  { name: 'isolated page', path: '/isolated', isolated: true },
  { name: 'ordinary page', path: '/ordinary', isolated: false },
];
const TYPES = { json: 'application/json', mjs: 'text/javascript', png: 'image/png' };

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const data = join(root, 'test/golden/data');
const golden = JSON.parse(readFileSync(join(data, 'golden.json'), 'utf8'));

await runChecks(main);

async function main() {
  if (!(await check('bundle needs nothing but the browser', bundle))) return;
  if (!existsSync(CHROMIUM)) {
    console.log(`No ${CHROMIUM}: on Debian, apt-get install -y chromium`);
    for (const page of PAGES) for (const [name] of pageChecks(page)) skip(`${page.name}: ${name}`);
    return;
  }
  const server = await serve();
  try {
    for (const page of PAGES) await checkPage(page, `http://127.0.0.1:${server.address().port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** In a browser of its own, so that no page suffers from what another one did. */
async function checkPage(page, origin) {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  console.log(`${page.name}: Chromium ${browser.version()}`);
  try {
    const tab = await browser.newPage();
    const errors = [];
    tab.on('pageerror', (error) => errors.push(error.message));
    tab.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await tab.addInitScript(countWorkers);
    await tab.addInitScript(defineGoldenCase);
    await tab.goto(origin + page.path);
    let hung = false;
    for (const [name, action] of pageChecks(page)) {
      await check(`${page.name}: ${name}`, async () => {
        expect(!hung, 'the page hangs since an earlier check');
        return within(LIMIT_SECONDS, action(tab, errors), () => {
          hung = true;
        });
      });
    }
  } finally {
    await browser.close();
  }
}

/** `[name, action]`: an action gives what is worth printing, and throws when the check fails. */
function pageChecks({ isolated }) {
  const checks = [
    [
      isolated ? 'is cross-origin isolated' : 'is not isolated',
      async (tab) => {
        const found = await tab.evaluate(() => globalThis.crossOriginIsolated);
        expect(found === isolated, `crossOriginIsolated is ${found}`);
        return `${await tab.evaluate(() => navigator.hardwareConcurrency)} cores`;
      },
    ],
  ];
  for (const { name, files } of golden.generators) {
    for (const container of Object.keys(files)) {
      checks.push([
        `${files[container]} loads from a Blob`,
        async (tab) => expectClose(await tab.evaluate(loadInPage, [name, container]), 0),
      ]);
    }
    for (const engine of Object.keys(TOLERANCES)) {
      checks.push([
        `${name} on ${engine}`,
        async (tab) =>
          expectGolden(await tab.evaluate(forwardInPage, [name, { engine }, 1]), engine),
      ]);
    }
  }
  if (isolated) {
    for (const threads of [1, 2]) {
      checks.push([
        `${threads} ${threads === 1 ? 'thread' : 'threads'} when so many are asked for`,
        async (tab) => expectThreads(await tab.evaluate(threadsInPage, threads), threads),
      ]);
    }
    checks.push([
      'event loop stays free during a forward',
      async (tab) => expectFreeLoop(await tab.evaluate(loopInPage)),
    ]);
  }
  return [
    ...checks,
    // Browsers forbid their main thread to sleep at a barrier, which Node's may. Several runs,
    // since which thread is late is a matter of chance.
    [
      'a blocking forward on wasm',
      async (tab) => {
        const options = { engine: 'wasm', threads: 2, blocking: true };
        return expectGolden(await tab.evaluate(forwardInPage, ['tiny', options, 10]), 'wasm');
      },
    ],
    ['decodeImage reads a PNG as the browser does', async (tab) => tab.evaluate(decodeInPage)],
    ...['png', 'jpg', 'webp'].map((extension) => [
      `the browser reads a ${extension} of encodeImage`,
      async (tab) => tab.evaluate(encodeInPage, extension),
    ]),
    ['pictures of the page are taken, and given back', async (tab) => tab.evaluate(picturesInPage)],
    ['openImage takes what a page has', async (tab) => tab.evaluate(sourcesInPage)],
    ['no errors on the page', async (_, errors) => expect(errors.length === 0, errors.join('; '))],
  ];
}

// What runs in the page. Each function travels as text, so it can use nothing from around it.

/** Wraps `Worker`, so that it can be told which workers took part: those that sent something. */
function countWorkers() {
  globalThis.workerMessages = new Map();
  globalThis.Worker = class extends Worker {
    constructor(...args) {
      super(...args);
      this.addEventListener('message', () => {
        const { workerMessages } = globalThis;
        workerMessages.set(this, (workerMessages.get(this) ?? 0) + 1);
      });
    }
  };
}

/** Gives pages `goldenCase(name)`: what PyTorch made, and the file with the weights, as fetched. */
function defineGoldenCase() {
  globalThis.goldenCase = async (name, container = 'zip') => {
    const { generators } = await (await fetch('/data/golden.json')).json();
    const numbers = new Float32Array(await (await fetch('/data/golden.f32')).arrayBuffer());
    const generator = generators.find((candidate) => candidate.name === name);
    const blob = await (await fetch(`/data/${generator.files[container]}`)).blob();
    const at = ({ offset, shape }) => ({
      shape,
      data: numbers.slice(offset, offset + shape.reduce((a, b) => a * b, 1)),
    });
    const [weights, input, output] = [generator.weights, generator.input, generator.output].map(at);
    return { keys: generator.keys, blob, weights, input, output };
  };
  /** NaN wins, as a difference that no tolerance lets pass. */
  globalThis.maxDifference = (found, expected) =>
    found.reduce((most, x, i) => Math.max(most, Math.abs(x - expected[i])), 0);
}

async function loadInPage([name, container]) {
  const { encodeStateDict, loadStateDict, openWeights } = await import('/cyclegan.mjs');
  const { blob, keys, weights } = await globalThis.goldenCase(name, container);
  const file = await openWeights(blob);
  const again = encodeStateDict(await file.stateDict(), 'again.safetensors');
  // From the bytes of a file of our own, by way of a stream.
  const stateDict = await loadStateDict(new Blob([again]).stream());
  const shapes = JSON.stringify([...stateDict].map(([key, { shape }]) => [key, shape]));
  if (shapes !== JSON.stringify(Object.entries(keys))) throw new Error(`it holds ${shapes}`);
  const found = [...stateDict.values()].flatMap(({ data }) => [...data]);
  return {
    difference: globalThis.maxDifference(found, weights.data),
    shape: [found.length],
    expected: weights.shape,
  };
}

async function forwardInPage([name, options, runs]) {
  const { loadStateDict, ResNetGenerator, Tensor } = await import('/cyclegan.mjs');
  const { blob, input, output } = await globalThis.goldenCase(name);
  const netG = ResNetGenerator.fromStateDict(await loadStateDict(blob));
  const x = new Tensor(input.data, input.shape);
  const { engine, fallbacks, details } = await netG.program(x.shape, options);
  const result = { difference: 0, shape: [], expected: output.shape, engine, fallbacks, details };
  for (let run = 0; run < runs; run++) {
    const { data, shape } = await netG.forward(x, options);
    result.shape = shape;
    result.difference = Math.max(result.difference, globalThis.maxDifference(data, output.data));
  }
  netG.dispose();
  return result;
}

/** Which workers answered while a program of so many threads ran. */
async function threadsInPage(threads) {
  const { ResNetGenerator, Tensor } = await import('/cyclegan.mjs');
  const netG = new ResNetGenerator(3, 3, 8, 1).eval();
  const input = new Tensor(new Float32Array(3 * 64 * 64), [1, 3, 64, 64]);
  const program = await netG.program(input.shape, { engine: 'wasm', threads });
  globalThis.workerMessages.clear();
  await program.run(input);
  const answered = globalThis.workerMessages.size;
  netG.dispose();
  return { answered, details: program.details };
}

/** How long the event loop was held up, once while a program is made and once while it runs. */
async function loopInPage() {
  const { ResNetGenerator, Tensor } = await import('/cyclegan.mjs');
  const netG = new ResNetGenerator(3, 3, 32, 4).eval();
  const size = 3 * 256 * 256;
  const data = Float32Array.from({ length: size }, (_, i) => (i % 97) / 97);
  const input = new Tensor(data, [1, 3, 256, 256]);
  const program = await watch(() => netG.program(input.shape, { engine: 'wasm' }));
  const run = await watch(() => netG.forward(input, { engine: 'wasm' }));
  netG.dispose();
  return { program, run };

  async function watch(action) {
    const start = performance.now();
    let last = start;
    const times = { ticks: 0, longest: 0, held: 0, milliseconds: 0 };
    const tick = () => {
      const now = performance.now();
      times.ticks++;
      times.longest = Math.max(times.longest, now - last);
      // Up to a frame of 60 a second, nobody can tell.
      times.held += Math.max(0, now - last - 1000 / 60);
      last = now;
    };
    const timer = setInterval(tick, 1);
    await action();
    clearInterval(timer);
    tick();
    times.milliseconds = performance.now() - start;
    return times;
  }
}

async function decodeInPage() {
  const { decodeImage } = await import('/cyclegan.mjs');
  const blob = await (await fetch('/sample.png')).blob();
  const { width, height, data } = decodeImage(new Uint8Array(await blob.arrayBuffer()));
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: 'none' });
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
  context.drawImage(bitmap, 0, 0);
  const size = `${width} x ${height}`;
  if (size !== `${bitmap.width} x ${bitmap.height}`)
    throw new Error(`the size came out as ${size}`);
  const rgba = context.getImageData(0, 0, width, height).data;
  for (let i = 0; i < width * height * 3; i++) {
    const expected = rgba[Math.floor(i / 3) * 4 + (i % 3)];
    if (data[i] !== expected) throw new Error(`byte ${i} is ${data[i]}, but here ${expected}`);
  }
  return size;
}

async function encodeInPage(extension) {
  const { encodeImage, loadEncoder, openImage } = await import('/cyclegan.mjs');
  const [width, height] = [48, 32];
  // A smooth picture, which JPEG keeps to within a few steps.
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return 60 + (pixel % width) * 2 + Math.floor(pixel / width) + (i % 3) * 20;
  });
  await loadEncoder(`picture.${extension}`);
  const bytes = encodeImage({ width, height, data }, `picture.${extension}`, { quality: 95 });
  const own = (await openImage(bytes)).data;
  const bitmap = await createImageBitmap(new Blob([bytes]), { colorSpaceConversion: 'none' });
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
  context.drawImage(bitmap, 0, 0);
  const rgba = context.getImageData(0, 0, width, height).data;
  let most = 0;
  let apart = 0;
  for (let i = 0; i < data.length; i++) {
    const seen = rgba[Math.floor(i / 3) * 4 + (i % 3)];
    most = Math.max(most, Math.abs(data[i] - seen));
    apart = Math.max(apart, Math.abs(own[i] - seen));
  }
  const limit = { png: 0, jpg: 8, webp: 16 }[extension];
  if (most > limit) throw new Error(`it is up to ${most} off`);
  if (apart > limit / 4) throw new Error(`the browser reads it ${apart} apart from here`);
  return `${bytes.length} bytes, at most ${most} off`;
}

/** The same pixels in all forms: ImageData is as the browser decoded it. */
async function picturesInPage() {
  const { encodeImage, decodeImage, openImage, toImageData } = await import('/cyclegan.mjs');
  const sample = await openImage(await fetch('/sample.png'));
  const { width, height } = sample;
  const pixels = toImageData(sample);
  if (!(pixels instanceof ImageData)) throw new Error('toImageData gives no ImageData');
  const offscreen = new OffscreenCanvas(width, height);
  const element = Object.assign(document.createElement('canvas'), { width, height });
  for (const canvas of [offscreen, element]) canvas.getContext('2d').putImageData(pixels, 0, 0);
  const forms = {
    ImageData: pixels,
    OffscreenCanvas: offscreen,
    HTMLCanvasElement: element,
    ImageBitmap: await createImageBitmap(pixels),
  };
  const bitmapCanvas = new OffscreenCanvas(width, height);
  bitmapCanvas
    .getContext('bitmaprenderer')
    .transferFromImageBitmap(await createImageBitmap(pixels));
  forms['canvas without 2D'] = bitmapCanvas;
  for (const [name, form] of Object.entries(forms)) {
    const found = decodeImage(encodeImage(form, 'x.png'), { alpha: true });
    const same = found.data.every((byte, i) => byte === sample.data[i]);
    const opaque = found.alpha.every((byte) => byte === 255);
    if (!same || !opaque) throw new Error(`${name} is another picture`);
  }
  const half = new ImageData(Uint8ClampedArray.of(10, 20, 30, 128), 1, 1);
  const { data, alpha } = decodeImage(encodeImage(half, 'x.png'), { alpha: true });
  if (`${data} ${alpha}` !== '10,20,30 128') throw new Error(`half opaque is ${data} ${alpha}`);
  return Object.keys(forms).join(', ');
}

async function sourcesInPage() {
  const { openImage } = await import('/cyclegan.mjs');
  const blob = await (await fetch('/sample.png')).blob();
  const sources = {
    Response: await fetch('/sample.png'),
    stream: blob.stream(),
    File: new File([blob], 'sample.png'),
    address: new URL('/sample.png', location.href).href,
    'address that leads on': new URL('/moved.png', location.href),
    'blob: address': URL.createObjectURL(blob),
  };
  const expected = await openImage(blob);
  for (const [name, source] of Object.entries(sources)) {
    const { data } = await openImage(source);
    if (!data.every((byte, i) => byte === expected.data[i])) throw new Error(`${name} differs`);
  }
  const element = Object.assign(document.createElement('canvas'), { width: 2, height: 1 });
  if ((await openImage(element.toDataURL())).width !== 2) throw new Error('the data: address');
  const code = await openImage('sample.png').catch((error) => error.code);
  if (code !== 'ERR_NO_FILES') throw new Error(`a path gives ${code}`);
  return Object.keys(sources).join(', ');
}

// What is expected of the answers.

function expect(condition, complaint) {
  if (!condition) throw new Error(complaint);
}

function expectClose({ difference, shape, expected }, tolerance) {
  expect(`${shape}` === `${expected}`, `the shape is [${shape}] instead of [${expected}]`);
  expect(difference <= tolerance, `it is off by ${difference}, more than ${tolerance}`);
  return tolerance === 0 ? 'exact' : `off by ${difference.toExponential(1)}`;
}

function expectGolden({ engine, fallbacks, details, ...result }, wanted) {
  expect(engine === wanted, `the engine was ${engine}`);
  expect(fallbacks.length === 0, `left to the reference: ${fallbacks.join(', ')}`);
  return `${expectClose(result, TOLERANCES[wanted])}; ${details.join(', ')}`;
}

function expectThreads({ answered, details }, threads) {
  const said = details.join(', ');
  expect(new RegExp(`\\b${threads} threads?\\b`).test(said), `the program says: ${said}`);
  expect(answered === threads, `${answered} workers took part`);
  return `${answered} ${answered === 1 ? 'worker' : 'workers'} took part`;
}

function expectFreeLoop({ program, run }) {
  const { ticks, milliseconds, held } = run;
  // The other threads keep all cores busy, so that this one has to wait for its turn now and then.
  expect(held < 0.3 * milliseconds, `it was held up: ${describe(run)}`);
  expect(ticks >= milliseconds / 40, `it hardly turned: ${describe(run)}`);
  return `${describe(run)}; while the program was made, ${describe(program)}`;
}

function describe({ ticks, milliseconds, longest }) {
  const [all, gap] = [milliseconds, longest].map((time) => `${time.toFixed(0)} ms`);
  return `${ticks} ticks in ${all}, the longest gap ${gap}`;
}

// The rest of the house.

async function bundle() {
  const options = {
    absWorkingDir: root,
    entryPoints: ['src/index.ts'],
    bundle: true,
    platform: 'browser',
    format: 'esm',
    metafile: true,
    loader: { '.wasm': 'binary' },
    plugins: [webpInBundle(root)],
    logLevel: 'silent',
  };
  const sizes = [];
  for (const [name, minify] of [
    ['cyclegan', false],
    ['minified', true],
  ]) {
    const outfile = join(folder, `${name}.mjs`);
    // What cannot be resolved makes this throw.
    const { metafile, warnings } = await build({ ...options, outfile, minify });
    expect(warnings.length === 0, warnings.map(({ text }) => text).join('; '));
    const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
    expect(imports.length === 0, `it imports ${imports.map(({ path }) => path).join(', ')}`);
    const text = readFileSync(outfile);
    const builtin = /["'`]node:[^"'`]*["'`]/.exec(text.toString())?.[0];
    expect(builtin === undefined, `it names ${builtin}`);
    const [raw, packed] = [text, gzipSync(text)].map(({ length }) => (length / 1000).toFixed(1));
    sizes.push(`${minify ? 'minified ' : ''}${raw} kB (${packed} kB gzipped)`);
  }
  return sizes.join(', ');
}

/** Serves the two pages and the files that they ask for, to this machine only. */
async function serve() {
  const files = new Map([
    ['/cyclegan.mjs', join(folder, 'cyclegan.mjs')],
    ['/sample.png', join(root, 'weights/sample.png')],
    ['/data/golden.json', join(data, 'golden.json')],
    ['/data/golden.f32', join(data, 'golden.f32')],
    ...golden.generators
      .flatMap((generator) => Object.values(generator.files))
      .map((name) => [`/data/${name}`, join(data, name)]),
  ]);
  const server = createServer(({ url }, response) => {
    const page = PAGES.find(({ path }) => path === url);
    const file = files.get(url);
    if (page !== undefined) {
      response.writeHead(200, {
        'Content-Type': 'text/html; charset=utf-8',
        ...(page.isolated ? ISOLATION : {}),
      });
      // The icon keeps the browser from asking for one.
      response.end(`<!doctype html><title>${page.name}</title><link rel="icon" href="data:,">`);
    } else if (url === '/moved.png') {
      response.writeHead(302, { Location: '/sample.png' }).end();
    } else if (file !== undefined) {
      const type = TYPES[url.split('.').at(-1)] ?? 'application/octet-stream';
      response.writeHead(200, { 'Content-Type': type }).end(readFileSync(file));
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function within(seconds, work, onTimeout) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => {
      onTimeout();
      reject(new Error(`no answer within ${seconds} s`));
    }, seconds * 1000);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
    // It may yet fail, when nobody listens any more.
    work.catch(() => undefined);
  }
}
