import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleCommand } from '../../scripts/bundleCommand.mjs';
import { MODELS } from '../../src/cli/modelList.js';
import { findModel, findWeights } from '../../src/cli/models.js';
import { encodeImage } from '../../src/image/formats.js';
import { type DownloadOptions, download, growingPauses } from '../../src/platform/download.js';
import { runCommand, temporaryFolder } from '../support/command.js';
import { goldenBytes } from '../support/golden.js';
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

  it('is begun anew from another address, or when its note is lost', async () => {
    await fetchHalf();
    server.answer(whole(body));
    await download(server.url('/other'), target, { sha256 });
    expect(server.requests.map(({ headers }) => headers.range)).toEqual([undefined]);
    await fetchHalf();
    writeFileSync(`${target}.part.json`, '{"url":');
    server.answer(whole(body));
    await fetchBody({ sha256 });
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
    await expect(failed).rejects.toMatchObject({ code: 'ERR_ABORTED' });
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
    await expect(failed).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    await expect(fetchBody({ signal: stop.signal })).rejects.toMatchObject({ code: 'ERR_ABORTED' });
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
  it("has the book's and the zoo's, each under a name and an address of its own", () => {
    expect(MODELS.map(({ name }) => name.split('/')[0]).join()).toMatch(/^book(,zoo){18}$/);
    expect(new Set(MODELS.map(({ name }) => name)).size).toBe(19);
    expect(new Set(MODELS.map(({ url }) => url)).size).toBe(19);
    for (const { name, url, sha256 = '0'.repeat(64) } of MODELS) {
      expect(name).toMatch(/^\w+\/\w+$/);
      expect(new URL(url).pathname).toMatch(/\.pth$/);
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
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

describe('the command', () => {
  const command = join(home.path, 'cyclegan.mjs');
  const weights = goldenBytes('tiny_zip.pth');
  const placeOf = (name: string) => join(folder, 'cache', 'models', `${name}.pth`);
  const run = (...args: string[]) => runCommand(command, args, folder, join(folder, 'cache'));

  beforeAll(() => bundleCommand(command));
  beforeEach(() => {
    mkdirSync(folder);
    const grey = { width: 20, height: 12, data: new Uint8Array(720).fill(128) };
    writeFileSync(join(folder, 'in.png'), encodeImage(grey, 'in.png'));
  });

  it('fetches a model, which --weights then finds by its name', async () => {
    const translate = ['in.png', 'out.png', '--resize', 'none', '--weights', 'zoo/horse2zebra'];
    const before = await run(...translate);
    expect(before.code).toBe(1);
    expect(before.stderr).toContain('cyclegan download zoo/horse2zebra');

    server.answer(whole(weights));
    const fetched = await run('download', 'zoo/horse2zebra', '--url', server.url());
    expect(fetched).toMatchObject({ code: 0, stdout: `${placeOf('zoo/horse2zebra')}\n` });
    expect(fetched.stderr).toContain(sha256Of(weights));
    expect(new Uint8Array(readFileSync(placeOf('zoo/horse2zebra')))).toEqual(weights);

    const after = await run(...translate);
    expect(after.code).toBe(0);
    expect(existsSync(join(folder, 'out.png'))).toBe(true);
    expect((await run('inspect', 'zoo/horse2zebra')).stdout).toMatch(
      /ResNetGenerator\(3, 3, 4, 2\)/,
    );
  });

  it('fetches what is there already only with --force', async () => {
    const args = ['download', 'zoo/sat2map', '--url', server.url()];
    server.answer(whole(weights));
    await run(...args);
    const again = await run(...args);
    expect(again).toMatchObject({ code: 0, stdout: `${placeOf('zoo/sat2map')}\n` });
    expect(again.stderr).toMatch(/there already/);
    expect(server.requests.length).toBe(1);
    expect((await run(...args, '--force')).code).toBe(0);
    expect(server.requests.length).toBe(2);
  });

  it('lists what there is, and marks what is there', async () => {
    mkdirSync(dirname(placeOf('zoo/map2sat')), { recursive: true });
    writeFileSync(placeOf('zoo/map2sat'), weights);
    const { code, stdout } = await run('download');
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBe(19);
    expect(lines[0]).toMatch(/^ {2}book\/horse2zebra +45\.5 MB +https:/);
    expect(lines.filter((line) => line.startsWith('* '))).toEqual([
      expect.stringMatching(/^\* zoo\/map2sat +http:/),
    ]);
  });

  it('says, offline, what to fetch by hand and where to put it', async () => {
    const gone = await startServer();
    await gone.stop();
    const args = ['download', 'book/horse2zebra', '--url', gone.url(), '--retries', '0'];
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const lines = stderr.split('\n').map((line) => line.trim());
    expect(lines).toContain(gone.url());
    expect(lines).toContain(placeOf('book/horse2zebra'));
    expect(stderr).toMatch(/45519250 bytes, SHA-256 043afb9b/);
    expect(stderr).not.toMatch(/\n\s+at /);

    // Whoever follows that is understood.
    writeFileSync(placeOf('book/horse2zebra'), weights);
    expect((await run('inspect', 'book/horse2zebra')).code).toBe(0);
    const check = await run(...args);
    expect(check.code).toBe(1);
    expect(check.stderr).toMatch(/this is not book\/horse2zebra.*--force/);
    expect(check.stderr).not.toMatch(/Fetching/);
    expect(new Uint8Array(readFileSync(placeOf('book/horse2zebra')))).toEqual(weights);
  });

  it.each([
    ['another file', 'book/horse2zebra', whole(weights), /but should have 45519250[\s\S]*--url/],
    ['no weights', 'zoo/horse2zebra', rangeless(Buffer.from('busy')), /this is no weight file/],
    ['half of them', 'zoo/horse2zebra', whole(weights.subarray(0, 9000)), /this is no weight file/],
    ['a web page', 'zoo/horse2zebra', rangeless(Buffer.from('<html>')), /web page[\s\S]*put it at/],
  ])('keeps nothing when it gets %s', async (_, name, answer, text) => {
    server.answer(answer);
    const { code, stdout, stderr } = await run('download', name, '--url', server.url());
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(text);
    expect(readdirSync(dirname(placeOf(name)))).toEqual([]);
  });

  it('needs the cache', async () => {
    const args = ['download', 'book/horse2zebra', '--url', server.url()];
    server.answer(whole(weights));
    const { code, stderr } = await runCommand(command, args, folder, '');
    expect(code).toBe(1);
    expect(stderr).toMatch(/CYCLEGAN_CACHE is empty.*--weights FILE/);
    expect(server.requests.length).toBe(0);
  });

  it.each([
    [['download', 'book/horse2zerba'], 1, /did you mean book\/horse2zebra\?/],
    [['in.png', '-w', 'zoo/horse2zebar'], 1, /no such file.*did you mean zoo\/horse2zebra\?/],
    [['download', '--url', 'http://127.0.0.1/'], 2, /one model/],
    [['download', 'zoo/sat2map', '--url', 'file:///x.pth'], 2, /"file:\/\/\/x\.pth"/],
    [['download', 'zoo/sat2map', '--retries', 'x'], 2, /0 to 99/],
  ])('%s ends with %i', async (args, expected, text) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
    expect(stderr).toMatch(text);
  });

  it("leaves a file of the user's own alone that is called like a model", async () => {
    mkdirSync(join(folder, 'book'));
    writeFileSync(join(folder, 'book', 'horse2zebra'), weights);
    expect((await run('inspect', 'book/horse2zebra')).code).toBe(0);
  });
});
