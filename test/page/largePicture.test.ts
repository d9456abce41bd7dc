import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { missingChromium } from '../support/pageHost.js';
import { DESK, PATIENCE, type PageUser, ServedPage } from '../support/pageUser.js';

/** So many GB have two fifths that the sample fits into at a short side of 256, and at 768 with a file alone. */
const LITTLE = 0.22;

/** Has the page's worker believe that the device has so many GB of memory, and two cores; and counts the files that it opens. */
const deviceMemory = (gigabytes: number) => async (page: Page) => {
  const lines = `
    Object.defineProperty(navigator, 'deviceMemory', { value: ${gigabytes} });
    Object.defineProperty(navigator, 'hardwareConcurrency', { value: 2 });
    globalThis.opened = 0;
    const { prototype } = FileSystemFileHandle;
    const { createSyncAccessHandle } = prototype;
    prototype.createSyncAccessHandle = function () {
      globalThis.opened++;
      return createSyncAccessHandle.call(this);
    };`;
  await page.route('**/worker.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${lines}\n${await response.text()}` });
  });
};

describe.skipIf(missingChromium !== null)('a picture that does not fit into memory', () => {
  let served: ServedPage;
  let user: PageUser;
  beforeAll(async () => {
    served = await ServedPage.start();
  });
  afterAll(() => served?.stop());
  afterEach(() => user.leave());

  const visit = async (gigabytes: number, quotaSize?: number) => {
    user = await served.visit({ viewport: DESK }, deviceMemory(gigabytes));
    await user.seesResult('sample.png');
    const session = await user.page.context().newCDPSession(user.page);
    const { origin } = new URL(user.page.url());
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize });
    await user.page.getByLabel('Size for the model').selectOption('width');
    await user.page.getByLabel('Width', { exact: true }).fill('942');
  };
  const opened = () =>
    user.page.workers()[0].evaluate(() => (globalThis as unknown as { opened: number }).opened);
  const filesThere = () =>
    user.page.evaluate(async () => {
      const names: string[] = [];
      for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
      return names.filter((name) => name.endsWith('.scratch'));
    });
  const saved = async () => {
    await user.page.getByText('628 × 512 → 944 × 768').waitFor(PATIENCE);
    return (await user.saved('Save')).bytes;
  };

  it('goes through a file, to the same bytes, and the file goes', async () => {
    await visit(LITTLE);
    expect(await opened()).toBe(0);
    const bytes = await saved();
    expect(await opened()).toBe(1);
    await expect.poll(filesThere, PATIENCE).toEqual([]);
    expect(user.problems).toEqual([]);
    await user.leave();
    await visit(8);
    expect(Buffer.from(await saved()).equals(bytes)).toBe(true);
    expect(await opened()).toBe(0);
  });

  it('takes its file along when it is removed', async () => {
    await visit(LITTLE);
    await expect.poll(filesThere, { ...PATIENCE, interval: 5 }).toHaveLength(1);
    await user.page.getByRole('button', { name: 'Remove sample.png' }).click();
    await expect.poll(filesThere, PATIENCE).toEqual([]);
    expect(user.problems).toEqual([]);
  });

  it('is offered smaller where the browser has no room for a file', async () => {
    await visit(LITTLE, 1000);
    await user.page
      .getByText(/at \d+ x 768, this model takes about .* At a short side of 512, it fits/)
      .waitFor(PATIENCE);
    await user.page.getByRole('button', { name: 'Translate at 512' }).waitFor(PATIENCE);
    expect(await filesThere()).toEqual([]);
    expect(user.problems).toEqual([]);
  });

  it('has left no file when the page comes again', async () => {
    await visit(8);
    await user.page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      await root.getFileHandle('cyclegan-0123abcd.scratch', { create: true });
    });
    await user.page.reload();
    await expect.poll(filesThere, PATIENCE).toEqual([]);
    expect(user.problems).toEqual([]);
  });
});
