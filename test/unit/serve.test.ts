import { describe, expect, it } from 'vitest';
import { readTranslate, translateSpec } from '../../src/cli/requests/translate.js';
import { parseCommandLine, UsageError } from '../../src/cli/usage.js';
import { ERROR_CODES } from '../../src/errorCodes.js';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { decodeImage, encodeImage, loadEncoder } from '../../src/image/formats.js';
import { createHandler } from '../../src/serve/handler.js';
import { QUERY_OPTIONS } from '../../src/serve/query.js';
import type { RequestEntry } from '../../src/serve/requestEntry.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { translate } from '../../src/translate/translate.js';
import { SMALL_PICTURE } from '../support/command.js';
import { END, header, png } from '../support/pngs.js';
import {
  ADDRESS,
  openBody,
  SMALL_PNG,
  smallService,
  TINY_WEIGHTS,
  translation,
} from '../support/serving.js';

const TOKEN = 'a-token-of-some-length';

interface ProblemBody {
  readonly status: number;
  readonly code: keyof typeof ERROR_CODES;
  readonly detail: string;
  readonly requestId: string;
}

/** Of an answer that has to be a problem document. */
async function problemOf(response: Response): Promise<ProblemBody> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = await response.json();
  expect(Object.keys(problem).sort()).toEqual(
    ['code', 'detail', 'requestId', 'status', 'title', 'type'].sort(),
  );
  expect(problem.status).toBe(response.status);
  expect(Object.keys(ERROR_CODES)).toContain(problem.code);
  expect(problem.requestId).toBe(response.headers.get('x-request-id'));
  return problem;
}

async function codeOf(response: Response): Promise<string> {
  const { status, code } = await problemOf(response);
  return `${status} ${code}`;
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  expect(response.status).toBe(200);
  return new Uint8Array(await response.arrayBuffer());
}

function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Request {
  return new Request(`${ADDRESS}${path}`, { headers, method });
}

