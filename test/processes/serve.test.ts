import type { ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bundleCommand } from '../../scripts/bundleCommand.mjs';
import { decodeImage, encodeImage } from '../../src/image/formats.js';
import { runCommand, SMALL_PICTURE, temporaryFolder } from '../support/command.js';
import { fixturePath, hasFixtures } from '../support/fixtures.js';
import { type Served, serveCommand } from '../support/servedCommand.js';

const home = temporaryFolder();
const command = join(home.path, 'cyclegan.mjs');
const page = join(home.path, 'page');
const cache = join(home.path, 'cache');
const weights = join(import.meta.dirname, '../golden/data/tiny_zip.pth');
const MINI_WEIGHTS = join(import.meta.dirname, '../../weights/horse2zebra-mini.pth');
const picture = encodeImage(SMALL_PICTURE, 'small.png') as Uint8Array<ArrayBuffer>;
const children: ChildProcess[] = [];
/** Of a machine that does much else. */
const PATIENT = { timeout: 20_000 };

beforeAll(() => {
  mkdirSync(page);
  writeFileSync(join(page, 'index.html'), '<!doctype html><title>page</title>');
  return bundleCommand(command, page);
});
afterAll(home.remove);
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function serve(...args: readonly string[]): Promise<Served> {
  const served = await serveCommand(command, args, { cwd: home.path, cache });
  children.push(served.child);
  return served;
}

function post(address: string, query = 'resize=none', init: RequestInit = {}): Promise<Response> {
  return fetch(`${address}/v1/translate?${query}`, { method: 'POST', body: picture, ...init });
}

