import { once } from 'node:events';
import { mkdirSync, openAsBlob, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { addressFileName } from '../../src/cli/addresses.js';
import { diffWeights } from '../../src/generator/diffWeights.js';
import { inspectWeights } from '../../src/generator/inspectWeights.js';
import { encodeImage, openImage } from '../../src/image/formats.js';
import {
  isFileUrl,
  isLocalAddress,
  isWebAddress,
  shownAddress,
} from '../../src/platform/address.js';
import { type ByteInput, openBytes, readBytes } from '../../src/platform/byteInput.js';
import { download } from '../../src/platform/download.js';
import { fetchBytes } from '../../src/platform/fetchBytes.js';
import { loadStateDict } from '../../src/pth/loadStateDict.js';
import { openWeights } from '../../src/pth/weightFile.js';
import { expectAborted } from '../support/aborted.js';
import { temporaryFolder } from '../support/command.js';
import { goldenBytes, goldenPath } from '../support/golden.js';
import { type Answer, startServer, status, type TestServer, whole } from '../support/server.js';

const folder = temporaryFolder();
const picture = { width: 5, height: 4, data: Uint8Array.from({ length: 60 }, (_, i) => i * 4) };
const png = encodeImage(picture, 'x.png');
const path = join(folder.path, 'ein Bild #1 100%.png');
let server: TestServer;
let other: TestServer;

beforeAll(async () => {
  writeFileSync(path, png);
  server = await startServer();
  other = await startServer();
});
afterAll(async () => {
  await server.stop();
  await other.stop();
  folder.remove();
});
afterEach(() => vi.unstubAllGlobals());

const redirect =
  (location: string, code = 302): Answer =>
  (response) =>
    response.writeHead(code, { location }).end('moved');
const shared = (bytes: Uint8Array) => {
  const view = new Uint8Array(new SharedArrayBuffer(bytes.length + 3), 3);
  view.set(bytes);
  return view;
};
async function* inPieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
/** Under a length of their own, so that nothing beside the window may be taken. */
const window = (bytes: Uint8Array) => {
  const all = new Uint8Array(bytes.length + 16).fill(7);
  all.set(bytes, 8);
  return all.subarray(8, 8 + bytes.length);
};

/** One of each kind of source that gives these bytes. */
const SOURCES: Readonly<Record<string, (bytes: Uint8Array, file: string) => ByteInput>> = {
  'a path': (_, file) => file,
  'a file: URL': (_, file) => pathToFileURL(file),
  'a file: URL as text': (_, file) => pathToFileURL(file).href,
  'a Uint8Array': window,
  'a Buffer': (bytes) => Buffer.from(bytes),
  'an ArrayBuffer': (bytes) => bytes.slice().buffer,
  'a DataView': (bytes) => {
    const { buffer, byteOffset, byteLength } = window(bytes);
    return new DataView(buffer, byteOffset, byteLength);
  },
  'a Uint8ClampedArray': (bytes) => new Uint8ClampedArray(bytes),
  'a SharedArrayBuffer': (bytes) => shared(bytes).buffer.slice(3),
  'a window on shared memory': shared,
  'bytes of another realm': (bytes) => runInNewContext('Uint8Array.from(list)', { list: bytes }),
  'a Blob': (bytes) => new Blob([bytes.slice()]),
  'a File': (bytes) => new File([bytes.slice()], 'x'),
  'a Response': (bytes) => new Response(bytes.slice()),
  'a stream of the web': (bytes) => new Blob([bytes.slice()]).stream(),
  'a stream of Node': (bytes) => Readable.from(inPieces(bytes, 7)),
  'a stream of a file': (_, file) => Readable.from([readFileSync(file)]),
  'an iterable': (bytes) => inPieces(bytes, 1),
  'a data: address': (bytes) => `data:image/png;base64,${Buffer.from(bytes).toString('base64')}`,
  'a data: URL': (bytes) => new URL(`data:;base64,${Buffer.from(bytes).toString('base64')}`),
  'a blob: address': (bytes) => URL.createObjectURL(new Blob([bytes.slice()])),
  'an address': (bytes) => {
    server.answer(whole(bytes));
    return server.url('/x');
  },
  'an address as a URL': (bytes) => {
    server.answer(whole(bytes));
    return new URL(server.url('/x'));
  },
};

describe.each(Object.entries(SOURCES))('%s', (_, make) => {
  it('is a source of pictures', async () => {
    expect(await openImage(make(png, path))).toEqual(picture);
  });

  it('is a source of weights', async () => {
    const file = goldenPath('tiny_legacy.pth');
    const bytes = goldenBytes('tiny_legacy.pth');
    expect(await loadStateDict(make(bytes, file))).toEqual(await loadStateDict(bytes));
  });

  it('is refused when it has a byte more than it may have', async () => {
    const { length } = png;
    expect(await openImage(make(png, path), { maxBytes: length })).toEqual(picture);
    await expect(openImage(make(png, path), { maxBytes: length - 1 })).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_(FILE_TOO_LARGE|DOWNLOAD_SIZE)$/),
      message: expect.stringMatching(String(length - 1)),
    });
  });
});

