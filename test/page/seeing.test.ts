import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeImage } from '../../src/image/formats.js';
import { missingChromium } from '../support/pageHost.js';
import { PATIENCE, type PageUser, PHONE, ServedPage } from '../support/pageUser.js';

const many = Array.from({ length: 5 }, (_, n) => ({
  name: `p${n}.png`,
  bytes: encodeImage(
    { width: 24, height: 24, data: new Uint8Array(1728).map((_, i) => (i * (n + 3)) % 256) },
    'x.png',
  ),
}));

describe.skipIf(missingChromium !== null)('what is seen', () => {
  let served: ServedPage;
  let user: PageUser;
  beforeAll(async () => {
    served = await ServedPage.start();
  });
  afterAll(() => served?.stop());
  beforeEach(async () => {
    user = await served.visit();
    await user.seesResult('sample.png');
  });
  afterEach(async () => {
    expect(user.problems).toEqual([]);
    await user.leave();
  });

  const stage = () => user.page.locator('.stage');
  const divider = () =>
    user.page.getByRole('slider', { name: 'Divider between input and output of sample.png' });
  /** Where the output begins, of the stage's width. */
  const clip = () =>
    user.page
      .locator('.plane.after')
      .evaluate((plane) => Number.parseFloat(getComputedStyle(plane).clipPath.split(' ')[3]));
  const scale = () =>
    user.page
      .locator('.pane')
      .first()
      .evaluate((pane) => new DOMMatrix(getComputedStyle(pane).transform).a);
  const shift = () =>
    user.page
      .locator('.pane')
      .first()
      .evaluate((pane) => new DOMMatrix(getComputedStyle(pane).transform).e);
  const box = async () => {
    const found = await stage().boundingBox();
    if (found === null) throw new Error('There is no stage.');
    return found;
  };

  it('is more of the one or of the other, by mouse and by keyboard', async () => {
    const { x, y, width, height } = await box();
    const { mouse, keyboard } = user.page;
    expect(await clip()).toBe(50);
    await mouse.move(x + width / 2, y + height / 2);
    await mouse.down();
    await mouse.move(x + width / 4, y + height / 2, { steps: 4 });
    await mouse.up();
    expect(await clip()).toBeCloseTo(25, 0);
    await divider().focus();
    await keyboard.press('ArrowRight');
    await keyboard.press('ArrowRight');
    expect(await clip()).toBe(27);
    expect(await divider().getAttribute('aria-valuetext')).toBe('27% input, 73% output');
    await keyboard.press('Home');
    expect(await clip()).toBe(0);
  });

  it('comes nearer by wheel, keys and buttons, and is moved', async () => {
    const { x, y, width, height } = await box();
    const { page } = user;
    const { mouse, keyboard } = page;
    await mouse.move(x + width / 2, y + height / 2);
    await mouse.wheel(0, -500);
    const near = await scale();
    expect(near).toBeGreaterThan(2);
    // Far from the divider, the picture is taken hold of.
    await mouse.move(x + width / 5, y + height / 2);
    await mouse.down();
    await mouse.move(x + width / 5 + 60, y + height / 2, { steps: 4 });
    await mouse.up();
    expect(await shift()).toBeCloseTo(60, 0);
    expect(await clip()).toBe(50);
    await divider().focus();
    await keyboard.press('Shift+ArrowRight');
    expect(await shift()).toBeCloseTo(12, 0);
    await keyboard.press('0');
    expect(await scale()).toBe(1);
    await keyboard.press('+');
    expect(await scale()).toBe(1.5);
    await page.getByRole('button', { name: 'Larger' }).click();
    expect(await scale()).toBe(2.25);
    await page.getByRole('button', { name: 'Show the whole picture' }).click();
    expect(await scale()).toBe(1);
  });

  it('is moved by a finger, and comes nearer between two', async () => {
    const phone = await served.visit(PHONE);
    await phone.seesResult('sample.png');
    const session = await phone.page.context().newCDPSession(phone.page);
    const found = await phone.page.locator('.stage').boundingBox();
    if (found === null) throw new Error('There is no stage.');
    const { x, y, width, height } = found;
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...xs: readonly number[]) =>
      session.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: xs.map((share, id) => ({ x: x + share * width, y: y + height / 2, id })),
      });
    await touch('touchStart', 0.5);
    await touch('touchMove', 0.6);
    await touch('touchMove', 0.8);
    await touch('touchEnd');
    const at = await phone.page
      .locator('.plane.after')
      .evaluate((plane) => Number.parseFloat(getComputedStyle(plane).clipPath.split(' ')[3]));
    expect(at).toBeCloseTo(80, 0);
    await touch('touchStart', 0.4, 0.6);
    await touch('touchMove', 0.3, 0.7);
    await touch('touchMove', 0.2, 0.8);
    await touch('touchEnd');
    const nearer = await phone.page
      .locator('.pane')
      .first()
      .evaluate((pane) => new DOMMatrix(getComputedStyle(pane).transform).a);
    expect(nearer).toBeGreaterThan(2);
    await phone.leave();
  });

  it('is all of them in a grid, one of which opens', async () => {
    const { page } = user;
    await user.choose(many);
    await user.seesTally('5 of 5 pictures');
    await page.getByRole('button', { name: 'All', exact: true }).click();
    const grid = page.locator('.grid');
    expect(await grid.getByRole('button').count()).toBe(5);
    await grid.getByRole('button', { name: 'p3.png, translated' }).click();
    await page.getByRole('heading', { name: 'p3.png' }).waitFor(PATIENCE);
    expect(await page.getByRole('slider', { name: /p3\.png/ }).count()).toBe(1);
    await page.getByRole('button', { name: 'Remove p3.png' }).click();
    await user.seesTally('4 of 4 pictures');
  });

  it('is how far a picture is, by layer', async () => {
    const { page } = user;
    await page.getByText('How it runs').click();
    // Plain loops take so long that every layer is seen.
    await page.getByLabel('Engine').selectOption('js');
    const progress = page.getByRole('progressbar', { name: 'Progress of sample.png' });
    await progress.waitFor(PATIENCE);
    await page.locator('.progress', { hasText: /model\.\d+.*, .* left/ }).waitFor(PATIENCE);
    await page.getByLabel('Engine').selectOption('');
    await user.seesResult('sample.png');
  });

  it('is the network as a drawing, and what its layers make of the picture', async () => {
    const { page } = user;
    await page.getByRole('button', { name: 'Network', exact: true }).click();
    const drawing = page.getByRole('img', { name: 'The network, layer by layer' });
    await drawing.waitFor(PATIENCE);
    const text = await drawing.evaluate(async (image) =>
      (await fetch((image as HTMLImageElement).src)).text(),
    );
    expect(text).toContain('67 operators');
    expect(text).toContain('[1, 3, 256, 314]');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Feature maps', exact: true }).click();
    const sheet = page.getByRole('img', { name: /^Its channels side by side/ });
    await sheet.waitFor(PATIENCE);
    const sizes = () =>
      sheet.evaluate((image) => [
        (image as HTMLImageElement).naturalWidth,
        (image as HTMLImageElement).naturalHeight,
      ]);
    // 24 channels of 314 × 256, every second pixel of them: eight across, three down, two pixels between.
    const layer = page.getByLabel('Layer');
    const options = await layer.locator('option').allTextContents();
    const first = options.findIndex((label) => label.endsWith('conv2d [1, 24, 256, 314]'));
    await layer.selectOption({ index: first });
    await expect.poll(sizes, PATIENCE).toEqual([8 * (157 + 2) + 2, 3 * (128 + 2) + 2]);
  });
});
