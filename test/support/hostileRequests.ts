import { connect } from 'node:net';
import { expect } from 'vitest';
import { ERROR_CODES } from '../../src/errorCodes.js';
import { encodeImage, loadEncoder } from '../../src/image/formats.js';
import { concatenate } from '../../src/platform/concatenate.js';
import { pick, type Random, seededRandom } from '../fuzz/random.js';
import { SMALL_PICTURE } from './command.js';
import { END, header, png } from './pngs.js';

/** How many clients there are at once. */
const CLIENTS = 24;
/** An answer that takes longer is none. */
const LIMIT_MS = 60_000;
/** One size for the network: what is hostile is the rest. */
const QUERY = 'resize=16x16';

interface Hostile {
  /** What is sent, with a pause before each part but the first. */
  readonly parts: readonly Uint8Array[];
  /** What the client does then: hears the answer, or goes away. */
  readonly after: 'listen' | 'close' | 'end';
}

const text = (value: string) => new TextEncoder().encode(value);

function head(path: string, headers: Readonly<Record<string, string | number>>): Uint8Array {
  const lines = Object.entries({ Host: '127.0.0.1', Connection: 'close', ...headers });
  return text(
    `POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
  );
}

function whole(body: Uint8Array, path = `/v1/translate?${QUERY}`, type = 'image/png'): Hostile {
  const first = head(path, { 'Content-Type': type, 'Content-Length': body.length });
  return { parts: [concatenate([first, body])], after: 'listen' };
}

/** Pictures of every format that is written, and a few that are read. */
async function seeds(): Promise<Uint8Array[]> {
  const names = ['x.png', 'x.jpg', 'x.webp', 'x.tif'];
  await Promise.all(names.map(loadEncoder));
  const { width, height, data } = SMALL_PICTURE;
  return [
    ...names.map((name) => encodeImage(SMALL_PICTURE, name)),
    concatenate([text(`P6 ${width} ${height} 255\n`), data]),
  ];
}

/** Bytes changed, doubled, left out, or cut off. */
function damaged(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random(bytes.length);
  const length = 1 + random(16);
  switch (random(4)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return concatenate([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 2:
      return concatenate([bytes.subarray(0, at + length), bytes.subarray(at)]);
    default: {
      const out = bytes.slice();
      for (let i = 0; i < length; i++) out[random(out.length)] = random(256);
      return out;
    }
  }
}

const little = (value: number, size: number) =>
  Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256);

/** A few bytes that say that they are a giant. */
function giant(random: Random): Uint8Array {
  const side = pick([65_535, 30_000, 16_383, 9000], random);
  const high = [side >> 8, side & 255];
  return pick(
    [
      () => png(header(side, side), END),
      () => png(header(2 ** 31 - 1, 2 ** 31 - 1), END),
      () =>
        Uint8Array.from([...text('GIF89a'), ...little(side, 2), ...little(side, 2), 0x80, 0, 0]),
      () => text(`P6 ${side} ${side} 255\n`),
      () => text(`P4 ${side}${side} ${side} `),
      () =>
        Uint8Array.from([
          ...[0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, ...high, ...high, 3],
          ...[1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1, 0xff, 0xd9],
        ]),
      () =>
        Uint8Array.from([
          ...text('BM'),
          ...little(54, 4),
          ...little(0, 4),
          ...little(54, 4),
          ...little(40, 4),
          ...little(side, 4),
          ...little(side, 4),
          ...[1, 0, 24, 0, ...little(0, 24)],
        ]),
      () =>
        Uint8Array.from([
          ...text('RIFF'),
          ...little(22, 4),
          ...text('WEBPVP8X'),
          ...little(10, 4),
          ...[0, 0, 0, 0, ...little(16_383, 3), ...little(16_383, 3)],
        ]),
    ],
    random,
  )();
}

const NONSENSE = [
  'GET / HTTP/9.9\r\n\r\n',
  'nonsense\r\n\r\n',
  'POST /v1/translate HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n',
  'POST /v1/translate HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
  'POST /v1/translate HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n',
  'POST /v1/translate HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n',
  `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  'GET /../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n',
  'GET /%2e%2e/%00 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n',
  'GET http://elsewhere.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n',
  'DELETE /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n',
  'GET /v1/models HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n',
  'GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: null\r\nConnection: close\r\n\r\n',
  'GET /v1/models HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n',
];

const QUERIES = [
  'resize=99999x99999',
  'resize=scale-width:99999',
  'resize=none&crop=65535',
  '__proto__=1&constructor=2',
  'model=../../etc/passwd',
  'format=exe',
  'resize=16x16&resize=16x16',
  `model=${'x'.repeat(3000)}`,
  'quality=1e9',
  '%ff=%fe',
];

/** Ways to be hostile; `rare` ones take time. */
function hostile(pictures: readonly Uint8Array[], random: Random): Hostile {
  const picture = pick(pictures, random);
  const kind = random(100);
  if (kind < 45) return whole(damaged(picture, random));
  if (kind < 60) return whole(giant(random));
  if (kind < 68) return whole(picture, `/v1/translate?${pick(QUERIES, random)}`);
  if (kind < 76) return { parts: [text(pick(NONSENSE, random))], after: 'listen' };
  if (kind < 82) {
    const boundary = pick(['b', '"', 'x'.repeat(200)], random);
    const form = concatenate([
      text(`--${boundary}\r\nContent-Disposition: form-data; name="picture"; filename="x"\r\n\r\n`),
      damaged(picture, random),
      text(pick([`\r\n--${boundary}--\r\n`, '', `\r\n--${boundary}`], random)),
    ]);
    const type = `multipart/form-data; boundary=${boundary}`;
    return whole(form, `/v1/translate?${QUERY}`, type);
  }
  const path = `/v1/translate?${QUERY}`;
  const half = picture.subarray(0, random(picture.length));
  if (kind < 90) {
    // The client goes away in the middle.
    const first = head(path, { 'Content-Length': picture.length });
    return { parts: [concatenate([first, half])], after: 'close' };
  }
  if (kind < 95) {
    // It says less than it sends, or more.
    const length = pick([half.length, picture.length * 2, 2 ** 40], random);
    const first = head(path, { 'Content-Length': length });
    return { parts: [concatenate([first, picture])], after: pick(['end', 'close'], random) };
  }
  if (kind < 98) return whole(picture);
  const first = head(path, { 'Content-Length': picture.length });
  return {
    parts: [first, ...Array.from({ length: 4 }, () => picture.subarray(0, 1))],
    after: 'listen',
  };
}

/** To the name that the service goes by, where the request has not another. */
function addressed({ parts: [first, ...others], after }: Hostile, port: number): Hostile {
  const named = Buffer.from(first)
    .toString('latin1')
    .replace('Host: 127.0.0.1\r\n', `Host: 127.0.0.1:${port}\r\n`);
  return { parts: [Buffer.from(named, 'latin1'), ...others], after };
}

/** What comes back. */
function send(port: number, { parts, after }: Hostile): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const answer: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: after === 'end' });
    const late = setTimeout(() => {
      reject(
        new Error(`no end of an answer to ${Buffer.from(parts[0]).toString('latin1', 0, 300)}`),
      );
      socket.destroy();
    }, LIMIT_MS);
    socket.on('connect', async () => {
      for (const [i, part] of parts.entries()) {
        if (i > 0) await new Promise((next) => setTimeout(next, 100));
        if (socket.writable) socket.write(part);
      }
      if (after === 'end') socket.end();
      if (after === 'close') socket.destroy();
    });
    socket.on('data', (data) => answer.push(data));
    // It may be cut off while it still sends.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(late);
      resolve(Buffer.concat(answer));
    });
  });
}