it('bytes of any length come through a stream as they are, however they are cut', async () => {
  const all = Uint8Array.from({ length: 700_000 }, (_, i) => (i * i + (i >> 9)) & 255);
  await fc.assert(
    fc.asyncProperty(fc.nat(all.length), fc.integer({ min: 1, max: 300_000 }), async (n, size) => {
      const bytes = all.subarray(0, n);
      const read = await readBytes(inPieces(bytes, size < 2000 ? size * 100 : size));
      expect(Buffer.compare(read, bytes)).toBe(0);
    }),
    { numRuns: 30 },
  );
});

describe('a source that is none', () => {
  it.each<[unknown, string, RegExp]>([
    [undefined, 'ERR_SOURCE', /got undefined/],
    [null, 'ERR_SOURCE', /got null/],
    [42, 'ERR_SOURCE', /got Number/],
    [[1, 2, 3], 'ERR_SOURCE', /got Array/],
    [{}, 'ERR_SOURCE', /got Object/],
    [Promise.resolve(png), 'ERR_SOURCE', /got Promise; await it/],
    [new URL('ftp://example.org/x.png'), 'ERR_SOURCE', /ftp:.*http:\/\/, https:\/\//],
    ['file://host/x.png', 'ERR_FILE_URL', /host/],
    ['file:///a%2Fb.png', 'ERR_FILE_URL', /encoded/],
    [new URL('file:///nowhere/x.png'), 'ERR_FILE_NOT_FOUND', /^\/nowhere\/x\.png: no such file/],
    ['http:x.png', 'ERR_FILE_NOT_FOUND', /^http:x\.png/],
    [folder.path, 'ERR_IS_DIRECTORY', /folder/],
    [Readable.from(['text']), 'ERR_STREAM', /string/],
    [Readable.from([{ a: 1 }]), 'ERR_STREAM', /Object/],
    ['data:image/png;base64,%%%', 'ERR_DOWNLOAD', /^the data: address/],
    [new Response('no', { status: 404, statusText: 'Not Found' }), 'ERR_DOWNLOAD', /404 Not Found/],
    [Response.error(), 'ERR_DOWNLOAD', /answers 0/],
  ])('is refused by name (%#)', async (source, code, message) => {
    const opened = openImage(source as ByteInput);
    await expect(opened).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('such as a response or stream that was read', async () => {
    const response = new Response(png.slice());
    await response.arrayBuffer();
    await expect(openImage(response)).rejects.toThrow(/read already/);
    const stream = new Blob([png.slice()]).stream();
    stream.getReader();
    await expect(openImage(stream)).rejects.toMatchObject({ code: 'ERR_STREAM' });
  });

  it('and a stream that fails does so with its own error', async () => {
    const failing = new ReadableStream({ pull: () => Promise.reject(new Error('of its own')) });
    await expect(readBytes(failing)).rejects.toThrow('of its own');
  });

  it('names what it is where it has a name', async () => {
    const text = new Blob(['no picture']);
    await expect(openImage(new File([text], 'a.png'))).rejects.toThrow(/^a\.png: This is no pict/);
    await expect(openImage(text)).rejects.toThrow(/^This is no pict/);
    server.answer(whole(new TextEncoder().encode('no picture')));
    await expect(openImage(server.url('/a.png?token=secret'))).rejects.toThrow(
      `${server.url('/a.png')}?…: This is no picture`,
    );
    await expect(openWeights(server.url('/a.pth'))).rejects.toThrow(server.url('/a.pth'));
    await expect(openImage(await fetch(server.url('/b.png')))).rejects.toThrow(/b\.png: This/);
  });
});

describe('a stream without end', () => {
  const endless = () => {
    let cancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(1000)),
      cancel: () => {
        cancelled = true;
      },
    });
    return { stream, wasCancelled: () => cancelled };
  };

  it('is read up to the limit, and cancelled', async () => {
    const { stream, wasCancelled } = endless();
    await expect(readBytes(stream, { maxBytes: 10_000 })).rejects.toMatchObject({
      code: 'ERR_FILE_TOO_LARGE',
    });
    expect(wasCancelled()).toBe(true);
    const device = readBytes('/dev/zero', { maxBytes: 1_000_000 });
    await expect(device).rejects.toMatchObject({ code: 'ERR_FILE' });
  });

  it('that gives nothing is left when the signal fires', async () => {
    const silent = new ReadableStream<Uint8Array>();
    const reading = readBytes(silent, { signal: AbortSignal.timeout(20) });
    await expect(reading).rejects.toMatchObject({ name: 'TimeoutError' });
    const signal = AbortSignal.abort();
    await expectAborted(readBytes(png, { signal }), signal);
  });
});

