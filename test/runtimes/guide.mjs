import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { CHROMIUM, execute, missingChromium } from './support.mjs';

// Runs what docs/browser.md and README.md show, as it stands there: a picture is chosen, and what comes out of the page, or of the server, is
// compared with what the package gives in Node.

const LIMIT_MS = 120_000;
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
const root = join(import.meta.dirname, '../..');
const sample = join(root, 'weights/sample.png');
const guide = readFileSync(join(root, 'docs/browser.md'), 'utf8');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The block of a language that begins so. */
function block(text, language, start) {
  const blocks = [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)];
  const found = blocks.find(([, name, code]) => name === language && code.startsWith(start));
  if (found === undefined) throw new Error(`no block of ${language} begins with ${start}`);
  return found[2];
}

/** Lines of `Name: value`, as headers. */
function headersOf(start) {
  const lines = block(guide, '', start).trim().split('\n');
  return Object.fromEntries(lines.map((line) => line.split(/: (.*)/).slice(0, 2)));
}

const PAGE = block(guide, 'html', '<!doctype html>');
const ISOLATION = headersOf('Cross-Origin-Opener-Policy');
const POLICY = headersOf('Content-Security-Policy');

/** A folder as it would lie on a static host. */
function siteOf({ folder, weights }, name, files) {
  const site = join(folder, name);
  mkdirSync(site, { recursive: true });
  copyFileSync(weights, join(site, 'horse2zebra.pth'));
  copyFileSync(
    join(folder, 'node_modules/cyclegan-ts/dist/web/cyclegan-ts.js'),
    join(site, 'cyclegan-ts.js'),
  );
  for (const [file, text] of Object.entries(files)) writeFileSync(join(site, file), text);
  return site;
}

/** The files of a bundle. */
async function bundled({ folder, weights }, name, files) {
  const project = join(folder, name);
  mkdirSync(join(project, 'public'), { recursive: true });
  copyFileSync(weights, join(project, 'public/horse2zebra.pth'));
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, name }));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(project, file), text);
  await execute({ folder }, process.execPath, ['node_modules/vite/bin/vite.js', 'build', name]);
  return join(project, 'dist');
}

