import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/command.js';
import { type Answer, startServer, type TestServer } from '../support/server.js';

const home = temporaryFolder();
const program = join(home.path, 'downloader.mjs');
const body = Uint8Array.from({ length: 250_000 }, (_, i) => (i * i + (i >> 8)) & 255);
const digest = createHash('sha256').update(body).digest('hex');
let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  await build({
    entryPoints: [join(import.meta.dirname, '../../src/platform/download.ts')],
    outfile: join(home.path, 'download.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
  });
  // Ended before the so-manieth step that concerns a file, as `kill -9` may do.
  writeFileSync(
    program,
    `import fs from 'node:fs';
     const { download } = await import('./download.mjs');
     const [url, target, last, replace] = process.argv.slice(2);
     let steps = 0;
     const counted = (owner, name) => {
       const step = owner[name];
       owner[name] = function (...args) {
         if (steps++ === Number(last)) process.kill(process.pid, 'SIGKILL');
         return step.apply(this, args);
       };
     };
     for (const name of ['open', 'link', 'rename', 'rm', 'writeFile']) counted(fs.promises, name);
     const handle = await fs.promises.open(process.argv[1]);
     for (const name of ['appendFile', 'truncate', 'sync', 'close']) {
       counted(Object.getPrototypeOf(handle), name);
     }
     await download(url, target, { pauses: [], replace: replace === 'true' });`,
  );
});
afterAll(async () => {
  await server.stop();
  home.remove();
});

/** The whole, or what is asked for, so slowly that pieces come one by one. */
const inPieces: Answer = (response, request) => {
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  let at = Number(range?.[1] ?? 0);
  response.writeHead(range === null ? 200 : 206, {
    'content-length': body.length - at,
    ...(range === null ? {} : { 'content-range': `bytes ${at}-${body.length - 1}/${body.length}` }),
    etag: '"1"',
  });
  const more = setInterval(() => {
    response.write(body.subarray(at, (at += 40_000)));
    if (at < body.length) return;
    clearInterval(more);
    response.end();
  }, 10);
  response.on('close', () => clearInterval(more));
};

/** @param last The step before which it is ended. */
function fetchInProcess(target: string, last: number, replace: boolean): Promise<string> {
  const args = [program, server.url(), target, String(last), String(replace)];
  const child = spawn(process.execPath, args);
  let output = '';
  child.stdout.on('data', (text) => (output += text));
  child.stderr.on('data', (text) => (output += text));
  return new Promise((resolve) =>
    child.on('close', (code, signal) => resolve(signal ?? `${code}: ${output}`)),
  );
}

describe.skipIf(process.platform === 'win32')('a download that is ended before any step', () => {
  it('goes on at the next start, and leaves nothing', async () => {
    server.answer(inPieces);
    let resumed = 0;
    let last = 0;
    for (; ; last++) {
      const folder = join(home.path, String(last));
      const target = join(folder, 'm.pth');
      mkdirSync(folder);
      // Without `replace`, the whole has two names for a moment.
      if ((await fetchInProcess(target, last, false)) !== 'SIGKILL') break;
      server.requests.length = 0;
      const isDone = existsSync(target);
      // Once more, at another step.
      let end = await fetchInProcess(target, (last * 7) % 30, true);
      if (end === 'SIGKILL') end = await fetchInProcess(target, -1, true);
      expect([last, end]).toEqual([last, '0: ']);
      expect([last, readdirSync(folder)]).toEqual([last, ['m.pth']]);
      expect(createHash('sha256').update(readFileSync(target)).digest('hex')).toBe(digest);
      if (!isDone && server.requests.some(({ headers }) => headers.range !== undefined)) resumed++;
    }
    expect(last).toBeGreaterThan(20);
    expect(resumed).toBeGreaterThan(1);
  });
});
