import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MODELS } from '../../src/cli/modelList.js';
import { findModel, findWeights } from '../../src/cli/models.js';
import { type DownloadOptions, download, growingPauses } from '../../src/platform/download.js';
import { expectAborted } from '../support/aborted.js';
import { temporaryFolder } from '../support/command.js';
import {
  type Answer,
  rangeless,
  startServer,
  status,
  type TestServer,
  whole,
} from '../support/server.js';

const home = temporaryFolder();
let server: TestServer;
let count = 0;
let folder = '';
let target = '';

beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await server.stop();
  home.remove();
});
beforeEach(() => {
  folder = join(home.path, String(count++));
  target = join(folder, 'group', 'model.pth');
});

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const body = Uint8Array.from({ length: 200_000 }, (_, i) => (i * i + (i >> 8)) & 255);
const sha256 = sha256Of(body);
const half = 70_000;

const fetchBody = (options: DownloadOptions = {}) =>
  download(server.url(), target, { pauses: [1, 1], ...options });
const left = () => (existsSync(dirname(target)) ? readdirSync(dirname(target)).sort() : []);

/** Sends the first half under the length of the whole; `cut` then ends the connection. */
function halfOnly(headers: Record<string, string> = {}): { answer: Answer; cut: () => void } {
  let cut = () => undefined as unknown;
  return {
    answer: (response) => {
      response.writeHead(200, { 'content-length': body.length, ...headers });
      response.write(body.subarray(0, half));
      cut = () => response.socket?.end();
    },
    cut: () => cut(),
  };
}

/** Ends with half of the file there: the server cuts the connection once the half has been written. */
async function fetchHalf(headers: Record<string, string> = {}): Promise<void> {
  const { answer, cut } = halfOnly(headers);
  server.answer(answer);
  const onProgress = ({ received }: { received: number }) => received === half && cut();
  await expect(fetchBody({ pauses: [], onProgress })).rejects.toThrow(/cannot be fetched/);
  expect(readFileSync(`${target}.part`).length).toBe(half);
}

describe('a download', () => {
  it('makes the file, its folder, and nothing else', async () => {
    server.answer(whole(body));
    const seen: unknown[] = [];
    const result = await fetchBody({
      sha256,
      bytes: body.length,
      onProgress: (progress) => seen.push(progress),
    });
    expect(result).toEqual({ bytes: body.length, sha256, mixed: false });
    expect(sha256Of(readFileSync(target))).toBe(sha256);
    expect(left()).toEqual(['model.pth']);
    expect(seen.at(-1)).toEqual({ received: body.length, total: body.length });
    expect(server.requests[0].headers).not.toHaveProperty('range');
  });

  it('replaces what has the name only when all of it is there', async () => {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, 'old');
    server.answer(whole(body));
    await expect(fetchBody({ sha256: '00' })).rejects.toMatchObject({
      code: 'ERR_DOWNLOAD_DIGEST',
    });
    expect(readFileSync(target, 'utf8')).toBe('old');
    await fetchBody();
    expect(sha256Of(readFileSync(target))).toBe(sha256);
  });

  it('follows redirects', async () => {
    server.answer(
      (response) => response.writeHead(302, { location: '/elsewhere' }).end(),
      whole(body),
    );
    await fetchBody({ sha256 });
    expect(server.requests.map(({ url }) => url)).toEqual(['/model.pth', '/elsewhere']);
    expect(left()).toEqual(['model.pth']);
  });

  it('takes an answer that does not tell its length', async () => {
    server.answer((response) => {
      response.write(body.subarray(0, half));
      response.end(body.subarray(half));
    });
    expect(await fetchBody()).toEqual({ bytes: body.length, sha256, mixed: false });
  });
});