describe('POST /v1/translate', () => {
  const service = smallService();

  it('gives what the library makes of the picture, in the format that Accept asks for', async () => {
    const generator = await openGenerator(TINY_WEIGHTS);
    const made = await translate(decodeImage(SMALL_PNG), generator, { resize: null });
    for (const [accept, name, type] of [
      ['', 'x.png', 'image/png'],
      ['*/*', 'x.png', 'image/png'],
      ['image/webp', 'x.webp', 'image/webp'],
      ['text/html, image/jpeg;q=0.9, image/png;q=0.8', 'x.jpg', 'image/jpeg'],
      ['image/*;q=0.5, image/tiff', 'x.tif', 'image/tiff'],
      ['image/png;q=0, */*', 'x.jpg', 'image/jpeg'],
    ]) {
      await loadEncoder(name);
      const headers: Record<string, string> = accept === '' ? {} : { Accept: accept };
      const response = await service(translation('resize=none', { headers }));
      expect(response.headers.get('content-type')).toBe(type);
      expect(await bytesOf(response)).toEqual(encodeImage(made, name));
    }
    const asked = await service(translation('resize=none&format=jpg&quality=40'));
    expect(await bytesOf(asked)).toEqual(encodeImage(made, 'x.jpg', { quality: 40 }));
  });

  it('takes options that change one picture, traits of the network among them', async () => {
    const bgr = await openGenerator(TINY_WEIGHTS, { channelOrder: 'bgr', inputRange: [-1, 1] });
    const made = await translate(decodeImage(SMALL_PNG), bgr, { resize: 16, keepSize: true });
    const query = 'resize=16&keep-size&bgr=true&input-range=-1..1&strict=false';
    const bytes = await bytesOf(await service(translation(query)));
    expect(bytes).toEqual(encodeImage(made, 'x.png'));
    expect([made.width, made.height]).toEqual([SMALL_PICTURE.width, SMALL_PICTURE.height]);
    // The next one has the network as it is served again.
    const plain = await translate(decodeImage(SMALL_PNG), await openGenerator(TINY_WEIGHTS), {
      resize: 16,
    });
    expect(await bytesOf(await service(translation('resize=16')))).toEqual(
      encodeImage(plain, 'x.png'),
    );
  });

  it('takes a form, too', async () => {
    const form = new FormData();
    form.append('picture', new Blob([SMALL_PNG as Uint8Array<ArrayBuffer>]), 'horse.png');
    const bytes = await bytesOf(await service(translation('resize=none', { body: form })));
    expect(bytes).toEqual(await bytesOf(await service(translation('resize=none'))));
    form.append('resize', '256');
    expect(await codeOf(await service(translation('', { body: form })))).toBe('400 ERR_REQUEST');
  });

  it('takes the word of the bytes for what they are: curl says that they are a form of another kind', async () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect((await service(translation('resize=none', { headers }))).status).toBe(200);
  });

  it('has the options of the command that change one picture, in its words', () => {
    const { weights, output, gallery, ...others } = translateSpec.options;
    for (const [name, { help }] of Object.entries(QUERY_OPTIONS)) {
      if (name === 'model' || name === 'format') continue;
      expect(others[name]?.help, name).toBe(help);
    }
    for (const name of [
      'resize',
      'crop',
      'norm',
      'keep-size',
      'auto-orient',
      'alpha',
      'quality',
      'bgr',
    ]) {
      expect(QUERY_OPTIONS).toHaveProperty(name);
    }
  });

  it.each([
    ['resize', '0'],
    ['resize', 'x'],
    ['crop', '0'],
    ['crop', '1.5'],
    ['quality', '101'],
    ['alpha', 'half'],
    ['format', 'gif'],
    ['statistics', 'none'],
    ['input-range', '1..2'],
    ['padding', 'same'],
    ['norm', 'local'],
    ['norm', 'dense:63'],
  ])('refuses %s=%s as the command does', async (name, value) => {
    const { status, code, detail } = await problemOf(
      await service(translation(`${name}=${encodeURIComponent(value)}`)),
    );
    expect([status, code]).toEqual([400, 'ERR_REQUEST']);
    const words = [`--${name}`, value, 'in.png'];
    const byCommand = () => readTranslate(parseCommandLine(translateSpec, words));
    expect(byCommand).toThrow(UsageError);
    expect(byCommand).toThrow(`--${detail}`);
  });

  it.each([
    ['nope=1', '400 ERR_REQUEST'],
    ['__proto__=1', '400 ERR_REQUEST'],
    ['constructor', '400 ERR_REQUEST'],
    ['crop=4&crop=5', '400 ERR_REQUEST'],
    ['model=other', '400 ERR_REQUEST'],
    ['keep-size=perhaps', '400 ERR_REQUEST'],
    ['residual&residual-tanh', '400 ERR_REQUEST'],
    ['crop=400', '422 ERR_CROP'],
  ])('refuses ?%s', async (query, expected) => {
    expect(await codeOf(await service(translation(query)))).toBe(expected);
  });

  it.each<[string, Uint8Array | null, Record<string, string>, string]>([
    ['no body', null, {}, '400 ERR_REQUEST'],
    ['an empty body', new Uint8Array(), {}, '400 ERR_REQUEST'],
    ['text', new TextEncoder().encode('hello'), {}, '415 ERR_IMAGE_FORMAT'],
    ['half a PNG', SMALL_PNG.subarray(0, 60), {}, '422 ERR_PNG_SHORT'],
    ['a compressed body', SMALL_PNG, { 'Content-Encoding': 'gzip' }, '415 ERR_REQUEST'],
    [
      'a form that is none',
      SMALL_PNG,
      { 'Content-Type': 'multipart/form-data' },
      '400 ERR_REQUEST',
    ],
    ['a client that takes no picture', SMALL_PNG, { Accept: 'text/html' }, '406 ERR_REQUEST'],
    ['a client that takes no format', SMALL_PNG, { Accept: 'image/*;q=0' }, '406 ERR_REQUEST'],
  ])('refuses %s', async (_, body, headers, expected) => {
    expect(await codeOf(await service(translation('resize=none', { body, headers })))).toBe(
      expected,
    );
  });

  it('holds pictures to its limits by their headers: these have nothing else', async () => {
    const bodies = [png(header(60_000, 60_000), END), png(header(7072, 7072), END)];
    for (const body of bodies) {
      const response = await service(translation('', { body }));
      expect(await codeOf(response)).toBe('413 ERR_REQUEST_SIZE');
    }
    const wide = png(header(4000, 4000), END);
    const whole = await service(translation('resize=none', { body: wide }));
    expect(await codeOf(whole)).toBe('413 ERR_REQUEST_SIZE');
    const large = await service(translation('resize=9999x9999'));
    expect(await codeOf(large)).toBe('413 ERR_REQUEST_SIZE');
    // However little is cut out of it afterwards.
    for (const query of ['resize=9999x9999&crop=16', 'resize=9999&crop=16&alpha=keep']) {
      expect(await codeOf(await service(translation(query)))).toBe('413 ERR_REQUEST_SIZE');
    }
    const cut = await service(translation('resize=none&crop=16', { body: wide }));
    expect(await codeOf(cut)).toMatch(/^422 ERR_PNG/);
    // Within them, it is decoded, and then damaged.
    const small = await service(translation('', { body: wide }));
    expect(await codeOf(small)).toMatch(/^422 ERR_PNG/);
  });

  it('counts the bytes of a body, whatever is said of it', async () => {
    const service = smallService({ maxBytes: 1000 });
    const told = await service(translation('', { headers: { 'Content-Length': '1001' } }));
    expect(await codeOf(told)).toBe('413 ERR_REQUEST_SIZE');
    let sent = 0;
    const endless = new ReadableStream({
      pull: (controller) => {
        sent += 100;
        controller.enqueue(new Uint8Array(100));
      },
    });
    expect(await codeOf(await service(translation('', { body: endless })))).toBe(
      '413 ERR_REQUEST_SIZE',
    );
    expect(sent).toBeLessThan(2000);
  });

  it('cuts off a body that does not come', async () => {
    const service = smallService({ bodySeconds: 1 });
    const { stream } = openBody();
    const response = await service(translation('', { body: stream }));
    expect(await codeOf(response)).toBe('408 ERR_REQUEST_TIME');
  });

  it('refuses pictures whose headers do not tell their size', async () => {
    const heic = Uint8Array.from([0, 0, 0, 24, ...new TextEncoder().encode('ftypheicmif1heic')]);
    expect(await codeOf(await service(translation('', { body: heic })))).toMatch(
      /^(415 ERR_IMAGE_FORMAT|422 ERR_IMAGE_SIZE)$/,
    );
  });

  it('says what there is to tell of a picture', async () => {
    const bytes = SMALL_PNG.slice();
    // The last byte of the last chunk's checksum.
    bytes[bytes.length - 1] ^= 1;
    const response = await service(translation('resize=none', { body: bytes }));
    const strict = await service(translation('resize=none&strict', { body: bytes }));
    const notes = response.headers.get('cyclegan-notes');
    expect(response.status).toBe(200);
    expect(notes).toContain('damaged');
    expect(strict.status).toBe(422);
  });

  it('tells nothing of its own trouble but a code', async () => {
    const generator = await openGenerator(TINY_WEIGHTS);
    const damaged = [...generator.module.stateDict()].map(([key, { shape }]) => {
      const size = shape.reduce((product, side) => product * side, 1);
      return [key, new Tensor(new Float32Array(size).fill(Number.NaN), shape)] as const;
    });
    generator.module.loadStateDict(new Map(damaged));
    const entries: RequestEntry[] = [];
    const log = (entry: RequestEntry) => void entries.push(entry);
    const service = createHandler({ models: { nan: generator }, log });
    const { status, code, detail } = await problemOf(await service(translation('resize=none')));
    expect([status, code]).toEqual([500, 'ERR_NAN']);
    expect(detail).toContain('its log has more');
    expect(entries[0]).toMatchObject({ level: 'error', code: 'ERR_NAN', status: 500 });
    expect(entries[0].message).toContain('no number (NaN)');
  });
});

