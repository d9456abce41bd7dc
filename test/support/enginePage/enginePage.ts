import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../pageHost.js';
import type { Done, Task, Where } from './tasks.js';

/** A page in Chromium that runs networks by the library as it is in `src`, for whoever asks. */
export class EnginePage {
  readonly #browser: Browser;
  readonly #server: Server;
  readonly #page: Page;

  /**
   * @param flags Of Chromium.
   * @param headers Of all that is served.
   */
  static async open(
    flags: readonly string[],
    headers: Readonly<Record<string, string>> = {},
  ): Promise<EnginePage> {
    const script = await bundle();
    const server = createServer(({ url }, response) => {
      const isScript = url === '/inPage.js';
      const type = isScript ? 'text/javascript' : 'text/html';
      response.writeHead(200, { 'Content-Type': type, ...headers });
      response.end(
        isScript ? script : '<!doctype html><script type="module" src="/inPage.js"></script>',
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const browser = await launchChromium(flags);
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction(() => 'performTask' in globalThis);
    return new EnginePage(browser, server, page);
  }

  private constructor(browser: Browser, server: Server, page: Page) {
    this.#browser = browser;
    this.#server = server;
    this.#page = page;
  }

  /** So much may the page keep. */
  async setQuota(quotaSize: number): Promise<void> {
    const session = await this.#page.context().newCDPSession(this.#page);
    const { origin } = new URL(this.#page.url());
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize });
  }

  /** Runs a function in the window. */
  evaluate<T>(action: () => Promise<T>): Promise<T> {
    return this.#page.evaluate(action);
  }

  /** @throws What the page does. */
  perform(task: Task, where: Where): Promise<Done> {
    return this.#page.evaluate(
      ([task, where]) =>
        (
          globalThis as unknown as { performTask(task: Task, where: Where): Promise<Done> }
        ).performTask(task, where),
      [task, where] as const,
    );
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

async function bundle(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'inPage.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: ['node:*'],
    logLevel: 'warning',
  });
  return outputFiles[0].contents;
}