describe('a connection that is cut', () => {
  it('is taken up where it ended', async () => {
    const { answer, cut } = halfOnly({ etag: '"1"' });
    server.answer(answer, whole(body, { etag: '"1"' }));
    const retries: string[] = [];
    await fetchBody({
      sha256,
      onProgress: ({ received }) => received === half && cut(),
      onRetry: ({ message }) => retries.push(message),
    });
    expect(retries).toEqual([expect.stringContaining(server.url())]);
    expect(server.requests[1].headers).toMatchObject({
      range: `bytes=${half}-`,
      'if-range': '"1"',
    });
    expect(left()).toEqual(['model.pth']);
  });

  it('is taken up by a later process, too', async () => {
    await fetchHalf();
    server.answer(whole(body));
    const seen: number[] = [];
    await fetchBody({ sha256, onProgress: ({ received }) => seen.push(received) });
    expect(server.requests[0].headers.range).toBe(`bytes=${half}-`);
    expect(seen[0]).toBeGreaterThan(half);
  });

  it('is begun anew where the server knows no ranges', async () => {
    await fetchHalf();
    server.answer(rangeless(body));
    expect(await fetchBody()).toEqual({ bytes: body.length, sha256, mixed: false });
    expect(server.requests.length).toBe(1);
  });

  it('is begun anew when the file has changed', async () => {
    await fetchHalf({ etag: '"1"' });
    server.answer(whole(body.toReversed(), { etag: '"2"' }));
    expect(await fetchBody()).toMatchObject({ sha256: sha256Of(body.toReversed()) });
    expect(server.requests.length).toBe(1);
  });

  it.each([
    ['its tag, which promises nothing', { etag: 'W/"1"' }, { etag: 'W/"2"' }, body.toReversed()],
    ['its length', {}, {}, body.toReversed().subarray(1)],
  ])('is begun anew when %s tells of a change', async (_, before, after, changed) => {
    await fetchHalf(before);
    server.answer(whole(changed, after));
    expect(await fetchBody()).toMatchObject({ sha256: sha256Of(changed) });
    expect(server.requests.map(({ headers }) => headers['if-range'])).toEqual([
      undefined,
      undefined,
    ]);
    expect(server.requests.map(({ headers }) => headers.range)).toEqual([
      `bytes=${half}-`,
      undefined,
    ]);
  });

  it('is begun anew when the digest tells of a change that nothing else did', async () => {
    await fetchHalf();
    const changed = body.toReversed();
    server.answer(whole(changed));
    await fetchBody({ sha256: sha256Of(changed) });
    expect(server.requests.length).toBe(2);
    expect(sha256Of(readFileSync(target))).toBe(sha256Of(changed));
  });

  it('is begun anew from another address', async () => {
    await fetchHalf();
    server.answer(whole(body));
    await download(server.url('/other'), target, { sha256 });
    expect(server.requests.map(({ headers }) => headers.range)).toEqual([undefined]);
  });

  it('is begun anew when the file has become shorter', async () => {
    await fetchHalf();
    server.answer(status(416), whole(body.subarray(0, 10)));
    expect(await fetchBody()).toMatchObject({ bytes: 10 });
    expect(server.requests[1].headers).not.toHaveProperty('range');
  });

  it('is begun anew when what was kept has been spoiled', async () => {
    await fetchHalf();
    writeFileSync(`${target}.part`, body.toReversed());
    server.answer(whole(body));
    await fetchBody({ sha256 });
    expect(server.requests.map(({ headers }) => headers.range)).toEqual([undefined]);
  });

  it('asks for nothing when all was there already', async () => {
    await fetchHalf();
    writeFileSync(`${target}.part`, body);
    server.answer(status(500));
    await fetchBody({ sha256 });
    expect(server.requests.length).toBe(0);
    expect(left()).toEqual(['model.pth']);
  });
});

