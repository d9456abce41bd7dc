import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, missingChromium } from '../support/pageHost.js';

const COMMAND = join(import.meta.dirname, '../../dist/cyclegan.mjs');
const LIMIT = { timeout: 120_000 };

describe.skipIf(missingChromium !== null)('the page of cyclegan studio', () => {
  let browser: Browser;
  let child: ChildProcess;
  let address = '';

  beforeAll(async () => {
    browser = await launchChromium();
    const started = spawn(process.execPath, [COMMAND, 'studio', '--no-open', '--port', '0']);
    child = started;
    address = await new Promise((resolve, reject) => {
      started.stdout.once('data', (data) => resolve(String(data).trim()));
      started.once('close', (code) => reject(new Error(`it ended with ${code}`)));
    });
  });
  afterAll(async () => {
    await browser?.close();
    child?.kill();
  });

  it('translates, may have threads, and leaves no service worker behind', async () => {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('pageerror', ({ message }) => problems.push(message));
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    await page.goto(address);
    await page.locator('[data-status="done"]').waitFor(LIMIT);
    expect(await page.evaluate(() => globalThis.crossOriginIsolated)).toBe(true);
    // As the page does it, too.
    await page.evaluate(
      async () => void (await navigator.serviceWorker.register('serviceWorker.js')),
    );
    const left = () =>
      page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length);
    await expect.poll(left, LIMIT).toBe(0);
    expect(problems).toEqual([]);
  });

  it('is shown within no other page', async () => {
    const page = await browser.newPage();
    await page.goto('about:blank');
    await page.setContent(`<iframe src="${address}"></iframe>`);
    const frame = page.frames()[1];
    await expect.poll(() => frame.url(), LIMIT).toMatch(/^chrome-error:/);
  });
});
