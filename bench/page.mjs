// The page in headless Chromium, against what it is meant to keep to:
//
//   npm run bench:page
//   npm run bench:page -- --node BINARY   the Node that engine times are compared with (24)
//   --model FILE   a generator of full size, for its memory     --only sizes,first,engine,main,many,full
//
// It prints what it finds, and fails for nothing: a busy machine is slower than another one.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { sizesOf } from '../scripts/buildPage.mjs';
import { median } from './harness/statistics.mjs';

const { values } = parseArgs({
  options: {
    node: { type: 'string', default: process.execPath },
    model: { type: 'string', default: '' },
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '5' },
  },
});
const root = fileURLToPath(new URL('..', import.meta.url));
const rounds = Number(values.rounds);
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const SHAPE = [1, 3, 256, 314];
const LIMIT = { timeout: 600_000 };
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** Files that were asked for since the list was emptied. */
const asked = [];
const server = await serve();
const address = `http://127.0.0.1:${server.address().port}/`;
try {
  const parts = {
    sizes,
    first: firstPicture,
    engine: engineTimes,
    main: mainThread,
    many: manyPictures,
    full: fullModel,
  };
  for (const [name, part] of Object.entries(parts)) {
    if (values.only === '' || values.only.split(',').includes(name)) await part();
  }
} finally {
  server.closeAllConnections();
  server.close();
}

function say(what, found, measure) {
  console.log(`${what.padEnd(58)} ${found.padStart(22)}   (${measure})`);
}

/** Scripts, styles and pages, workers and what is loaded later included. */
function sizes() {
  const total = sizesOf(join(root, 'dist/page')).reduce((sum, { size }) => sum + size, 0);
  say('all scripts, styles and pages', `${total.toFixed(1)} KB gzip`, 'at most 150 KB');
}

async function firstPicture() {
  const times = [];
  const work = [];
  for (let round = 0; round < rounds; round++) {
    await inBrowser(async (tab, { processorTime }) => {
      await tab.addInitScript(noteFirstPicture);
      asked.length = 0;
      await tab.goto(address);
      await done(tab);
      times.push(await tab.evaluate(() => window.firstPicture));
      work.push(await processorTime());
    });
  }
  const early = sizesOf(join(root, 'dist/page')).filter(({ name }) => asked.includes(name));
  const total = early.reduce((sum, { size }) => sum + size, 0);
  say(
    'of them, loaded for the first picture',
    `${total.toFixed(1)} KB gzip`,
    'the less, the better',
  );
  say(
    'first translated picture after navigation',
    `${seconds(median(times))}, fastest ${seconds(Math.min(...times))}`,
    'at most 1.50 s',
  );
  // That does not depend on who else is at work on the machine.
  say('processor time of the tab until then', seconds(1000 * median(work)), 'all threads');
}

/** Travels as text. When the first picture has been painted: whoever asks from outside hears of it later. */
function noteFirstPicture() {
  const look = () => {
    const isThere = document.querySelector('[data-status="done"]') !== null;
    if (isThere) window.firstPicture = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** The same network on the same numbers, in turns, in a page and in Node. */
async function engineTimes() {
  const version = execFileSync(values.node, ['--version'], { encoding: 'utf8' }).trim();
  for (const threads of [1, 2]) {
    const times = { page: [], node: [] };
    for (let round = 0; round < rounds; round++) {
      await inBrowser(async (tab) => {
        await tab.goto(`${address}engine`);
        times.page.push(
          await tab.evaluate(({ code }) => new Function(`return ${code}`)(), {
            code: `(${timeNetwork})(import('/library.js'), ${JSON.stringify(SHAPE)}, ${threads}, ${readWeightsInPage})`,
          }),
        );
      });
      const program = `const code = ${timeNetwork}; code(import(${JSON.stringify(join(root, 'dist/index.js'))}), ${JSON.stringify(SHAPE)}, ${threads}, ${readWeightsInNode}).then((time) => console.log(time));`;
      times.node.push(
        Number(
          execFileSync(values.node, ['--input-type=module', '-e', program], {
            cwd: root,
            encoding: 'utf8',
          }),
        ),
      );
    }
    const [page, node] = [median(times.page), median(times.node)];
    say(
      `engine, ${threads} ${threads === 1 ? 'thread' : 'threads'}, against Node ${version} without flags`,
      `${page.toFixed(0)} / ${node.toFixed(0)} ms = ${(page / node).toFixed(2)}x`,
      'at most 1.15x',
    );
  }
}

/** Travels as text, so it can use nothing from around it. @returns Milliseconds of a run, the median once code is optimised. */
async function timeNetwork(loading, shape, threads, readWeights) {
  const { compile, openGenerator, Tensor } = await loading;
  const { module } = await openGenerator(await readWeights());
  const program = await compile(module, { inputShape: shape, threads });
  const input = new Tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i) / 2 + 0.5),
    shape,
  );
  const times = [];
  for (let run = 0; run < 25; run++) {
    const start = performance.now();
    await program.run(input);
    times.push(performance.now() - start);
  }
  program.dispose();
  return times.slice(5).sort((a, b) => a - b)[10];
}

async function readWeightsInPage() {
  return new Uint8Array(await (await fetch('/horse2zebra-mini.pth')).arrayBuffer());
}

async function readWeightsInNode() {
  const { readFileSync } = await import('node:fs');
  return new Uint8Array(readFileSync('weights/horse2zebra-mini.pth'));
}