describe('under load', () => {
  it('turns away at once what there is no room for, and reads nothing of it', async () => {
    const service = smallService({ queue: 1 });
    const [first, second, third] = [openBody(), openBody(), openBody()];
    const answers = [first, second].map(({ stream }) =>
      service(translation('resize=none', { body: stream })),
    );
    const refused = await service(translation('resize=none', { body: third.stream }));
    expect(await codeOf(refused)).toBe('429 ERR_BUSY');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    second.end(SMALL_PNG);
    first.end(SMALL_PNG);
    for (const answer of answers) expect((await answer).status).toBe(200);
    expect((await service(translation('resize=none'))).status).toBe(200);
  });

  it('ends the work of a client that goes away, and takes the next one', async () => {
    const entries: RequestEntry[] = [];
    const service = smallService({ queue: 0, log: (entry) => entries.push(entry) });
    const controller = new AbortController();
    const { stream } = openBody();
    const answer = service(translation('', { body: stream, signal: controller.signal }));
    controller.abort();
    expect((await answer).status).toBe(499);
    expect(entries[0]).toMatchObject({ status: 499, code: 'ERR_ABORTED' });
    expect((await service(translation('resize=none'))).status).toBe(200);
  });

  it('answers what it has taken when it ends, and takes no more', async () => {
    const service = smallService();
    const bodies = [openBody(), openBody(), openBody()];
    const answers = bodies.map(({ stream }) =>
      service(translation('resize=none', { body: stream })),
    );
    await service.ready;
    expect((await service(get('/readyz'))).status).toBe(200);
    const drained = service.drain();
    const late = await service(translation('resize=none'));
    expect(await codeOf(late)).toBe('503 ERR_BUSY');
    expect((await service(get('/readyz'))).status).toBe(503);
    expect((await service(get('/livez'))).status).toBe(200);
    for (const body of bodies) body.end(SMALL_PNG);
    await drained;
    for (const answer of answers) expect((await answer).status).toBe(200);
  });
});