/** Opens a site, chooses a picture, and waits for the canvas to show what Node makes of it. */
async function translateIn(site, { folder, weights }, headers = {}) {
  const expected = await inNode({ folder, weights });
  const server = await serve(site, headers);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  try {
    const tab = await browser.newPage();
    const said = [];
    tab.on('console', (message) => said.push(message.text()));
    tab.on('pageerror', ({ message }) => said.push(message));
    await tab.addInitScript(countWorkers);
    await tab.goto(`http://127.0.0.1:${server.address().port}/`);
    await tab.locator('input').setInputFiles(sample);
    const { width, height } = expected;
    const isThere = (size) => document.querySelector('canvas')?.width === size.width;
    await tab.waitForFunction(isThere, { width }, { timeout: LIMIT_MS }).catch((error) => {
      throw new Error([error.message, ...said].join('; '));
    });
    const pixels = await tab.evaluate(pixelsOf);
    if (pixels.height !== height) throw new Error(`the height is ${pixels.height}`);
    const most = expected.data.reduce(
      (found, byte, i) =>
        Math.max(found, Math.abs(byte - pixels.data[4 * Math.floor(i / 3) + (i % 3)])),
      0,
    );
    // Sums of another kind of machine code may move a byte by one.
    if (most > 1) throw new Error(`the picture is up to ${most} off`);
    // The icon that browsers ask for is none of the page's.
    const complaints = said.filter((text) => !/404/.test(text));
    if (complaints.length > 0) throw new Error(complaints.join('; '));
    return {
      isIsolated: await tab.evaluate(() => globalThis.crossOriginIsolated),
      workers: await tab.evaluate(() => window.workers),
    };
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
}

function countWorkers() {
  window.workers = 0;
  window.Worker = class extends Worker {
    constructor(...args) {
      super(...args);
      window.workers++;
    }
  };
}

function pixelsOf() {
  const canvas = document.querySelector('canvas');
  const { width, height } = canvas;
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
  return { height, data: [...data] };
}

async function inNode({ folder, weights }) {
  const library = await import(
    pathToFileURL(join(folder, 'node_modules/cyclegan-ts/dist/index.js')).href
  );
  const { openGenerator, openImage, translate } = library;
  return translate(await openImage(sample), await openGenerator(weights));
}

async function serve(site, headers) {
  const files = readdirSync(site, { recursive: true, encoding: 'utf8' });
  const server = createServer(({ url }, response) => {
    const name = url === '/' ? 'index.html' : url.slice(1);
    const type = TYPES[extname(name)] ?? 'application/octet-stream';
    const isThere = files.includes(name);
    response.writeHead(isThere ? 200 : 404, { 'Content-Type': type, ...headers });
    response.end(isThere ? readFileSync(join(site, name)) : '');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function expectThat(condition, complaint) {
  if (!condition) throw new Error(complaint);
}

async function plain(where) {
  const site = siteOf(where, 'plain', {
    'index.html': PAGE,
    'main.js': block(guide, 'js', '// main.js\n'),
  });
  const ordinary = await translateIn(site, where);
  expectThat(!ordinary.isIsolated && ordinary.workers === 1, `${ordinary.workers} workers`);
  const isolated = await translateIn(site, where, { ...ISOLATION, ...POLICY });
  expectThat(isolated.isIsolated && isolated.workers >= 1, 'the headers do not isolate the page');
  await translateIn(site, where, POLICY);
}

async function inWorker(where) {
  const site = siteOf(where, 'worker', {
    'index.html': PAGE,
    'main.js': block(guide, 'js', '// main.js, with a worker'),
    'worker.js': block(guide, 'js', '// worker.js'),
  });
  await translateIn(site, where, { ...ISOLATION, ...POLICY });
  await translateIn(site, where);
}

async function vite(where) {
  const main = block(guide, 'js', '// main.js, bundled');
  const page = PAGE.replace('main.js', './main.js');
  await translateIn(
    await bundled(where, 'guide-vite', { 'index.html': page, 'main.js': main }),
    where,
  );
}

async function react(where) {
  const site = await bundled(where, 'guide-react', {
    'index.html':
      '<!doctype html><div id="root"></div><script type="module" src="./main.jsx"></script>',
    'Zebra.jsx': block(guide, 'jsx', '// Zebra.jsx'),
    'main.jsx': `import { createRoot } from 'react-dom/client';
import { Zebra } from './Zebra.jsx';
createRoot(document.getElementById('root')).render(<Zebra />);`,
  });
  await translateIn(site, where);
}

async function readmePage(where) {
  const page = block(readme, 'html', '<input');
  await translateIn(siteOf(where, 'readme', { 'index.html': `<!doctype html>${page}` }), where);
}

async function readmeServer(where) {
  const text = block(readme, 'js', 'import { createServer }');
  // A port of its own, told on standard output.
  const listening = text.replace(
    '.listen(8080);',
    '.listen(0, function () { console.log(this.address().port); });',
  );
  expectThat(listening !== text, 'the server listens elsewhere');
  writeFileSync(join(where.folder, 'server.mjs'), listening);
  copyFileSync(where.weights, join(where.folder, 'horse2zebra.pth'));
  const child = spawn(process.execPath, ['server.mjs'], { cwd: where.folder });
  try {
    let said = '';
    const port = await new Promise((resolve, reject) => {
      child.stdout.once('data', (data) => resolve(Number(data)));
      child.stderr.on('data', (data) => {
        said += data;
      });
      child.once('close', () => reject(new Error(said)));
    });
    const post = (body) => fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body });
    const answer = await post(readFileSync(sample));
    expectThat(answer.headers.get('content-type') === 'image/png', await answer.clone().text());
    const { decodeImage } = await import(
      pathToFileURL(join(where.folder, 'node_modules/cyclegan-ts/dist/index.js')).href
    );
    const found = decodeImage(new Uint8Array(await answer.arrayBuffer()));
    const expected = await inNode(where);
    expectThat(
      expected.data.every((byte, i) => byte === found.data[i]),
      'the picture is another one',
    );
    const refused = await post('no picture');
    expectThat(refused.status === 422, `what is no picture gives ${refused.status}`);
  } finally {
    child.kill();
  }
}

const VITE = { vite: '^8.0.0' };
const REACT = { react: '^19.0.0', 'react-dom': '^19.0.0' };
const missing = missingChromium();
/** `run` throws when what is shown does not work. */
export const environments = [
  { name: 'docs/browser.md, without a bundler', missing, run: plain },
  { name: 'docs/browser.md, in a worker', missing, run: inWorker },
  { name: 'docs/browser.md, with Vite', missing, packages: VITE, run: vite },
  { name: 'docs/browser.md, React', missing, packages: { ...VITE, ...REACT }, run: react },
  { name: 'README.md, in a page', missing, run: readmePage },
  { name: 'README.md, on a server', run: readmeServer },
].map((example) => ({ ...example, isExample: true }));