describe('an address', () => {
  const body = Uint8Array.from({ length: 50_000 }, (_, i) => (i * 31) & 255);
  const take = (maxBytes = 2 ** 20, more = {}) =>
    fetchBytes(server.url('/x'), { maxBytes, ...more });
  const failing = (promise: Promise<unknown>) =>
    promise.then(
      () => expect.unreachable('it went well'),
      (error: unknown) => error as Error & { code: string },
    );

  it('tells how far it is', async () => {
    server.answer(whole(body));
    const seen: [number, number | null][] = [];
    await openBytes(server.url(), {
      onProgress: ({ received, total }) => seen.push([received, total]),
    });
    expect(seen[0]).toEqual([0, body.length]);
    expect(seen.at(-1)).toEqual([body.length, body.length]);
  });

  it('is refused by the length that it tells, before anything is read', async () => {
    server.answer((response) => {
      response.writeHead(200, { 'content-length': 10 ** 12 }).flushHeaders();
    });
    const error = await failing(take());
    expect([error.code, error.message]).toEqual([
      'ERR_DOWNLOAD_SIZE',
      expect.stringMatching(/1000000000000 bytes.*at most 1048576/),
    ]);
  });

  it('is refused by the bytes that come, when it tells no length', async () => {
    let closed: Promise<unknown> = Promise.resolve();
    server.answer((response) => {
      closed = once(response, 'close');
      const more = () => {
        while (response.write(body)) if (response.destroyed) return;
      };
      response.on('drain', more);
      more();
    });
    expect((await failing(take(100_000))).code).toBe('ERR_DOWNLOAD_SIZE');
    // Nothing of it goes on.
    await closed;
  });

  it('is refused by what its bytes unpack to', async () => {
    const { gzipSync } = await import('node:zlib');
    server.answer((response) => {
      response
        .writeHead(200, { 'content-encoding': 'gzip' })
        .end(gzipSync(Buffer.alloc(2_000_000)));
    });
    expect((await failing(take())).code).toBe('ERR_DOWNLOAD_SIZE');
  });

  it('is refused when it ends too soon', async () => {
    server.answer((response) => {
      response.writeHead(200, { 'content-length': body.length });
      response.write(body.subarray(0, 1000), () => response.socket?.destroy());
    });
    expect(await failing(take())).toMatchObject({ code: 'ERR_DOWNLOAD', transient: true });
  });

  it.each([
    [status(404), 'ERR_DOWNLOAD', /404 Not Found/],
    [status(500), 'ERR_DOWNLOAD', /500/],
    [status(204), 'ERR_DOWNLOAD', /204/],
    [whole(body, { 'content-type': 'text/html; charset=utf-8' }), 'ERR_DOWNLOAD_HTML', /web page/],
    [redirect('http://'), 'ERR_DOWNLOAD_REDIRECT', /to what is no address/],
  ])('that gives no file says what it gave (%#)', async (answer, code, message) => {
    server.answer(answer);
    const error = await failing(take());
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
    expect(error.message.startsWith(`${server.url('/x')}: `)).toBe(true);
  });

  it('that nobody answers at', async () => {
    const gone = await startServer();
    const url = gone.url('/x.png');
    await gone.stop();
    await expect(openImage(url)).rejects.toMatchObject({
      code: 'ERR_DOWNLOAD',
      message: expect.stringMatching(/ECONNREFUSED/),
    });
    await expect(openImage('http://a b/')).rejects.toMatchObject({ code: 'ERR_DOWNLOAD' });
  });

  it('that is silent, or next to it, is given up', async () => {
    server.answer(() => undefined);
    const silent = await failing(take(2 ** 20, { stallMilliseconds: 60 }));
    expect(silent.message).toMatch(/nothing came for 0\.06 s/);
    let timer: ReturnType<typeof setInterval> | undefined;
    server.answer((response) => {
      timer = setInterval(() => response.write('x'), 10);
    });
    const dripping = await failing(
      take(2 ** 20, { leastRate: { bytes: 1000, milliseconds: 150 } }),
    );
    clearInterval(timer);
    expect(dripping.message).toMatch(/only \d+ bytes came in 0\.15 s/);
  });

  it('is left when the signal fires, before and after it answers', async () => {
    for (const answer of [() => undefined, (response) => response.write('x')] as Answer[]) {
      server.answer(answer);
      const signal = AbortSignal.timeout(50);
      await expect(openImage(server.url(), { signal })).rejects.toMatchObject({
        name: 'TimeoutError',
      });
      await expect(loadStateDict(server.url(), { signal })).rejects.toBe(signal.reason);
    }
  });

  describe('that leads on', () => {
    it.each([301, 302, 303, 307, 308])('is followed within its scheme (%i)', async (code) => {
      other.answer(whole(png));
      server.answer(redirect('/further', code), redirect(other.url('/end.png'), code));
      expect(await openImage(server.url('/x.png'))).toEqual(picture);
      expect(server.requests.map(({ url }) => url)).toEqual(['/x.png', '/further']);
    });

    it.each([
      ['https://127.0.0.1:1/x', /from http: to https:.*if https:\/\/127\.0\.0\.1:1\/x is meant/],
      [pathToFileURL(path).href, /from http: to file:/],
      ['data:image/png;base64,AAAA', /from http: to data:/],
      ['ftp://example.org/x', /to ftp:/],
      ['javascript:1', /to javascript:/],
    ])('is not followed to %s', async (location, message) => {
      server.answer(redirect(location));
      const error = await failing(take());
      expect([error.code, error.message]).toEqual([
        'ERR_DOWNLOAD_REDIRECT',
        expect.stringMatching(message),
      ]);
      expect(server.requests.length).toBe(1);
    });

    it.each([
      ['openImage', () => openImage('https://example.org/x')],
      ['download', () => download('https://example.org/x', join(folder.path, 'd'))],
    ])('is not followed from https to http by %s', async (_, action) => {
      const asked: string[] = [];
      vi.stubGlobal('fetch', async (url: URL) => {
        asked.push(url.href);
        return new Response(null, { status: 302, headers: { location: server.url() } });
      });
      expect((await failing(action())).message).toMatch(/from https: to http:/);
      expect(asked).toEqual(['https://example.org/x']);
    });

    it('is followed from http to https for a model that is known by its name', async () => {
      const asked: string[] = [];
      vi.stubGlobal('fetch', async (url: URL) => {
        asked.push(url.protocol);
        const location = 'https://example.org/x';
        return url.protocol === 'https:'
          ? new Response(body)
          : new Response(null, { status: 301, headers: { location } });
      });
      await download('http://example.org/x', join(folder.path, 'model'));
      expect(asked).toEqual(['http:', 'https:']);
    });

    it('is followed five times and not for ever', async () => {
      const hops = (count: number) => Array.from({ length: count }, () => redirect('/again'));
      server.answer(...hops(5), whole(body));
      expect((await take()).length).toBe(body.length);
      server.answer(redirect('/again'));
      expect((await failing(take())).message).toMatch(/more than 5 times/);
      expect(server.requests.length).toBe(6);
    });
  });

  describe('with a password', () => {
    const secret = (path = '/x.png') => server.url(path).replace('http://', 'http://me:p%40ss@');

    it('gives it to its server, and to no other', async () => {
      server.answer(redirect('/same'), redirect(other.url('/other')));
      other.answer(whole(png));
      expect(await openImage(secret())).toEqual(picture);
      const expected = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
      expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
        expected,
        expected,
      ]);
      expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    });

    it('keeps it out of messages', async () => {
      for (const answer of [status(403), whole(new Uint8Array(9)), redirect('file:///x')]) {
        server.answer(answer);
        const error = await failing(openImage(secret('/x.png?key=hidden#here')));
        expect(error.message).toContain('/x.png?…: ');
        expect(error.message).not.toMatch(/p%40ss|p@ss|me:|hidden/);
      }
    });
  });

  it('does for inspecting and comparing weights, too', async () => {
    server.answer(whole(goldenBytes('tiny_zip.pth')));
    const url = server.url('/tiny.pth');
    expect(await inspectWeights(url)).toEqual(await inspectWeights(goldenPath('tiny_zip.pth')));
    expect((await diffWeights(url, new URL(url))).different).toEqual([]);
    await expect(inspectWeights(url, { maxBytes: 100 })).rejects.toMatchObject({
      code: 'ERR_DOWNLOAD_SIZE',
    });
  });
});