describe('who may ask', () => {
  it('wants its token, but for probes and the description', async () => {
    const service = smallService({ token: TOKEN });
    for (const path of ['/livez', '/readyz', '/openapi.json', '/docs']) {
      expect((await service(get(path))).status, path).not.toBe(401);
    }
    for (const authorization of ['', 'Bearer', `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, 'Bearer a']) {
      const refused = await service(get('/v1/models', { authorization }));
      expect(await codeOf(refused)).toBe('401 ERR_REQUEST_ACCESS');
      expect(refused.headers.get('www-authenticate')).toBe('Bearer');
    }
    expect((await service(translation())).status).toBe(401);
    const asked = await service(get('/v1/models', { authorization: `Bearer ${TOKEN}` }));
    expect(asked.status).toBe(200);
  });

  it('goes by its own names alone, and answers pages of its own and of allowed origins', async () => {
    const service = smallService({
      hosts: () => ['127.0.0.1:4580'],
      allowOrigins: ['https://allowed.example'],
    });
    const status = async (headers: Record<string, string>) =>
      (await service(get('/v1/models', headers))).status;
    expect(await status({ host: '127.0.0.1:4580' })).toBe(200);
    expect(await status({ host: 'rebound.example' })).toBe(403);
    expect(await status({ origin: 'http://127.0.0.1:4580' })).toBe(200);
    expect(await status({ origin: 'https://elsewhere.example' })).toBe(403);
    expect(await status({ origin: 'null' })).toBe(403);
    const page = { origin: 'https://allowed.example' };
    const allowed = await service(get('/v1/models', page));
    expect(allowed.headers.get('access-control-allow-origin')).toBe(page.origin);
    const preflight = await service(get('/v1/translate', page, 'OPTIONS'));
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-methods')).toBe('POST');
    const other = await service(get('/v1/translate', { origin: 'https://x.example' }, 'OPTIONS'));
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('the rest of the service', () => {
  const service = smallService({ basePath: '/api' });

  it('lists its models', async () => {
    const response = await service(get('/api/v1/models'));
    expect(await response.json()).toMatchObject({
      models: [{ name: 'tiny', default: true, family: 'resnet', inputRange: [0, 1] }],
    });
  });

  it('has what it has under its path, by its methods', async () => {
    const status = async (path: string, method = 'GET') =>
      (await service(get(path, {}, method))).status;
    expect(await status('/v1/models')).toBe(404);
    expect(await status('/api/none')).toBe(404);
    expect(await status('/api/__proto__')).toBe(404);
    expect(await status('/api')).toBe(200);
    expect(await status('/api/v1/translate')).toBe(405);
    expect(await status('/api/v1/models', 'DELETE')).toBe(405);
    const head = await service(get('/api/docs', {}, 'HEAD'));
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('names requests, as proxies before it have, where that is a name', async () => {
    const named = await service(get('/api/livez', { 'x-request-id': 'abc.1-2' }));
    expect(named.headers.get('x-request-id')).toBe('abc.1-2');
    const renamed = await service(get('/api/livez', { 'x-request-id': 'a b"c' }));
    expect(renamed.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('refuses options that make no sense', () => {
    const models = { tiny: TINY_WEIGHTS };
    for (const options of [
      { models: {} },
      { models: { 'a b': TINY_WEIGHTS } },
      { models: { tiny: 5 } },
      { models, concurrency: 0 },
      { models, queue: -1 },
      { models, maxBytes: 1.5 },
      { models, token: 'short' },
      { models, basePath: '/api/' },
      { models, allowOrigins: ['https://x.example/path'] },
    ]) {
      const make = () => createHandler(options as unknown as Parameters<typeof createHandler>[0]);
      expect(make).toThrow(expect.objectContaining({ code: 'ERR_SERVICE' }));
    }
  });

  it('fails to be ready with what is wrong with a model', async () => {
    const service = createHandler({ models: { none: '/none/none.pth' } });
    await expect(service.ready).rejects.toMatchObject({ code: 'ERR_FILE_NOT_FOUND' });
    expect((await service(get('/readyz'))).status).toBe(503);
    const { status, detail } = await problemOf(await service(translation()));
    expect(status).toBe(500);
    expect(detail).not.toContain('/none');
  });
});
