import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { buildPage } from '../../scripts/buildPage.mjs';
import { temporaryFolder } from './command.js';
import { ISOLATION, launchChromium, type PageHost, startPageHost } from './pageHost.js';

/** How long something may take on a machine that has much else to do. */
export const PATIENCE = { timeout: 120_000 };

export const DESK = { width: 1280, height: 800 };
export const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
  deviceScaleFactor: 2,
};

export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The page, built and served once for a file of tests. */
export class ServedPage {
  readonly browser: Browser;
  readonly host: PageHost;
  readonly #home: { readonly path: string; remove(): void };

  static async start(args: readonly string[] = []): Promise<ServedPage> {
    const home = temporaryFolder();
    await buildPage(join(home.path, 'page'));
    const host = await startPageHost(join(home.path, 'page'), ISOLATION);
    return new ServedPage(await launchChromium(args), host, home);
  }

  private constructor(
    browser: Browser,
    host: PageHost,
    home: { readonly path: string; remove(): void },
  ) {
    this.browser = browser;
    this.host = host;
    this.#home = home;
  }

  /**
   * Somebody who has never been there.
   * @param prepare Before the page comes.
   */
  async visit(
    options: BrowserContextOptions = { viewport: DESK },
    prepare: (page: Page) => Promise<void> = async () => undefined,
  ): Promise<PageUser> {
    const context = await this.browser.newContext({ ...options, serviceWorkers: 'block' });
    const page = await context.newPage();
    const user = new PageUser(context, page);
    await page.addInitScript(remarksStay);
    await prepare(page);
    await page.goto(this.host.address);
    return user;
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.host.stop();
    this.#home.remove();
  }
}

/** What is told in passing goes after five seconds, which a busy machine may need to look. */
function remarksStay(): void {
  const later = globalThis.setTimeout;
  const slower = (run: () => void, delay?: number) => later(run, delay === 5000 ? 300_000 : delay);
  globalThis.setTimeout = slower as typeof setTimeout;
}

/** Who uses the page, and what goes wrong meanwhile. */
export class PageUser {
  readonly page: Page;
  /** Errors of the page, and requests that go elsewhere. */
  readonly problems: string[] = [];
  readonly #context: BrowserContext;

  constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
    page.on('pageerror', ({ message }) => this.problems.push(message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.problems.push(message.text());
    });
    page.on('request', (request) => {
      const { protocol, hostname } = new URL(request.url());
      const isHere = hostname === '127.0.0.1' || protocol === 'blob:' || protocol === 'data:';
      if (!isHere) this.problems.push(`asked for ${request.url()}`);
    });
  }

  /** The picture that is shown is translated. */
  async seesResult(name: string): Promise<void> {
    const card = this.page.locator('.card', {
      has: this.page.getByRole('heading', { name, exact: true }),
    });
    await card.and(this.page.locator('[data-status="done"]')).waitFor(PATIENCE);
  }

  /** So many pictures are translated. */
  async seesTally(text: string): Promise<void> {
    await this.page.locator('.tally', { hasText: text }).waitFor(PATIENCE);
  }

  async choose(files: readonly NamedBytes[]): Promise<void> {
    await this.page.locator('input[type=file]').first().setInputFiles(files.map(payload));
  }

  /** As from another window. */
  async drop(files: readonly NamedBytes[]): Promise<void> {
    await this.#give(files, 'drop');
  }

  /** As from a window of the system's files: with all that lies in it. */
  async dropFolder(path: string): Promise<void> {
    const session = await this.#context.newCDPSession(this.page);
    const data = { items: [], files: [path], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await session.send('Input.dispatchDragEvent', { type, x: 200, y: 200, data });
    }
  }

  async paste(files: readonly NamedBytes[]): Promise<void> {
    await this.#give(files, 'paste');
  }

  async #give(files: readonly NamedBytes[], kind: 'drop' | 'paste'): Promise<void> {
    const given = files.map(({ name, bytes }) => ({
      name,
      base64: Buffer.from(bytes).toString('base64'),
    }));
    await this.page.evaluate(
      ([list, event]) => {
        const transfer = new DataTransfer();
        for (const { name, base64 } of list) {
          const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
          const type = name.endsWith('.png') ? 'image/png' : '';
          transfer.items.add(new File([bytes], name, { type }));
        }
        const options = { bubbles: true, cancelable: true };
        if (event === 'paste') {
          document.body.dispatchEvent(
            new ClipboardEvent('paste', { ...options, clipboardData: transfer }),
          );
          return;
        }
        for (const type of ['dragenter', 'dragover', 'drop']) {
          document.body.dispatchEvent(new DragEvent(type, { ...options, dataTransfer: transfer }));
        }
      },
      [given, kind] as const,
    );
  }

  /** What a click gives to save. */
  async saved(name: string | RegExp): Promise<NamedBytes> {
    const [download] = await Promise.all([
      this.page.waitForEvent('download', PATIENCE),
      this.page.getByRole('button', { name, exact: true }).click(),
    ]);
    const bytes = new Uint8Array(readFileSync(await download.path()));
    return { name: download.suggestedFilename(), bytes };
  }

  async leave(): Promise<void> {
    await this.#context.close();
  }
}

function payload({ name, bytes }: NamedBytes) {
  const mimeType = name.endsWith('.png') ? 'image/png' : 'application/octet-stream';
  return { name, mimeType, buffer: Buffer.from(bytes) };
}
