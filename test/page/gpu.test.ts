import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeImage } from '../../src/image/formats.js';
import { missingChromium } from '../support/pageHost.js';
import { PATIENCE, ServedPage } from '../support/pageUser.js';

const TINY = {
  name: 'tiny.pth',
  bytes: readFileSync(new URL('../golden/data/tiny_zip.pth', import.meta.url)),
};
const PICTURE = {
  name: 'some.png',
  bytes: encodeImage(
    { width: 32, height: 24, data: new Uint8Array(3 * 32 * 24).map((_, i) => (i * 31) % 256) },
    'some.png',
  ),
};

describe.skipIf(missingChromium !== null)('the page with WebGPU', () => {
  let served: ServedPage;
  beforeAll(async () => {
    // On the processor: the page takes it when it is asked to.
    served = await ServedPage.start(['--enable-unsafe-webgpu']);
  });
  afterAll(() => served?.stop());

  it('has it among its engines, and translates by it', async () => {
    const user = await served.visit();
    const { page } = user;
    await user.seesResult('sample.png');
    const engines = await page.getByLabel('Engine').locator('option').allTextContents();
    expect(engines.filter((name) => name.startsWith('WebGPU'))).toHaveLength(1);
    await user.drop([TINY]);
    await page.getByLabel('Size for the model').selectOption('none');
    await page.getByText('How it runs').click();
    await page.getByLabel('Engine').selectOption('webgpu');
    await user.drop([PICTURE]);
    await user.seesResult('some.png');
    await page
      .getByText(/engine webgpu/)
      .first()
      .waitFor({ ...PATIENCE, state: 'attached' });
    expect(user.problems).toEqual([]);
    await user.leave();
  });
});