describe('a file of the user’s that is called as one that a download needs', () => {
  const NOTE = JSON.stringify({
    url: 'http://localhost/',
    etag: null,
    lastModified: null,
    total: 5,
  });
  const old = Date.now() / 1000 - 3600;

  it.each([
    ['a part', { '.part': 'mine' }, '.part'],
    ['an empty part', { '.part': '' }, '.part'],
    ['a note', { '.part.json': '{"url":"http://localhost/"}' }, '.part.json'],
    ['a note that is no JSON', { '.part.json': '{"url":' }, '.part.json'],
    ['a part, and a note of something', { '.part': 'mine', '.part.json': '[]' }, '.part.json'],
    ['a large note', { '.part.json': NOTE + ' '.repeat(1e5) }, '.part.json'],
    ['a lock', { '.part.lock': 'mine' }, '.part.lock'],
    ['a large lock', { '.part.lock': `{"pid":1,"a":"${'x'.repeat(1e5)}"}` }, '.part.lock'],
  ])('stays as it is, and is named: %s', async (_, files, named) => {
    mkdirSync(dirname(target), { recursive: true });
    for (const [ending, text] of Object.entries(files)) {
      writeFileSync(target + ending, text);
      utimesSync(target + ending, old, old);
    }
    server.answer(whole(body));
    await expect(fetchBody()).rejects.toMatchObject({
      code: 'ERR_FILE_EXISTS',
      message: expect.stringMatching(
        new RegExp(
          `^${target}${named.replaceAll('.', '\\.')}: .*: move it elsewhere, or remove it`,
        ),
      ),
    });
    expect(server.requests.length).toBe(0);
    expect(left()).toEqual(
      Object.keys(files)
        .map((ending) => `model.pth${ending}`)
        .sort(),
    );
    for (const [ending, text] of Object.entries(files)) {
      expect(readFileSync(target + ending, 'utf8')).toBe(text);
    }
  });

  it('is none when its note is there: an earlier version wrote such', async () => {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(`${target}.part.json`, NOTE);
    writeFileSync(`${target}.part`, 'begun');
    server.answer(whole(body));
    await fetchBody({ sha256 });
    expect(left()).toEqual(['model.pth']);
  });

  it.skipIf(process.platform === 'win32').each(['.part', '.part.json', '.part.lock'])(
    'is no file, but a pipe: %s',
    async (ending) => {
      mkdirSync(dirname(target), { recursive: true });
      if (ending === '.part') writeFileSync(`${target}.part.json`, NOTE);
      expect(spawnSync('mkfifo', [target + ending]).status).toBe(0);
      await expect(fetchBody()).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' });
      expect(left()).toContain(`model.pth${ending}`);
    },
  );
});

