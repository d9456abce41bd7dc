import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, copyFileSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, get, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bundleCommand } from '../../scripts/bundleCommand.mjs';
import { runCommand, temporaryFolder } from '../support/command.js';

const home = temporaryFolder();
const command = join(home.path, 'cyclegan.mjs');
const page = join(home.path, 'page');
const weights = join(import.meta.dirname, '../../weights/horse2zebra-mini.pth');
const children: ChildProcess[] = [];

beforeAll(() => {
  mkdirSync(join(page, 'parts'), { recursive: true });
  writeFileSync(join(page, 'index.html'), '<!doctype html><title>page</title>');
  writeFileSync(join(page, 'parts/page.js'), 'export {};');
  writeFileSync(join(page, 'serviceWorker.js'), 'export {};');
  copyFileSync(weights, join(page, 'horse2zebra-mini.pth'));
  return bundleCommand(command, page);
});
afterAll(home.remove);
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

interface Studio {
  readonly child: ChildProcess;
  readonly address: string;
  readonly ended: Promise<number | null>;
}

/** The command, once it has said where it listens. */
async function studio(args: readonly string[], path = ''): Promise<Studio> {
  const env = { ...process.env, PATH: path };
  const child = spawn(process.execPath, [command, 'studio', ...args], { cwd: home.path, env });
  children.push(child);
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const address = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (data) => {
      text += data;
      if (text.endsWith('\n')) resolve(text.trim());
    });
    child.on('close', (code) => reject(new Error(`it ended with ${code}`)));
  });
  return { child, address, ended };
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

function ask(
  address: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request(address, { headers, method, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () =>
        resolve({
          status: response.statusCode,
          headers: response.headers,
          body: Buffer.concat(parts),
        }),
      );
    });
    asking.on('error', reject);
    asking.end();
  });
}

describe('cyclegan studio', () => {
  it('serves the page that it carries, with the headers that threads need', async () => {
    const { address } = await studio(['--no-open', '--port', '0']);
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const { status, headers, body } = await ask(address);
    expect([status, body.toString()]).toEqual([200, '<!doctype html><title>page</title>']);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'same-origin',
      'content-security-policy': "frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
    });
    const script = await ask(`${address}parts/page.js?x=1`);
    expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8');
    // The model lies in the command once, for its own use and for the page.
    const model = await ask(`${address}horse2zebra-mini.pth`);
    expect(model.body.equals(readFileSync(weights))).toBe(true);
    const tag = String(headers.etag);
    expect((await ask(address, { 'If-None-Match': tag })).status).toBe(304);
    const head = await ask(address, {}, 'HEAD');
    expect([head.status, head.body.length, head.headers['content-length']]).toEqual([200, 0, '34']);
  });

  it('has nothing but the files of the page, and they are only read', async () => {
    const { address } = await studio(['--no-open', '--port', '0']);
    const refused = ['none.js', '../cyclegan.mjs', '%2e%2e/cyclegan.mjs', 'parts', '__proto__'];
    for (const path of refused) expect((await ask(address + path)).status).toBe(404);
    // A service worker would answer at this port when the command has ended, whatever listens there.
    const { body } = await ask(`${address}serviceWorker.js`);
    expect(body.toString()).toContain('registration.unregister()');
    const post = await ask(address, {}, 'POST');
    expect([post.status, post.headers.allow]).toEqual([405, 'GET, HEAD']);
  });

  it('answers its own page alone', async () => {
    const { address } = await studio(['--no-open', '--port', '0']);
    const { host, port } = new URL(address);
    const statusOf = async (headers: Record<string, string>) =>
      (await ask(address, headers)).status;
    expect(await statusOf({ Host: `localhost:${port}` })).toBe(200);
    expect(await statusOf({ Origin: `http://${host}` })).toBe(200);
    // A name that was made to lead to this computer, and pages of other origins.
    expect(await statusOf({ Host: `rebound.example:${port}` })).toBe(403);
    expect(await statusOf({ Host: '127.0.0.1' })).toBe(403);
    expect(await statusOf({ Origin: 'https://elsewhere.example' })).toBe(403);
    expect(await statusOf({ Origin: 'null' })).toBe(403);
  });

  it('takes another port when nobody has named one, and else says that it is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const taken = await runCommand(
      command,
      ['studio', '--no-open', '--port', `${port}`],
      home.path,
    );
    expect(taken).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `cyclegan: Port ${port} is taken: another program listens there.\n`,
    });
    other.close();
    const [first, second] = [await studio(['--no-open']), await studio(['--no-open'])];
    expect(first.address).not.toBe(second.address);
    for (const { address } of [first, second]) expect((await ask(address)).status).toBe(200);
  });

  it.skipIf(process.platform !== 'linux')('opens the browser', async () => {
    const folder = join(home.path, 'bin');
    const opened = join(home.path, 'opened');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'xdg-open'), `#!/bin/sh\nprintf %s "$1" > ${opened}\n`, {
      mode: 0o755,
    });
    const { address } = await studio(['--port', '0'], folder);
    await expect.poll(() => readIfThere(opened), { timeout: 30_000 }).toBe(address);
  });

  it.skipIf(process.platform === 'win32').each(['SIGINT', 'SIGTERM'] as const)(
    'ends well by %s, while a browser keeps its connection',
    async (signal) => {
      const { child, address, ended } = await studio(['--port', '0']);
      await new Promise((resolve) => get(address, resolve).on('error', () => undefined));
      child.kill(signal);
      expect(await ended).toBe(0);
    },
  );

  it.skipIf(process.platform !== 'linux')(
    'ends when nobody can be told where it listens',
    async () => {
      const full = openSync('/dev/full', 'w');
      const args = [command, 'studio', '--no-open', '--port', '0'];
      const child = spawn(process.execPath, args, { stdio: ['ignore', full, 'ignore'] });
      children.push(child);
      closeSync(full);
      expect(await new Promise((resolve) => child.on('close', resolve))).toBe(1);
    },
  );

  it('refuses what it does not understand', async () => {
    for (const args of [['--port', 'x'], ['--port', '65536'], ['horse.jpg']]) {
      expect((await runCommand(command, ['studio', ...args], home.path)).code).toBe(2);
    }
  });
});

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
