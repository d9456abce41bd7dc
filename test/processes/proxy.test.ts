import { execFile } from 'node:child_process';
import * as http from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/command.js';

const COMMAND = join(import.meta.dirname, '../../dist/cyclegan.mjs');
/** Whether this Node can have requests go through a proxy once it has started. */
const canUse = 'setGlobalProxyFromEnv' in http;

/** A proxy that lets nothing through and notes what it was asked for. */
async function proxy(): Promise<{ address: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer();
  server.on('connect', ({ url }, socket) => {
    asked.push(url ?? '');
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** @returns What the command says on standard error. */
function download(env: Readonly<Record<string, string>>): Promise<string> {
  const folder = temporaryFolder();
  onTestFinished(folder.remove);
  const args = [COMMAND, 'download', 'book/horse2zebra', '--retries', '0'];
  args.push('--url', 'https://models.invalid/a.pth');
  return new Promise((resolve) => {
    const all = { ...process.env, CYCLEGAN_CACHE: folder.path, ...env };
    execFile(process.execPath, args, { env: all }, (_error, _stdout, stderr) => resolve(stderr));
  });
}

it('downloads go through the proxy that HTTPS_PROXY names, or the error names it', async () => {
  const { address, asked } = await proxy();
  const said = await download({
    HTTPS_PROXY: address,
    https_proxy: '',
    NO_PROXY: '',
    no_proxy: '',
  });
  expect(asked).toEqual(canUse ? ['models.invalid:443'] : []);
  expect(said).toContain(
    canUse ? 'through the proxy that HTTPS_PROXY names' : 'NODE_USE_ENV_PROXY=1',
  );
});

it('hosts that NO_PROXY lists are reached without it', async () => {
  const { address, asked } = await proxy();
  const said = await download({ HTTPS_PROXY: address, NO_PROXY: 'example.org, .invalid' });
  expect(asked).toEqual([]);
  expect(said).toContain('https://models.invalid/a.pth: it cannot be fetched');
  expect(said).not.toContain('HTTPS_PROXY');
});