async function mainThread() {
  for (const [name, from] of [
    ['isolated', address],
    ['not isolated', `${address}ordinary/`],
  ]) {
    const longest = [];
    for (let round = 0; round < rounds; round++) {
      await inBrowser(async (tab) => {
        await tab.goto(from);
        await done(tab);
        await tab
          .context()
          .browser()
          .startTracing(tab, { categories: ['toplevel', 'blink.user_timing'] });
        await tab.evaluate(() => performance.mark('begin'));
        await addPictures(tab, 8, 512);
        await tally(tab, 8);
        longest.push(longestTask(JSON.parse(await tab.context().browser().stopTracing())));
      });
    }
    say(
      `main thread's longest task, 8 pictures, ${name}`,
      `${median(longest).toFixed(0)} ms of work`,
      'at most 50 ms',
    );
  }
}

/** Processor time of the page's main thread, which does not depend on who else is at work on the machine. */
function longestTask({ traceEvents }) {
  const { pid, tid } = traceEvents.find(({ name }) => name === 'begin');
  const tasks = traceEvents.filter(
    (event) => event.pid === pid && event.tid === tid && /RunTask$/.test(event.name),
  );
  return Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000;
}

async function manyPictures() {
  await inBrowser(async (tab, { memory }) => {
    await tab.goto(address);
    await done(tab);
    await addPictures(tab, 50, 64);
    await tally(tab, 50);
    const before = await memory();
    await addPictures(tab, 950, 64);
    await tally(tab, 1000);
    const after = await memory();
    say(
      'memory after 1,000 small pictures, against after 50',
      `${megabytes(after.now - before.now)} more`,
      'at most 50 MB more',
    );
  });
}

async function fullModel() {
  if (values.model === '') {
    console.log('A generator of full size: --model FILE');
    return;
  }
  await inBrowser(async (tab, { memory }) => {
    await tab.goto(address);
    await done(tab);
    await tab.locator('input[type=file]').first().setInputFiles(values.model);
    await tab.waitForFunction(
      () => /4[35]\.\d MB|11\.4/.test(document.body.innerText),
      null,
      LIMIT,
    );
    await tab.locator('[data-status="working"], [data-status="waiting"]').waitFor(LIMIT);
    await done(tab);
    const { now, most } = await memory();
    say(
      'full model at 256 x 314, memory of the tab',
      `${megabytes(now)}, most ${megabytes(most)}`,
      'at most 400 MB',
    );
  });
}

async function addPictures(tab, count, side) {
  // Noise, so that no two are the same: a page makes them, and hands them to its own input.
  await tab.evaluate(
    async ({ count, side }) => {
      const canvas = new OffscreenCanvas(side, side);
      const context = canvas.getContext('2d');
      const files = new DataTransfer();
      window.made ??= 0;
      for (let n = 0; n < count; n++) {
        context.fillStyle = `hsl(${(window.made * 37) % 360} 60% 50%)`;
        context.fillRect(0, 0, side, side);
        context.fillStyle = '#123';
        context.fillRect(window.made % side, 0, side / 3, side);
        const blob = await canvas.convertToBlob();
        files.items.add(new File([blob], `picture-${window.made++}.png`, { type: 'image/png' }));
      }
      const input = document.querySelector('input[type=file]');
      input.files = files.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
    },
    { count, side },
  );
}

async function tally(tab, count) {
  await tab.waitForFunction(
    (n) => new RegExp(`^${n} of `).test(document.querySelector('.tally')?.textContent ?? ''),
    count,
    LIMIT,
  );
}

async function done(tab) {
  await tab.locator('[data-status="done"]').waitFor(LIMIT);
}

/** `action` gets a tab, and what measures its process: memory of its own, now and at most, and the time of all its threads. */
async function inBrowser(action) {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  try {
    const tab = await browser.newPage();
    const devtools = await browser.newBrowserCDPSession();
    const page = await tab.context().newCDPSession(tab);
    const memory = async () => {
      for (let n = 0; n < 3; n++) await page.send('HeapProfiler.collectGarbage');
      // What waits for a while before it goes has gone.
      await new Promise((resolve) => setTimeout(resolve, 8000));
      await page.send('HeapProfiler.collectGarbage');
      const { processInfo } = await devtools.send('SystemInfo.getProcessInfo');
      const tabs = processInfo
        .filter(({ type }) => type === 'renderer')
        .map(({ id }) => memoryOf(id));
      return tabs.reduce((a, b) => (b.most > a.most ? b : a));
    };
    const processorTime = async () => {
      const { processInfo } = await devtools.send('SystemInfo.getProcessInfo');
      const tabs = processInfo.filter(({ type }) => type === 'renderer');
      return Math.max(...tabs.map(({ cpuTime }) => cpuTime));
    };
    await action(tab, { memory, processorTime });
  } finally {
    await browser.close();
  }
}

function memoryOf(pid) {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name) => 1024 * Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  const own = of('RssAnon') + of('RssShmem');
  return { now: own, most: of('VmHWM') - of('RssFile') };
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

/** The page, once as hosts with threads have it and once as others have it, and the library for a page of its own. */
async function serve() {
  const http = createServer(({ url }, response) => {
    const isOrdinary = url.startsWith('/ordinary/');
    const name = url.replace(/^\/(ordinary\/)?/, '').replace(/\?.*/, '') || 'index.html';
    asked.push(name);
    const headers = isOrdinary ? {} : ISOLATION;
    if (name === 'engine') {
      response.writeHead(200, { 'Content-Type': 'text/html', ...headers }).end('<!doctype html>');
      return;
    }
    const file =
      name === 'library.js' ? join(root, 'dist/web/cyclegan-ts.js') : join(root, 'dist/page', name);
    // Without a service worker, each visit is a first one.
    if (name.includes('..') || name === 'serviceWorker.js' || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream',
      ...headers,
    });
    response.end(readFileSync(file));
  });
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
  return http;
}
