import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingChromium } from '../support/pageHost.js';
import { DESK, PATIENCE, type PageUser, PHONE, ServedPage } from '../support/pageUser.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SAMPLE = readFileSync(new URL('../../weights/sample.png', import.meta.url));

const LOOKS: readonly (readonly [name: string, options: BrowserContextOptions])[] = [
  ['light', { viewport: DESK, colorScheme: 'light' }],
  ['dark', { viewport: DESK, colorScheme: 'dark' }],
  ['light phone', { ...PHONE, colorScheme: 'light' }],
  ['dark phone', { ...PHONE, colorScheme: 'dark' }],
];

describe.skipIf(missingChromium !== null)('manners', () => {
  let served: ServedPage;
  beforeAll(async () => {
    served = await ServedPage.start();
  });
  afterAll(() => served?.stop());

  /** What axe finds, in a line each. */
  async function findings({ page }: PageUser): Promise<string[]> {
    // The page's own policy lets no script in but its own.
    await page.evaluate(AXE);
    return page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: {
          run(): Promise<{
            violations: { id: string; nodes: { target: string[]; failureSummary: string }[] }[];
          }>;
        };
      };
      const { violations } = await axe.run();
      return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id}: ${target}: ${failureSummary}`),
      );
    });
  }

  it.each(LOOKS)('keep nobody out and fit the width, in %s', async (_, options) => {
    const user = await served.visit(options);
    const { page } = user;
    await user.seesResult('sample.png');
    expect(await findings(user)).toEqual([]);
    for (const summary of ['Details', 'How the model is fed', 'How it runs']) {
      await page.getByText(summary, { exact: true }).click();
    }
    const bad = { name: 'cut.png', bytes: SAMPLE.subarray(0, 900) };
    await user.choose([{ name: 'horse.png', bytes: SAMPLE }, bad]);
    await user.drop([{ name: 'no.pth', bytes: SAMPLE.subarray(0, 900) }]);
    await user.seesTally('1 of 2 pictures, 1 failed');
    await page.getByText('no.pth is not used').waitFor(PATIENCE);
    await page.getByRole('button', { name: 'cut.png, failed' }).click();
    expect(await findings(user)).toEqual([]);
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await page.getByText('Save all').click();
    expect(await findings(user)).toEqual([]);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
    await page.getByRole('button', { name: 'Network', exact: true }).click();
    await page.getByRole('img', { name: 'The network, layer by layer' }).waitFor(PATIENCE);
    expect(await findings(user)).toEqual([]);
    await user.leave();
  });

  it('need no pointer: all can be reached and done by keys, and the focus is seen and comes back', async () => {
    const user = await served.visit();
    const { page } = user;
    const { keyboard } = page;
    await user.seesResult('sample.png');
    const focused = () =>
      page.evaluate(() => {
        const element = document.activeElement as HTMLInputElement;
        // Chromium lets keys into what scrolls, too.
        if (!element.matches('button, input, select, summary')) return '';
        const label = element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent;
        return label ?? element.textContent ?? '';
      });
    const reached: string[] = [];
    const tabTo = async (name: string) => {
      for (let i = 0; i < 60; i++) {
        await keyboard.press('Tab');
        reached.push(await focused());
        if (reached[reached.length - 1].includes(name)) return;
      }
      throw new Error(`${name} is not reached: ${reached.join(' | ')}`);
    };
    await tabTo('Pictures');
    await tabTo('Divider between input and output');
    const width = await page.evaluate(
      () => getComputedStyle(document.activeElement as Element).outlineWidth,
    );
    expect(width).toBe('3px');
    await keyboard.press('ArrowLeft');
    expect(await page.locator('.divider').inputValue()).toBe('49');
    await tabTo('Save');
    const [download] = await Promise.all([page.waitForEvent('download'), keyboard.press('Enter')]);
    expect(download.suggestedFilename()).toBe('sample.cyclegan.png');
    await tabTo('Network');
    await keyboard.press('Enter');
    await page.getByRole('img', { name: 'The network, layer by layer' }).waitFor(PATIENCE);
    await keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached', ...PATIENCE });
    expect(await focused()).toBe('Network');
    await tabTo("Keep the picture's size");
    await keyboard.press('Space');
    await page.getByText('628 × 512 → 628 × 512').waitFor(PATIENCE);
    expect(user.problems).toEqual([]);
    await user.leave();
  });

  it('move nothing for those who want no motion, and shift nothing while a picture comes', async () => {
    const user = await served.visit({ viewport: DESK, reducedMotion: 'reduce' });
    const { page } = user;
    await user.seesResult('sample.png');
    const moving = await page.evaluate(
      () =>
        [...document.querySelectorAll('*')].filter((element) => {
          const { transitionDuration, animationName } = getComputedStyle(element);
          return transitionDuration !== '0s' || animationName !== 'none';
        }).length,
    );
    expect(moving).toBe(0);
    const shifts = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          new PerformanceObserver((list) => {
            const entries = list.getEntries() as unknown as { value: number }[];
            resolve(entries.reduce((sum, { value }) => sum + value, 0));
          }).observe({ type: 'layout-shift', buffered: true });
          // Where nothing was shifted, nothing is told.
          setTimeout(() => resolve(0), 500);
        }),
    );
    // What the web calls good is 0.1.
    expect(shifts).toBeLessThan(0.05);
    await user.leave();
  });
});
