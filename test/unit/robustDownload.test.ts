import { existsSync, mkdirSync, promises, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type DownloadOptions, download } from '../../src/platform/download.js';
import { verifyWeights } from '../../src/pth/weightFile.js';
import { temporaryFolder } from '../support/command.js';
import { goldenBytes } from '../support/golden.js';
import { type Answer, cutAfter, startServer, type TestServer, whole } from '../support/server.js';

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
  mkdirSync(folder);
  target = join(folder, 'group', 'model.pth');
});
afterEach(() => vi.restoreAllMocks());

const body = Uint8Array.from({ length: 20_000 }, (_, i) => (i * i + (i >> 8)) & 255);
const zip = goldenBytes('tiny_zip.pth');
const legacy = goldenBytes('tiny_legacy.pth');
const left = () => (existsSync(dirname(target)) ? readdirSync(dirname(target)).sort() : []);
const fetchBody = (options: DownloadOptions = {}) =>
  download(server.url(), target, { pauses: [], ...options });

/** A byte now and then, for ever. */
const dripping: Answer = (response) => {
  const drip = setInterval(() => response.write('x'), 15);
  response.on('close', () => clearInterval(drip));
};

describe('a server that drips', () => {
  it('is given up after a while, though something always comes', async () => {
    server.answer(dripping);
    const begin = performance.now();
    const failed = fetchBody({ leastRate: { bytes: 1000, milliseconds: 200 } });
    await expect(failed).rejects.toThrow(/only \d+ bytes came in 0\.2 s/);
    expect(performance.now() - begin).toBeLessThan(5000);
    expect(left()).toEqual([]);
  });

  it('is asked again, from where it was', async () => {
    server.answer(
      (response, request) => {
        response.writeHead(200, { 'content-length': body.length, etag: '"1"' });
        response.write(body.subarray(0, 5000));
        dripping(response, request);
      },
      whole(body, { etag: '"1"' }),
    );
    await fetchBody({ leastRate: { bytes: 6000, milliseconds: 200 }, pauses: [1] });
    expect(Number(/\d+/.exec(server.requests[1].headers.range ?? '')?.[0])).toBeGreaterThan(4999);
  });

  it('may be slow, so long as enough comes', async () => {
    server.answer((response) => {
      let at = 0;
      const drip = setInterval(() => {
        response.write(body.subarray(at, (at += 2000)));
        if (at < body.length) return;
        clearInterval(drip);
        response.end();
      }, 60);
    });
    const result = await fetchBody({ leastRate: { bytes: 1000, milliseconds: 300 } });
    expect(result.bytes).toBe(body.length);
  });
});

describe('a file that came in several answers', () => {
  it.each<[string, Record<string, string>, boolean]>([
    ['a strong tag', { etag: '"1"' }, false],
    ['a weak tag', { etag: 'W/"1"' }, true],
    ['a date', { 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' }, true],
    ['nothing but a length', {}, true],
  ])('with %s: mixed is %o', async (_, headers, mixed) => {
    const honest: Answer = (response, request) => {
      const [, start] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
      response
        .writeHead(206, { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` })
        .end(body.subarray(Number(start)));
    };
    const { answer, cut } = cutAfter(body, 7000, headers);
    server.answer(answer, honest);
    const onProgress = ({ received }: { received: number }) => received === 7000 && cut();
    const seen: unknown[] = [];
    const accept = async (_path: string, file: object) => void seen.push(file);
    expect(await fetchBody({ pauses: [1], accept, onProgress })).toMatchObject({ mixed });
    expect(seen).toEqual([{ mixed }]);
  });

  it('is not kept where its server gives no parts, or nothing would tell of another version', async () => {
    for (const answer of [
      cutAfter(body, 7000, { 'accept-ranges': 'none', etag: '"1"' }).answer,
      (response) => response.write(body.subarray(0, 7000), () => response.socket?.destroy()),
    ] satisfies Answer[]) {
      server.answer(answer);
      await expect(fetchBody()).rejects.toMatchObject({ code: 'ERR_DOWNLOAD' });
      expect(left()).toEqual([]);
    }
  });
});

describe('what a weight file says of its own bytes', () => {
  it('is right, or found to be wrong, wherever the damage is', async () => {
    expect(await verifyWeights(zip)).toBe(0);
    const flip = (bytes: Uint8Array, at: number) =>
      bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
    // Somewhere in the numbers of each entry.
    const at = zip.length >> 1;
    await expect(verifyWeights(flip(zip, at))).rejects.toMatchObject({ code: 'ERR_PTH_CHECKSUM' });
  });

  it('is a count alone in a legacy stream', async () => {
    const unchecked = await verifyWeights(legacy);
    expect(unchecked).toBeGreaterThan(legacy.length / 2);
    const numbers = legacy.slice();
    numbers[legacy.length - 1] ^= 1;
    expect(await verifyWeights(numbers)).toBe(unchecked);
    // What lies behind is at another place than it should.
    const moved = new Uint8Array([...legacy.slice(0, -300), ...legacy.slice(-296), 0, 0, 0, 0]);
    await expect(verifyWeights(moved)).rejects.toMatchObject({ code: 'ERR_PTH_STORAGE' });
  });
});

describe('a disk that is full', () => {
  const full = () =>
    Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });

  it('while the lock is written leaves none, and the next download goes well', async () => {
    const { open } = promises;
    const spy = vi.spyOn(promises, 'open').mockImplementation(async (path, ...rest) => {
      const handle = await open(path, ...rest);
      if (String(path).includes('.lock')) {
        vi.spyOn(handle, 'writeFile').mockRejectedValue(full());
      }
      return handle;
    });
    server.answer(whole(body));
    await expect(fetchBody()).rejects.toThrow(/no space left/);
    expect(left()).toEqual([]);
    spy.mockRestore();
    expect((await fetchBody()).bytes).toBe(body.length);
  });
});
