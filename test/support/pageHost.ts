import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { mediaType } from '../../src/http/site.js';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Why no page can be opened, or `null`. */
export const missingChromium = existsSync(CHROMIUM)
  ? null
  : `no ${CHROMIUM}: apt-get install -y chromium`;

export function launchChromium(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', ...args] });
}

/** Of hosts that let pages have threads. */
export const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export interface PageHost {
  /** Of the page. */
  readonly address: string;
  /** Paths that were asked for since the last start. */
  readonly requests: string[];
  /** There is no such server from now on. */
  stop(): Promise<void>;
  /** There is again, at the same address. */
  start(): Promise<void>;
}

/** A static host that has a folder in a subfolder of its own, and sends no headers but those. */
export async function startPageHost(
  folder: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<PageHost> {
  const requests: string[] = [];
  const server = createServer(({ url = '/' }, response) => {
    requests.push(url);
    const path = url.replace(/\?.*$/, '').replace(/\/$/, '/index.html');
    const file = join(folder, path.replace(/^\/some\/folder\//, ''));
    const isThere = path.startsWith('/some/folder/') && !path.includes('..') && existsSync(file);
    response.writeHead(isThere ? 200 : 404, { 'Content-Type': mediaType(path), ...headers });
    response.end(isThere ? readFileSync(file) : '');
  });
  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/some/folder/`,
    requests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    start: () => {
      requests.length = 0;
      return listen(port);
    },
  };
}
