import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeImage, loadEncoder } from '../../src/image/formats.js';
import { loadStateDict } from '../../src/pth/loadStateDict.js';
import { encodeCheckpoint } from '../../src/pth/write/saveCheckpoint.js';
import { missingChromium } from '../support/pageHost.js';
import { PATIENCE, type PageUser, ServedPage } from '../support/pageUser.js';

const GOLDEN = new URL('../golden/data/', import.meta.url);
const TINY = { name: 'tiny.pth', bytes: readFileSync(new URL('tiny_zip.pth', GOLDEN)) };
/** A wide and a high one, so that they cannot be taken for each other. */
const picture = (name: string, width: number, height: number) => ({
  name,
  bytes: encodeImage(
    { width, height, data: new Uint8Array(3 * width * height).map((_, i) => (i * 31) % 256) },
    name,
  ),
});

describe.skipIf(missingChromium !== null)('the page', () => {
  let served: ServedPage;
  let user: PageUser;
  beforeAll(async () => {
    served = await ServedPage.start();
  });
  afterAll(() => served?.stop());
  beforeEach(async () => {
    user = await served.visit();
  });
  afterEach(() => user.leave());

  it('opens with the built-in model, and a sample that is translated', async () => {
    await user.seesResult('sample.png');
    const { page } = user;
    expect(await page.getByText('628 × 512 → 316 × 256').count()).toBe(1);
    expect(await page.getByText('Built in: turns horses into zebras.').count()).toBe(1);
    // As wide as it is high, on each side of the divider.
    const sizes = await page
      .locator('.pane img')
      .evaluateAll((images) =>
        images.map((image) => [
          (image as HTMLImageElement).naturalWidth,
          (image as HTMLImageElement).naturalHeight,
        ]),
      );
    expect(sizes).toEqual([
      [314, 256],
      [316, 256],
    ]);
    expect(await page.evaluate(() => globalThis.crossOriginIsolated)).toBe(true);
    expect(user.problems).toEqual([]);
  });

  it('takes pictures that are dropped, pasted and chosen; the sample goes when others come', async () => {
    await user.seesResult('sample.png');
    await user.drop([picture('wide.png', 40, 20), picture('high.png', 20, 40)]);
    await user.seesTally('2 of 2 pictures');
    await user.paste([picture('pasted.png', 24, 24)]);
    await user.seesTally('3 of 3 pictures');
    await loadEncoder('x.webp');
    // Formats of which browsers show some, and some not.
    await user.drop([picture('some.webp', 30, 20), picture('some.tif', 30, 20)]);
    await user.seesTally('5 of 5 pictures');
    await user.choose([picture('chosen.png', 32, 24)]);
    await user.seesTally('6 of 6 pictures');
    const names = await user.page.locator('.strip .caption bdi').allTextContents();
    expect(names).toEqual([
      'wide.png',
      'high.png',
      'pasted.png',
      'some.webp',
      'some.tif',
      'chosen.png',
    ]);
    await user.seesResult('chosen.png');
    expect(await user.page.getByText('32 × 24 → 344 × 256').count()).toBe(1);
    expect(user.problems).toEqual([]);
  });

  it('says beside a picture why it is not translated, in the words of the command, and goes on', async () => {
    const whole = picture('whole.png', 40, 20);
    await user.drop([{ name: 'cut.png', bytes: whole.bytes.slice(0, 100) }, whole]);
    await user.seesTally('1 of 2 pictures, 1 failed');
    await user.page.getByRole('button', { name: 'cut.png, failed' }).click();
    const problem = await user.page.locator('.card .problem').textContent();
    expect(problem).toMatch(/^cut\.png: The PNG is cut short/);
    expect(user.problems).toEqual([]);
  });

  it('says what a model is, uses it, keeps it for the next visit, and forgets it', async () => {
    const { page } = user;
    await user.seesResult('sample.png');
    await user.drop([TINY]);
    await page.locator('.model-name', { hasText: 'tiny.pth' }).waitFor(PATIENCE);
    await page.getByText('Details').click();
    expect(await page.locator('.card p.code').textContent()).toMatch(/^ResNetGenerator\(/);
    await page.getByText('kept, ').waitFor(PATIENCE);
    await page.reload();
    await page.locator('.model-name', { hasText: 'tiny.pth' }).waitFor(PATIENCE);
    await user.seesResult('sample.png');
    await page.getByRole('button', { name: 'Forget tiny.pth' }).click();
    await page.getByText('tiny.pth is forgotten').waitFor(PATIENCE);
    await page.reload();
    await page.locator('.model-name', { hasText: 'horse2zebra-mini.pth' }).waitFor(PATIENCE);
    expect(user.problems).toEqual([]);
  });

  it('asks which generator of a checkpoint is meant, once', async () => {
    const { page } = user;
    const netG = await loadStateDict(TINY.bytes);
    await user.drop([
      { name: 'both.pth', bytes: encodeCheckpoint({ netG_A: netG, netG_B: netG }) },
    ]);
    await page.getByText('The file holds several state dicts').waitFor(PATIENCE);
    await page.getByRole('button', { name: 'netG_B', exact: true }).click();
    await page.locator('.model-name', { hasText: 'both.pth' }).waitFor(PATIENCE);
    const line = page.locator('.cards .command code');
    expect(await line.textContent()).toMatch(/ --weights both\.pth --key netG_B$/);
    await page.getByText('kept, ').waitFor(PATIENCE);
    await page.reload();
    await page.locator('.model-name', { hasText: 'both.pth' }).waitFor(PATIENCE);
    expect(await line.textContent()).toMatch(/ --weights both\.pth --key netG_B$/);
    await user.seesResult('sample.png');
    await page.getByRole('button', { name: 'Forget both.pth' }).click();
    await page.getByText('both.pth is forgotten').waitFor(PATIENCE);
    expect(await page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toMatch('netG_B');
    expect(user.problems).toEqual([]);
  });

  it('says why a file is no model, and what to do, and goes on with the one before', async () => {
    const { page } = user;
    await user.seesResult('sample.png');
    await user.drop([{ name: 'broken.pth', bytes: TINY.bytes.subarray(0, 2000) }]);
    const problem = page.getByRole('alert').filter({ hasText: 'broken.pth is not used' });
    await problem.waitFor(PATIENCE);
    expect((await problem.textContent())?.length).toBeGreaterThan(50);
    expect(await page.locator('.model-name').textContent()).toBe('horse2zebra-mini.pth');
    await user.drop([picture('after.png', 40, 20)]);
    await user.seesResult('after.png');
    expect(user.problems).toEqual([]);
  });

  it('says when the browser has cleared a model, and when there is no room for one', async () => {
    const { page } = user;
    await user.drop([TINY]);
    await page.getByText('kept, ').waitFor(PATIENCE);
    await page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      await root.removeEntry('models', { recursive: true });
    });
    await page.reload();
    await page.getByText('tiny.pth is no longer kept').waitFor(PATIENCE);
    await user.seesResult('sample.png');
    const session = await page.context().newCDPSession(page);
    const { origin } = new URL(page.url());
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1000 });
    await user.drop([TINY]);
    await page.getByText(/tiny\.pth is used, but not kept: it has \d+ kB/).waitFor(PATIENCE);
    expect(await page.locator('.model-name').textContent()).toBe('tiny.pth');
  });

  it('lets go of a picture at once when it is cancelled, and translates the next', async () => {
    const { page } = user;
    await user.seesResult('sample.png');
    await page.getByText('How it runs').click();
    // Plain loops take minutes for a picture.
    await page.getByLabel('Engine').selectOption('js');
    await page.getByRole('button', { name: 'Cancel' }).click(PATIENCE);
    await page.getByText('Stopped.').waitFor(PATIENCE);
    await page.getByLabel('Engine').selectOption('');
    await user.seesResult('sample.png');
    expect(user.problems).toEqual([]);
  });
});