describe('cyclegan serve', () => {
  it('gives the bytes that the command writes, and logs a line for each request', async () => {
    writeFileSync(join(home.path, 'small.png'), picture);
    const args = ['small.png', '-o', 'made.png', '-w', weights, '--resize', '24', '--keep-size'];
    expect((await runCommand(command, args, home.path, cache)).code).toBe(0);
    const { address, log } = await serve('-w', `tiny=${weights}`, '-w', weights);
    const response = await post(address, 'resize=24&keep-size');
    expect(response.status).toBe(200);
    const made = Buffer.from(await response.arrayBuffer());
    expect(made.equals(readFileSync(join(home.path, 'made.png')))).toBe(true);
    const { models } = await (await fetch(`${address}/v1/models`)).json();
    expect(models.map(({ name }: { name: string }) => name)).toEqual(['tiny', 'tiny_zip']);
    await expect.poll(log, PATIENT).toContain('/v1/models');
    const entries = log()
      .split('\n')
      .filter((line) => line.startsWith('{'));
    expect(JSON.parse(entries[0])).toMatchObject({
      status: 200,
      model: 'tiny',
      bytesOut: made.length,
      requestId: response.headers.get('x-request-id'),
    });
  });

  it.skipIf(!hasFixtures)('serves each network of a checkpoint that holds several', async () => {
    const path = (name: string) => fixturePath('families/mmgen-cyclegan', name);
    const file = path('cyclegan_lsgan_resnet_in_1x1_266800_horse2zebra.pth');
    const { address } = await serve(
      ...['-w', `horse=${file}`, '--key', 'horse=state_dict.generators.horse'],
      ...['-w', `zebra=${file}`, '--key', 'zebra=state_dict.generators.zebra'],
    );
    const body = readFileSync(path('picture.png'));
    const levels = async (model: string) => {
      const response = await post(address, `resize=none&model=${model}`, { body });
      return decodeImage(new Uint8Array(await response.arrayBuffer())).data;
    };
    // By the original's own code; whoever rounds otherwise is one level off.
    const expected = decodeImage(readFileSync(path('expected.png'))).data;
    expect(mostApart(await levels('zebra'), expected)).toBeLessThanOrEqual(1);
    expect(mostApart(await levels('horse'), expected)).toBeGreaterThan(1);
  });

  it('answers the names of this computer, and its own pages, alone', async () => {
    const { address } = await serve('-w', weights, '--studio');
    const status = async (headers: Record<string, string>) =>
      raw(
        address,
        `GET /v1/models HTTP/1.1\r\n${lines({ Host: new URL(address).host, ...headers })}`,
      );
    expect(await status({})).toMatch(/^HTTP\/1.1 200/);
    expect(await status({ Host: 'rebound.example' })).toMatch(/^HTTP\/1.1 403/);
    expect(await status({ Origin: 'https://elsewhere.example' })).toMatch(/^HTTP\/1.1 403/);
    expect(await (await fetch(`${address}/`)).text()).toContain('<title>page</title>');
    expect((await fetch(`${address}/docs`)).headers.get('content-type')).toContain('text/html');
  });

  it('answers what is no request with a problem, and goes on', async () => {
    const { address } = await serve('-w', weights);
    const host = new URL(address).host;
    for (const [text, expected] of [
      ['nonsense\r\n\r\n', 400],
      [`GET / HTTP/1.1\r\nHost: ${host}\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
      [`POST /v1/translate HTTP/1.1\r\nHost: ${host}\r\nContent-Length: -1\r\n\r\n`, 400],
      [`GET http://[ HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`, 400],
      [`GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n`, 400],
    ] as const) {
      const answer = await raw(address, text);
      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${expected} `));
      expect(answer.toLowerCase()).toContain('content-type: application/problem+json');
    }
    expect((await post(address)).status).toBe(200);
  });

  // The first is at its network for a minute: whoever comes next, and there is one thread, would wait for longer than is waited here. The
  // second is what heeds its signal by itself.
  it.each([
    ['js', MINI_WEIGHTS, '1200x1200'],
    ['wasm', weights, '1999x1999'],
  ])('ends the work for a client that went away (%s)', async (engine, file, size) => {
    const { address, log } = await serve('-w', file, '--queue', '0', '--engine', engine);
    const controller = new AbortController();
    const asking = post(address, `resize=${size}`, { signal: controller.signal });
    const metrics = async () => (await fetch(`${address}/metrics`)).text();
    await expect.poll(metrics, PATIENT).toContain('cyclegan_in_progress 1');
    controller.abort();
    await expect(asking).rejects.toThrow();
    await expect.poll(log, PATIENT).toContain('"status":499');
    await expect.poll(async () => (await post(address)).status, PATIENT).toBe(200);
    // What went through all of a network is that last one.
    expect(await metrics()).toMatch(
      /^cyclegan_stage_duration_seconds_count\{stage="network"\} 1$/m,
    );
  });

  it.skipIf(process.platform === 'win32').each(['SIGTERM', 'SIGINT'] as const)(
    'answers by %s what it has taken, and ends',
    async (signal) => {
      const { address, child, ended } = await serve('-w', weights, '--queue', '9');
      const asking = Array.from({ length: 10 }, () => post(address, 'resize=200x200'));
      await expect
        .poll(async () => (await fetch(`${address}/metrics`)).text(), PATIENT)
        .toMatch(/cyclegan_(queue_waiting|in_progress) [1-9]/);
      child.kill(signal);
      const statuses = await Promise.all(asking.map(async (one) => (await one).status));
      // Those that came after the signal were not taken; none was taken and lost.
      expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
      expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(0);
      expect(await ended).toBe(0);
    },
  );

  it('lets no other computer in without a token', async () => {
    const refused = await runCommand(command, ['serve', '--host', '0.0.0.0'], home.path);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('--token');
    const { address } = await serve(
      '--host',
      '0.0.0.0',
      '--token',
      'sixteen-letters-',
      '-w',
      weights,
    );
    const own = address.replace('0.0.0.0', '127.0.0.1');
    expect((await post(own)).status).toBe(401);
    const headers = { Authorization: 'Bearer sixteen-letters-' };
    expect((await post(own, 'resize=none', { headers })).status).toBe(200);
  });

  it('does not begin without its models, or with options that make no sense', async () => {
    const missing = await runCommand(command, ['serve', '-w', 'none.pth'], home.path);
    expect([missing.code, missing.stdout]).toEqual([1, '']);
    for (const args of [
      ['horse.jpg'],
      ['--port', 'x'],
      ['--concurrency', '0'],
      ['--token', 'short'],
      ['--allow-origin', 'example.org'],
      ['-w', 'https://example.org/x.pth'],
      ['-w', weights, '-w', weights],
    ]) {
      expect((await runCommand(command, ['serve', ...args], home.path)).code).toBe(2);
    }
  });
});

function mostApart(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, level, i) => Math.max(most, Math.abs(level - b[i])), 0);
}

function lines(headers: Record<string, string>): string {
  const all = Object.entries({ ...headers, Connection: 'close' });
  return `${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

/** What comes back for bytes as they are. */
function raw(address: string, text: string): Promise<string> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let answer = '';
    socket.on('data', (data) => {
      answer += data;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}