it.each<[string, boolean[]]>([
  ['https://x/y', [true, false, false]],
  ['HTTP://x/y', [true, false, false]],
  ['file:///x', [false, true, false]],
  ['FILE:///x', [false, true, false]],
  ['data:,x', [false, false, true]],
  ['blob:x', [false, false, true]],
  ['./https://x', [false, false, false]],
  ['./file:///x', [false, false, false]],
  ['./data:,x', [false, false, false]],
  ['./blob:x', [false, false, false]],
  ['data:', [false, false, false]],
])('text is an address if it begins as one: %s', (text, expected) => {
  expect([isWebAddress, isFileUrl, isLocalAddress].map((is) => is(text))).toEqual(expected);
});

describe('in a page', () => {
  /** What a browser's `fetch` gives when it has followed redirects itself. */
  const answering = (url: string, bytes: Uint8Array) => {
    vi.stubGlobal('process', undefined);
    vi.stubGlobal('fetch', async () =>
      Object.defineProperty(new Response(bytes.slice()), 'url', { value: url }),
    );
  };

  it('a redirect to another scheme is found by where it ended', async () => {
    answering('https://example.org/b.png', png);
    expect(await openImage('https://example.org/a.png')).toEqual(picture);
    await expect(openImage('http://example.org/a.png')).rejects.toMatchObject({
      code: 'ERR_DOWNLOAD_REDIRECT',
    });
  });

  it('a path and a file: URL need Node', async () => {
    answering('', png);
    for (const source of ['horse.jpg', 'file:///horse.jpg']) {
      await expect(openImage(source)).rejects.toMatchObject({ code: 'ERR_NO_FILES' });
    }
  });
});

