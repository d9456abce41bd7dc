import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execute } from './support.mjs';

// Runs what docs/serving.md shows, as it stands there: a picture is posted to each server, and what comes back is compared with what the
// package makes of it in Node.

const LIMIT_MS = 120_000;
const root = join(import.meta.dirname, '../..');
const guide = readFileSync(join(root, 'docs/serving.md'), 'utf8');
const picture = readFileSync(join(root, 'weights/sample.png'));
const SIZE = 64;

/** The block whose first line names the file. */
function block(name) {
  const blocks = [...guide.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code);
  const found = blocks.find((code) => code.startsWith(`// ${name}\n`));
  if (found === undefined) throw new Error(`docs/serving.md has no ${name}`);
  return found;
}

/** A port that nobody has. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** A folder with a file of the guide, within the one where the packages are. */
function project({ folder, weights }, name, file) {
  const place = join(folder, name);
  mkdirSync(dirname(join(place, file)), { recursive: true });
  writeFileSync(join(place, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  writeFileSync(join(place, file), block(file));
  copyFileSync(weights, join(place, 'horse2zebra.pth'));
  return place;
}

/** Starts a server, posts a picture to it, and ends it. @param wordsFor Of its port. */
async function tryServer(where, { name, file, command = process.execPath, wordsFor, base = '' }) {
  const cwd = project(where, name, file);
  const port = await freePort();
  const words = wordsFor?.(port) ?? [file];
  const child = spawn(command, words, { cwd, env: { ...process.env, PORT: String(port) } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      said += data;
    });
  }
  try {
    const address = `http://127.0.0.1:${port}${base}`;
    await untilItAnswers(`${address}/readyz`, () => said);
    const response = await fetch(`${address}/v1/translate?resize=${SIZE}`, {
      method: 'POST',
      headers: { 'Content-Type': 'image/png' },
      body: picture,
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (!response.ok) throw new Error(`${response.status} ${new TextDecoder().decode(bytes)}`);
    await compare(where, bytes);
    const refused = await fetch(`${address}/v1/translate?crop=0`, { method: 'POST', body: 'x' });
    const { code } = await refused.json();
    if (refused.status !== 400 || code !== 'ERR_REQUEST')
      throw new Error(`${refused.status} ${code}`);
  } catch (error) {
    throw new Error(`${error.message}; ${said.slice(-1000)}`);
  } finally {
    child.kill('SIGKILL');
  }
}

/** A route handler of Next is a module that has functions by method, from a request to a response: they are called as Next calls them. */
async function tryRoute(where) {
  const file = 'app/api/[...path]/route.js';
  const cwd = project(where, 'serve-next', file);
  writeFileSync(
    join(cwd, 'call.js'),
    `import { readFileSync, writeFileSync } from 'node:fs';
import { GET, POST } from './${file}';
const address = 'http://localhost:3000/api';
const body = readFileSync(process.argv[2]);
const made = await POST(new Request(address + '/v1/translate?resize=${SIZE}', { method: 'POST', body }));
writeFileSync('made.png', new Uint8Array(await made.arrayBuffer()));
const { models } = await (await GET(new Request(address + '/v1/models'))).json();
if (models[0].name !== 'zebra') throw new Error(JSON.stringify(models));
`,
  );
  await execute({ folder: cwd }, process.execPath, ['call.js', join(root, 'weights/sample.png')]);
  await compare(where, new Uint8Array(readFileSync(join(cwd, 'made.png'))));
}

async function untilItAnswers(address, said) {
  for (const end = Date.now() + LIMIT_MS; Date.now() < end; ) {
    const response = await fetch(address).catch(() => null);
    if (response?.ok) return;
    await new Promise((next) => setTimeout(next, 200));
  }
  throw new Error(`no answer at ${address}: ${said()}`);
}

/** With the picture that the package makes in Node; sums of another kind of machine code may move a byte by one. */
async function compare({ folder, weights }, bytes) {
  const library = await import(
    pathToFileURL(join(folder, 'node_modules/cyclegan-ts/dist/node/index.js')).href
  );
  const { decodeImage, openGenerator, translate } = library;
  const expected = await translate(decodeImage(picture), await openGenerator(weights), {
    resize: SIZE,
  });
  const { width, height, data } = decodeImage(bytes);
  if (width !== expected.width || height !== expected.height) {
    throw new Error(`the picture has ${width} x ${height} pixels`);
  }
  const most = data.reduce(
    (found, byte, i) => Math.max(found, Math.abs(byte - expected.data[i])),
    0,
  );
  if (most > 1) throw new Error(`the picture is up to ${most} off`);
}

const bin = ({ folder }, name) => join(folder, 'node_modules/.bin', name);
const HONO = { hono: '^4.13.0', '@hono/node-server': '^2.1.0' };

export const environments = [
  {
    name: 'docs/serving.md, Node',
    packages: HONO,
    run: (where) => tryServer(where, { name: 'serve-node', file: 'node.js' }),
  },
  {
    name: 'docs/serving.md, Hono',
    packages: HONO,
    run: (where) => tryServer(where, { name: 'serve-hono', file: 'hono.js', base: '/pictures' }),
  },
  {
    name: 'docs/serving.md, Fastify',
    packages: { fastify: '^5.12.0' },
    run: (where) => tryServer(where, { name: 'serve-fastify', file: 'fastify.js' }),
  },
  { name: "docs/serving.md, Next's route handler", run: tryRoute },
  {
    name: 'docs/serving.md, Deno',
    packages: { deno: '^2.5.0' },
    run: (where) =>
      tryServer(where, {
        name: 'serve-deno',
        file: 'server.js',
        command: bin(where, 'deno'),
        wordsFor: (port) => ['serve', '--no-remote', '--allow-all', '--port', port, 'server.js'],
      }),
  },
  {
    name: 'docs/serving.md, Bun',
    packages: { bun: '^1.3.0' },
    run: (where) =>
      tryServer(where, {
        name: 'serve-bun',
        file: 'server.js',
        command: bin(where, 'bun'),
        wordsFor: () => ['run', 'server.js'],
      }),
  },
].map((example) => ({ ...example, isExample: true }));