/** How many answers there were, by status; `none`: the client did not wait for one, or was cut off as it sent. */
export type Tally = Map<string, number>;

/**
 * Sends so many hostile requests to a service, and looks at every answer.
 * @param seed The same requests come of the same one.
 */
export async function attack(address: string, count: number, seed: number): Promise<Tally> {
  const pictures = await seeds();
  const port = Number(new URL(address).port);
  const tally: Tally = new Map();
  let next = 0;
  const client = async () => {
    while (next < count) {
      const random = seededRandom(seed + next++);
      const request = hostile(pictures, random);
      const status = check(await send(port, addressed(request, port)), request);
      tally.set(status, (tally.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return tally;
}

/** Every answer is typed: a picture, or a problem with one of our codes. */
function check(answer: Buffer, { after, parts }: Hostile): string {
  const shown = `${answer.toString('latin1', 0, 400)}\nto ${Buffer.from(parts[0]).toString('latin1', 0, 400)}`;
  const [, status = 'none'] = /^HTTP\/1\.1 (\d{3}) /.exec(answer.toString('latin1', 0, 20)) ?? [];
  if (status === 'none') {
    expect(answer.length, shown).toBe(0);
    // A slow one may be cut off as it sends, which takes the answer from it.
    expect(after === 'listen' && parts.length === 1, shown).toBe(false);
    return status;
  }
  const [lines, ...rest] = answer.toString('latin1').split('\r\n\r\n');
  const type = /^content-type: (.*)$/im.exec(lines)?.[1];
  if (Number(status) < 400) {
    expect(['image/png', 'text/html; charset=utf-8', undefined], shown).toContain(type);
  } else {
    expect(type, shown).toBe('application/problem+json');
    const { code } = JSON.parse(rest.join('\r\n\r\n').split('\n')[0]);
    expect(Object.keys(ERROR_CODES), shown).toContain(code);
    // A bad picture is no failure of ours.
    expect(Number(status) === 500, shown).toBe(false);
  }
  return status;
}

/** Of the process, in MB, once it has nothing to do. */
export async function residentMemory(address: string): Promise<number> {
  await new Promise((next) => setTimeout(next, 3000));
  const text = await (await fetch(`${address}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\d+)/m.exec(text)?.[1]) / 1e6;
}