describe('a name made of an address', () => {
  it.each([
    ['https://example.org/a/horse.jpg?x=/../y.png#z', 'horse.jpg'],
    ['https://example.org/a%20b.png', 'a b.png'],
    ['https://example.org/%2e%2e%2fetc%2fpasswd', '_etc_passwd'],
    ['https://example.org/..%5C..%5Cx.png', '_.._x.png'],
    ['https://example.org/.bashrc', 'bashrc'],
    ['https://example.org/-rf.png', 'rf.png'],
    ['https://example.org/%00%1b%e2%80%ae.png', '___.png'],
    ['https://example.org/CON.png', '_CON.png'],
    ['https://example.org/%ff.png', '%ff.png'],
    ['https://example.org/', 'picture'],
    ['https://example.org', 'picture'],
    ['https://example.org/...', 'picture'],
  ])('%s: %s', (address, name) => {
    expect(addressFileName(address)).toBe(name);
  });

  it.each([
    [`${'a'.repeat(60)}.${'b'.repeat(95)}.png`, `${'b'.repeat(95)}.png`],
    [`${'a'.repeat(60)}${'-'.repeat(10)}${'b'.repeat(86)}.png`, `${'b'.repeat(86)}.png`],
    [`${'é'.repeat(80)}.png`, `${'é'.repeat(48)}.png`],
    [`${'\u{1f984}'.repeat(40)}.png`, `${'\u{1f984}'.repeat(24)}.png`],
    [`a.png${'.'.repeat(200)}`, 'a.png'],
  ])('is cut to what a name can have, between characters: %s', (last, name) => {
    expect(addressFileName(`https://example.org/${encodeURIComponent(last)}`)).toBe(name);
  });

  it('is one part of a path, whatever the address', () => {
    const names = join(folder.path, 'names');
    mkdirSync(names);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const last = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
        const name = addressFileName(`https://example.org/${last}`);
        expect(name).not.toMatch(/[/\\\0:]|^\.|^-|^$/);
        writeFileSync(join(names, name), '');
      }),
      { numRuns: 100 },
    );
  });
});

