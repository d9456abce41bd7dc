import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addServiceWorker, buildPage } from '../../scripts/buildPage.mjs';
import { decodeImage, encodeImage } from '../../src/image/formats.js';
import { SMALL_PICTURE, temporaryFolder } from '../support/command.js';
import {
  ISOLATION,
  launchChromium,
  missingChromium,
  type PageHost,
  startPageHost,
} from '../support/pageHost.js';

const LIMIT = { timeout: 120_000 };
const home = temporaryFolder();

describe.skipIf(missingChromium !== null)('the page without its host', () => {
  let browser: Browser;
  let context: BrowserContext;
  let host: PageHost;
  let page: Page;
  let problems: string[] = [];

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    home.remove();
  });
  beforeEach(async () => {
    await buildPage(home.path);
    problems = [];
    context = await browser.newContext();
    page = await context.newPage();
    page.on('pageerror', ({ message }) => problems.push(message));
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  });
  afterEach(async () => {
    await context.close();
    await host.stop();
  });

  const done = (count: number) =>
    page.waitForFunction(
      (wanted) => document.querySelectorAll('[data-status="done"]').length >= wanted,
      count,
      LIMIT,
    );
  const isIsolated = () => page.evaluate(() => globalThis.crossOriginIsolated);
  /** Opens the page, and waits until it is kept for the next time. */
  const firstVisit = async () => {
    await page.goto(host.address);
    await done(1);
    await page.getByText('From the next visit on').waitFor(LIMIT);
  };

  it('asks for nothing after it was loaded, and opens again, with threads that its host does not allow', async () => {
    host = await startPageHost(home.path);
    await firstVisit();
    expect(await isIsolated()).toBe(false);
    await host.stop();
    const picture = Buffer.from(encodeImage(SMALL_PICTURE, 'small.png'));
    const input = page.locator('input[type=file]').first();
    const add = (name: string) =>
      input.setInputFiles([{ name, mimeType: 'image/png', buffer: picture }]);
    await add('small.png');
    await page.getByRole('heading', { name: 'small.png' }).waitFor(LIMIT);
    await done(1);
    await page.reload();
    await done(1);
    expect(await isIsolated()).toBe(true);
    await add('another.png');
    await page.getByRole('heading', { name: 'another.png' }).waitFor(LIMIT);
    await done(1);
    expect(problems).toEqual([]);
    await host.start();
  });

  it('says that a newer version is there, and loads it when it is told to', async () => {
    host = await startPageHost(home.path, ISOLATION);
    const late = join(home.path, 'called-late.js');
    writeFileSync(late, 'export {};');
    await addServiceWorker(home.path);
    await firstVisit();
    rmSync(late);
    appendFileSync(join(home.path, 'style.css'), ':root { --version: second }');
    await addServiceWorker(home.path);
    await page.reload();
    const version = () =>
      page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--version'));
    await page.getByText('A newer version').waitFor(LIMIT);
    expect((await version()).trim()).toBe('');
    await page.getByRole('button', { name: 'Load it' }).click();
    await expect.poll(async () => (await version().catch(() => '')).trim(), LIMIT).toBe('second');
    await done(1);
    // Windows that show the first version still get the scripts that they load when those are called for.
    const script = () => page.evaluate(() => fetch('called-late.js').then((got) => got.text()));
    expect(await script()).toBe('export {};');
    // Of that version all is kept, too.
    await host.stop();
    await page.reload();
    await done(1);
    expect((await version()).trim()).toBe('second');
    expect(problems).toEqual([]);
    await host.start();
  });

  it('can be installed', async () => {
    host = await startPageHost(home.path);
    await firstVisit();
    const devtools = await context.newCDPSession(page);
    const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
    // A window without history, as tests have it, is the one thing that is in the way.
    const ids = installabilityErrors.map(({ errorId }) => errorId);
    expect(ids.filter((id) => id !== 'in-incognito')).toEqual([]);
    const { icons } = JSON.parse(readFileSync(join(home.path, 'manifest.webmanifest'), 'utf8'));
    for (const { src, sizes, type } of icons) {
      if (type !== 'image/png') continue;
      const { width, height } = decodeImage(readFileSync(join(home.path, src)));
      expect(`${width}x${height}`).toBe(sizes);
    }
  });
});
