import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeImage } from '../../src/image/formats.js';
import { missingChromium } from '../support/pageHost.js';
import { PATIENCE, ServedPage } from '../support/pageUser.js';

/** Chromium shows a moving figure in place of a camera, and asks nobody. */
const CAMERA = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

describe.skipIf(missingChromium !== null)('the camera', () => {
  let served: ServedPage;
  beforeAll(async () => {
    served = await ServedPage.start(CAMERA);
  });
  afterAll(() => served?.stop());

  it('is translated live, gives stills, and stops when nobody sees it', async () => {
    const user = await served.visit();
    const { page } = user;
    await user.seesResult('sample.png');
    await page.getByRole('button', { name: 'Live', exact: true }).click();
    await page.locator('.rate', { hasText: /^\d+\.\d fps$/ }).waitFor(PATIENCE);
    await page.locator('dialog').getByLabel('Short side').selectOption('64');
    const canvas = page.getByRole('img', { name: 'The camera, translated' });
    const height = () => canvas.evaluate((element) => (element as HTMLCanvasElement).height);
    await expect.poll(height, PATIENCE).toBe(64);
    const { name, bytes } = await user.saved('Save a still');
    expect(name).toBe('still.cyclegan.png');
    const still = decodeImage(bytes);
    expect(still.height).toBe(64);
    expect(new Set(still.data).size).toBeGreaterThan(50);
    await page.evaluate(() => {
      Object.defineProperty(document, 'hidden', { get: () => true });
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await page.getByRole('button', { name: 'Start' }).waitFor(PATIENCE);
    expect(await page.locator('.rate').count()).toBe(0);
    await page.keyboard.press('Escape');
    expect(user.problems).toEqual([]);
    await user.leave();
  });
});