it.each([
  ['at once where it is small', 2 ** 16, 1],
  ['piece by piece where it is not', 2 ** 22 + 1, 3],
])('a Blob is read %s', async (_, size, reads) => {
  const bytes = new Uint8Array(size).map((_, i) => i % 251);
  const blob = new Blob([bytes]);
  const slice = vi.spyOn(blob, 'slice');
  const source = await openBytes(blob);
  for (const start of [0, 1000, 2000]) {
    expect(await source.read(start, start + 1000)).toEqual(bytes.slice(start, start + 1000));
  }
  expect(slice).toHaveBeenCalledTimes(reads);
});

it('a Blob of a file that has changed is a FileError', async () => {
  const path = join(folder.path, 'changing.pth');
  writeFileSync(path, 'before');
  const blob = await openAsBlob(path);
  writeFileSync(path, 'it has another length now');
  await expect(readBytes(blob)).rejects.toMatchObject({
    code: 'ERR_FILE',
    message: expect.stringMatching(/^The Blob: cannot read it \(/),
  });
});

it('an address is shown without secrets', () => {
  expect(shownAddress('https://me:pass@example.org/a.png?key=1#x')).toBe(
    'https://example.org/a.png?…',
  );
  expect(shownAddress('http://127.0.0.1:80/a')).toBe('http://127.0.0.1/a');
  expect(shownAddress('no address')).toBe('no address');
});