describe('a server that fails', () => {
  it('is given up when it stalls, and asked again', async () => {
    server.answer(halfOnly().answer, whole(body));
    const retries: string[] = [];
    await fetchBody({
      sha256,
      stallMilliseconds: 120,
      pauses: [1, 1, 1, 1],
      onRetry: ({ message }) => retries.push(message),
    });
    expect(retries[0]).toMatch(/nothing came for 0\.12 s/);
  });

  it('may be slow', async () => {
    server.answer((response) => {
      let at = 0;
      const drip = setInterval(() => {
        response.write(body.subarray(at, (at += body.length / 10)));
        if (at < body.length) return;
        clearInterval(drip);
        response.end();
      }, 50);
    });
    await fetchBody({ sha256, stallMilliseconds: 400, pauses: [] });
  });

  it('is given up when it does not even begin', async () => {
    server.answer(() => undefined);
    await expect(fetchBody({ stallMilliseconds: 30 })).rejects.toThrow(/nothing came/);
    expect(server.requests.length).toBe(3);
    expect(left()).toEqual([]);
  });

  it('is asked again after a fault of its own, with the pauses that were set', async () => {
    server.answer(status(503), status(500), whole(body));
    const pauses: number[] = [];
    await fetchBody({ pauses: [2, 5], onRetry: (_, pause) => pauses.push(pause) });
    expect(pauses).toEqual([2, 5]);
    expect(growingPauses(8)).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  it('is not asked again when it has no such file', async () => {
    server.answer(status(404));
    await expect(fetchBody()).rejects.toThrow(/answers 404 Not Found/);
    expect(server.requests.length).toBe(1);
    expect(left()).toEqual([]);
  });

  it('is not there at all', async () => {
    const gone = await startServer();
    await gone.stop();
    let retries = 0;
    const failed = download(gone.url(), target, { pauses: [1, 1], onRetry: () => retries++ });
    await expect(failed).rejects.toThrow(/cannot be fetched \(.*ECONNREFUSED/);
    expect(retries).toBe(2);
  });
});

describe('a server that lies', () => {
  const claiming =
    (length: number): Answer =>
    (response) => {
      response.socket?.end(
        Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n`), body]),
      );
    };

  it('about more than it has is not believed', async () => {
    server.answer(claiming(body.length + 1));
    await expect(fetchBody()).rejects.toMatchObject({ code: 'ERR_DOWNLOAD' });
    expect(server.requests.length).toBe(3);
    expect(left()).not.toContain('model.pth');
  });

  it('about less than it has is found out by the length or the digest', async () => {
    server.answer(claiming(half));
    await expect(fetchBody({ bytes: body.length })).rejects.toThrow(
      /has 70000 bytes, but should have 200000/,
    );
    await expect(fetchBody({ sha256 })).rejects.toMatchObject({ code: 'ERR_DOWNLOAD_DIGEST' });
    expect(server.requests.length).toBe(2);
    expect(left()).toEqual([]);
  });

  it('about nothing, and ends early, is found out by the length', async () => {
    server.answer(
      (response) => response.write(body.subarray(0, half), () => response.end()),
      whole(body),
    );
    await fetchBody({ bytes: body.length });
    expect(sha256Of(readFileSync(target))).toBe(sha256);
  });

  it.each([
    ['by type', rangeless(body, { 'content-type': 'text/html; charset=utf-8' })],
    ['by its words', rangeless(Buffer.from('\ufeff\n <!DOCTYPE html><title>Sign in</title>'))],
    ['by its tag', rangeless(Buffer.from('<HTML lang="en">'), { 'content-type': 'binary' })],
  ])('with a web page is known %s', async (_, answer) => {
    server.answer(answer);
    await expect(fetchBody()).rejects.toMatchObject({ code: 'ERR_DOWNLOAD_HTML' });
    expect(server.requests.length).toBe(1);
    expect(left()).toEqual([]);
  });

  it('with a web page does not cost what was there', async () => {
    await fetchHalf();
    server.answer(rangeless(Buffer.from('<html>'), { 'content-type': 'text/html' }));
    await expect(fetchBody()).rejects.toMatchObject({ code: 'ERR_DOWNLOAD_HTML' });
    expect(readFileSync(`${target}.part`).length).toBe(half);
  });

  it('with other bytes is found out by the digest', async () => {
    server.answer(whole(body.toReversed()));
    await expect(fetchBody({ sha256 })).rejects.toThrow(
      new RegExp(`SHA-256 is ${sha256Of(body.toReversed())}, but should be ${sha256}`),
    );
    expect(server.requests.length).toBe(1);
    expect(left()).toEqual([]);
  });
});

describe('the limit', () => {
  it('refuses a length before anything is read', async () => {
    let seen = 0;
    server.answer(whole(body));
    const failed = fetchBody({ limit: body.length - 1, onProgress: () => seen++ });
    await expect(failed).rejects.toMatchObject({ code: 'ERR_DOWNLOAD_SIZE' });
    expect({ seen, requests: server.requests.length, left: left() }).toEqual({
      seen: 0,
      requests: 1,
      left: [],
    });
  });

  it('holds where no length is told', async () => {
    server.answer((response) => {
      const more = () => response.destroyed || response.write(body, () => setImmediate(more));
      more();
    });
    const failed = fetchBody({ limit: 3 * body.length });
    await expect(failed).rejects.toMatchObject({ code: 'ERR_DOWNLOAD_SIZE' });
    expect(left()).toEqual([]);
  });
});

describe('stopping', () => {
  it('keeps what has come', async () => {
    server.answer(halfOnly().answer);
    const stop = new AbortController();
    const failed = fetchBody({
      signal: stop.signal,
      onProgress: ({ received }) => received === half && stop.abort(),
    });
    await expectAborted(failed, stop.signal);
    expect(server.requests.length).toBe(1);
    expect(readFileSync(`${target}.part`).length).toBe(half);
  });

  it('works between attempts, and before the first', async () => {
    server.answer(status(500));
    const stop = new AbortController();
    const failed = fetchBody({
      signal: stop.signal,
      pauses: [60_000],
      onRetry: () => setImmediate(() => stop.abort()),
    });
    await expectAborted(failed, stop.signal);
    await expectAborted(fetchBody({ signal: stop.signal }), stop.signal);
    expect(server.requests.length).toBe(1);
    expect(left()).toEqual([]);
  });
});

describe('two at a time', () => {
  it('do not write to one file', async () => {
    server.answer(whole(body));
    const both = await Promise.allSettled([fetchBody(), fetchBody()]);
    const refused = both.filter(({ status }) => status === 'rejected');
    expect(refused).toMatchObject([{ reason: { code: 'ERR_FILE_BUSY' } }]);
    expect(left()).toEqual(['model.pth']);
  });

  it.each([
    ['leaves a process that runs alone', () => process.ppid, false],
    ['leaves one that begins just now alone', () => '', false],
    ['does not heed one that was ended', () => 2 ** 30, true],
    ['does not heed its own number', () => process.pid, true],
  ])('one %s', async (_, holder, goesOn) => {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(`${target}.part.lock`, String(holder()));
    server.answer(whole(body));
    const outcome = await fetchBody().then(
      () => true,
      (error: unknown) => {
        expect(error).toMatchObject({ code: 'ERR_FILE_BUSY' });
        return false;
      },
    );
    expect(outcome).toBe(goesOn);
  });
});

describe('the list of models', () => {
  it("has the book's and the zoo's first, each under a name of its own", () => {
    expect(MODELS.map(({ name }) => name.split('/')[0]).join()).toMatch(/^book(,zoo){18},/);
    expect(new Set(MODELS.map(({ name }) => name)).size).toBe(MODELS.length);
    for (const { name, url, page = '', sha256 = '0'.repeat(64) } of MODELS) {
      expect(name).toMatch(/^\w+\/\w+$/);
      if (url === null) expect(URL.canParse(page), name).toBe(true);
      else expect(new URL(url).pathname).toMatch(/\.(pth|pt|pth\.tar)$/);
      expect(sha256).toMatch(/^([0-9a-f]{8}|[0-9a-f]{64})$/);
    }
  });

  it('has an address twice only where one file holds two generators', () => {
    for (const one of MODELS.filter(({ url }) => url !== null)) {
      const same = MODELS.filter(({ url }) => url === one.url);
      expect(new Set(same.map(({ key }) => key)).size, one.name).toBe(same.length);
    }
  });
});

describe('a name', () => {
  it.each([
    ['book/horse2zerba', /did you mean book\/horse2zebra\?/],
    ['Zoo/Style-Monet', /did you mean zoo\/style_monet\?/],
    ['monet2foto', /did you mean zoo\/monet2photo\?/],
    ['zebra', /^zebra: no model of that name\. "cyclegan download" lists all models\.$/],
    ['../book/horse2zebra', /no model of that name/],
  ])('%s that no model has is told from those that there are', (name, text) => {
    expect(() => findModel(name)).toThrow(text);
  });

  it.each(['mine/horse2zebra.pth', './book/horse2zebra', 'horse2zebra.pth', 'bookish/x'])(
    '%s is a path',
    async (path) => {
      expect(await findWeights(path)).toEqual({ path, model: null });
    },
  );

  it('without its group is no path', async () => {
    await expect(findWeights('horse2zebra')).rejects.toThrow(
      /no such file.*did you mean book\/horse2zebra\?/,
    );
  });
});
