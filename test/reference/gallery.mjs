// Opens a gallery in a browser: node test/reference/gallery.mjs
// From the file system, in light and dark, as wide as a desk and as narrow as a phone, with a
// pointer, a finger and the keyboard, and without scripts. SCREENSHOTS=folder keeps what was seen.
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { CHROMIUM, check, folder, runChecks, skip } from './checks.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

const DESK = { width: 1200, height: 900 };
const PHONE = { width: 360, height: 740 };
const HOSTILE = '"><script>globalThis.broken = true</script><img src=x>';
const LONG = `${'a-name-without-any-place-to-break-it'.repeat(4)}.jpg`;
const VIEWS = [
  { name: 'light desk', viewport: DESK, colorScheme: 'light' },
  { name: 'dark desk', viewport: DESK, colorScheme: 'dark' },
  { name: 'light phone', viewport: PHONE, colorScheme: 'light', hasTouch: true, isMobile: true },
  { name: 'dark phone', viewport: PHONE, colorScheme: 'dark', hasTouch: true, isMobile: true },
];
const CHECKS = [
  ['asks for nothing beyond itself', asksForNothing],
  ['decodes every picture as the network saw it', decodes],
  ['follows the colour scheme, with contrast', hasContrast],
  ['fits the width in either view', fits],
  ['moves a divider by keyboard', movesByKey],
  ['moves a divider by pointer', movesByPointer],
  ['filters by name', filters],
  ['leaves names be text', leavesNames],
  [
    'no errors on the page',
    async (_, { errors }) => expect(errors.length === 0, errors.join('; ')),
  ],
];

let library;
await runChecks(async () => {
  library = await bundle();
  await main();
});

async function main() {
  if (!existsSync(CHROMIUM)) {
    console.log(`No ${CHROMIUM}: on Debian, apt-get install -y chromium`);
    for (const { name } of VIEWS) for (const [what] of CHECKS) skip(`${name}: ${what}`);
    return;
  }
  const url = pathToFileURL(writeGallery('index.html', 13)).href;
  const small = pathToFileURL(writeGallery('small.html', 2)).href;
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  console.log(`Chromium ${browser.version()}`);
  try {
    for (const { name, ...options } of VIEWS) {
      const { tab, seen } = await open(browser, url, options);
      for (const [what, action] of CHECKS) await check(`${name}: ${what}`, () => action(tab, seen));
      await keep(tab, name);
      await tab.context().close();
    }
    await check('a few pictures need no filter', async () => {
      const { tab } = await open(browser, small, { viewport: DESK });
      expect(!(await tab.locator('.filter').isVisible()), 'there is one');
      await tab.context().close();
    });
    await check('is a list side by side without scripts', () => withoutScripts(browser, url));
  } finally {
    await browser.close();
  }
}

/** The gallery's own code, and the library's for pictures. */
async function bundle() {
  const outfile = join(folder, 'gallery.mjs');
  await build({
    absWorkingDir: root,
    stdin: {
      contents:
        "export * from './src/html/gallery/galleryPage.ts'; export * from './src/image/formats.ts';",
      resolveDir: root,
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'silent',
  });
  return import(pathToFileURL(outfile));
}

function writeGallery(name, count) {
  const { encodeImage, galleryEntry, galleryHead, galleryTail } = library;
  // Red at the top left, so that it can be told whether somebody turned it.
  const picture = (width, height) => ({
    width,
    height,
    data: Uint8Array.from({ length: width * height * 3 }, (_, i) => {
      const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
      return x < width / 2 && y < height / 2 ? [230, 20, 20][i % 3] : [20, 90 + y, 120][i % 3];
    }),
  });
  const entries = Array.from({ length: count }, (_, i) => ({
    name: ['turned.jpg', HOSTILE, LONG, 'حصان.png'][i] ?? `picture ${i}.png`,
    inputSize: [96, 64],
    outputSize: [64, 44],
    milliseconds: 100 * i,
    before:
      i === 0
        ? withOrientation(encodeImage(picture(96, 64), 'a.jpg'), 6)
        : encodeImage(picture(96, 64), 'a.png'),
    after: encodeImage(picture(64, 44), 'a.png'),
  }));
  const path = join(folder, name);
  const details = ['a.pth', 'ResNetGenerator(3, 3, 64, 9)'];
  writeFileSync(
    path,
    [
      galleryHead(`Zebras ${HOSTILE}`, details),
      ...entries.map(galleryEntry),
      galleryTail('Done'),
    ].join(''),
  );
  return path;
}

/** A JPEG with an EXIF orientation, which the network does not heed. */
function withOrientation(jpeg, orientation) {
  const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation];
  const exif = [...Buffer.from('Exif\0\0'), ...tiff, 0, 0, 0, 0, 0, 0];
  const marker = [0xff, 0xe1, 0, exif.length + 2, ...exif];
  return new Uint8Array([...jpeg.subarray(0, 2), ...marker, ...jpeg.subarray(2)]);
}

async function open(browser, url, options) {
  const tab = await (await browser.newContext(options)).newPage();
  const seen = { errors: [], requests: [], dark: options.colorScheme === 'dark' };
  tab.on('pageerror', (error) => seen.errors.push(error.message));
  tab.on('console', (message) => seen.errors.push(message.text()));
  tab.on('request', (request) => seen.requests.push(request.url()));
  await tab.goto(url);
  return { tab, seen };
}

// The checks.

async function asksForNothing(tab, { requests }) {
  const beyond = requests.filter((url) => !url.startsWith('data:') && url !== tab.url());
  expect(beyond.length === 0, `it asked for ${beyond.join(', ')}`);
}

async function decodes(tab) {
  const images = await tab.locator('img').evaluateAll((all) =>
    Promise.all(
      all.map(async (image) => {
        image.loading = 'eager';
        await image.decode();
        return image.width / image.height;
      }),
    ),
  );
  expect(images.length === 26, `there are ${images.length}`);
  const odd = images.filter((ratio) => Math.abs(ratio - 96 / 64) > 0.02);
  expect(odd.length === 0, 'input and output do not lie on each other');
  // The browser would turn the first one, if it were let.
  await tab.getByLabel('Side by side').check();
  const shot = library.decodeImage(await tab.locator('img').first().screenshot());
  const red = [0.25, 0.75].map((across) => {
    const [x, y] = [Math.round(across * shot.width), Math.round(0.4 * shot.height)];
    return shot.data[(y * shot.width + x) * 3];
  });
  expect(red[0] > 150 && red[1] < 100, `the red corner is elsewhere: ${red.join(', ')}`);
}

async function hasContrast(tab, { dark }) {
  const [background, ...pairs] = await tab.evaluate(() => {
    const style = (selector) => getComputedStyle(document.querySelector(selector));
    const [page, card] = [style('body').backgroundColor, style('figure').backgroundColor];
    return [
      page,
      ['title', style('h1').color, page],
      ['details', style('.facts').color, page],
      ['name', style('h2').color, card],
      ['time', style('.time').color, card],
    ];
  });
  const bright = luminance(background);
  expect(dark ? bright < 0.1 : bright > 0.8, `the background is ${background}`);
  const contrasts = pairs.map(([what, a, b]) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    const contrast = (high + 0.05) / (low + 0.05);
    expect(contrast >= 4.5, `the contrast of the ${what} is ${contrast.toFixed(1)}`);
    return contrast;
  });
  return `${Math.min(...contrasts).toFixed(1)} at least`;
}

/** As WCAG defines it. */
function luminance(colour) {
  const [r, g, b] = colour.match(/[\d.]+/g).map((value) => {
    const v = value / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

async function fits(tab) {
  for (const view of ['Side by side', 'Slider']) {
    await tab.getByLabel(view).check();
    const [needed, there] = await tab.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return [scrollWidth, clientWidth];
    });
    expect(needed <= there, `${view}: it is ${needed} wide, of ${there}`);
    const sides = await tab.locator('.side').evaluateAll((all) => {
      const [a, b] = all.map((side) => side.getBoundingClientRect());
      return a.right <= b.left;
    });
    expect(sides === (view !== 'Slider'), `${view}: the pictures stand otherwise`);
  }
}

/** Where the first divider is, by what is seen and by what is said. */
async function divider(tab) {
  return tab.evaluate(() => {
    const frame = document.querySelector('.frame');
    const input = frame.querySelector('.divider');
    const { left, width } = frame.getBoundingClientRect();
    const line = frame.querySelector('.line').getBoundingClientRect();
    return {
      clip: getComputedStyle(frame.querySelector('.after')).clipPath,
      line: ((line.left + line.width / 2 - left) / width) * 100,
      value: Number(input.value),
      said: input.getAttribute('aria-valuetext'),
      name: input.getAttribute('aria-label'),
      focused: document.activeElement === input,
      outline: getComputedStyle(input).outlineStyle,
    };
  });
}

async function expectAt(tab, share) {
  const found = await divider(tab);
  const { clip, line, value, said } = found;
  const cut = Number.parseFloat(/ ([\d.]+)%\)$/.exec(clip)?.[1]);
  expect(Math.abs(cut - share) < 0.6, `the clip is ${clip} instead of ${share}%`);
  expect(Math.abs(line - share) < 1.2, `the line is at ${line}% instead of ${share}%`);
  expect(value === Math.round(share), `the value is ${value} instead of ${share}`);
  expect(said === `${value}% input, ${100 - value}% output`, `it says ${said}`);
  return found;
}

async function movesByKey(tab) {
  await expectAt(tab, 50);
  await tab.locator('input[name=view]').first().focus();
  await tab.keyboard.press('Tab');
  const { focused, outline, name } = await divider(tab);
  expect(focused, 'the next stop after the views is not the first divider');
  expect(outline !== 'none', 'the focus cannot be seen');
  expect(name.includes('turned.jpg'), `its name is ${name}`);
  await tab.keyboard.press('ArrowRight');
  await expectAt(tab, 51);
  await tab.keyboard.press('PageDown');
  await expectAt(tab, 41);
  await tab.keyboard.press('End');
  await expectAt(tab, 100);
  await tab.keyboard.press('Home');
  await expectAt(tab, 0);
}

async function movesByPointer(tab) {
  const frame = tab.locator('.frame').first();
  await frame.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await frame.boundingBox();
  const at = (share) => [x + (width * share) / 100, y + height / 3];
  await tab.mouse.move(...at(20));
  await tab.mouse.down();
  await tab.mouse.move(...at(70));
  const { focused, outline } = await expectAt(tab, 70);
  expect(focused, 'the keyboard does not go on from there');
  expect(outline === 'none', 'a ring lies on the picture while it is dragged');
  await tab.mouse.move(x + width + 50, y);
  await expectAt(tab, 100);
  await tab.mouse.up();
  await tab.mouse.move(...at(30));
  await expectAt(tab, 100);
  await tab.keyboard.press('ArrowLeft');
  const { outline: ring } = await expectAt(tab, 99);
  expect(ring !== 'none', 'the focus cannot be seen once the keyboard is used');
  if (await tab.evaluate(() => navigator.maxTouchPoints > 0)) await movesByFinger(tab, at);
}

/** Sideways moves the divider; up and down scrolls the page and leaves the divider alone. */
async function movesByFinger(tab, at) {
  await tab.touchscreen.tap(...at(60));
  await expectAt(tab, 60);
  const session = await tab.context().newCDPSession(tab);
  const touch = (type, ...points) =>
    session.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: points.map(([x, y]) => ({ x, y })),
    });
  await touch('touchStart', at(60));
  for (const share of [55, 45, 35, 25]) await touch('touchMove', at(share));
  await touch('touchEnd');
  await expectAt(tab, 25);
  const [x, y] = at(80);
  await touch('touchStart', [x, y]);
  for (const up of [10, 40, 80, 120]) await touch('touchMove', [x, y - up]);
  await touch('touchEnd');
  await tab.waitForFunction(() => scrollY > 0, undefined, { timeout: 5000 });
  await expectAt(tab, 25);
}

async function filters(tab) {
  const filter = tab.getByLabel('Filter by name');
  const figures = () => tab.locator('figure:visible').count();
  await filter.fill(' PICTURE 1');
  expect((await figures()) === 3, `it found ${await figures()}`);
  const said = await tab.getByRole('status').textContent();
  expect(said === '3 of 13', `it says ${said}`);
  await filter.fill('');
  expect((await figures()) === 13, `without a filter, there are ${await figures()}`);
}

async function leavesNames(tab) {
  const found = await tab.evaluate(() => ({
    broken: 'broken' in globalThis,
    names: [...document.querySelectorAll('h2')].map(({ textContent }) => textContent),
    title: document.title,
    summary: document.querySelector('header .summary')?.textContent,
  }));
  expect(!found.broken, 'a name ran');
  expect(found.names[1] === HOSTILE && found.names[2] === LONG, `names are ${found.names}`);
  expect(found.title === `Zebras ${HOSTILE}`, `the title is ${found.title}`);
  expect(found.summary === 'Done', `the summary at the top is ${found.summary}`);
}

async function withoutScripts(browser, url) {
  const { tab, seen } = await open(browser, url, { viewport: PHONE, javaScriptEnabled: false });
  expect(seen.errors.length === 0, seen.errors.join('; '));
  for (const part of ['.controls', '.divider', '.line']) {
    expect(!(await tab.locator(part).first().isVisible()), `${part} can be seen`);
  }
  const [input, output] = await Promise.all(
    [0, 1].map((i) => tab.locator('img').nth(i).boundingBox()),
  );
  expect(input.x + input.width <= output.x, 'the pictures lie on each other');
  expect(output.x + output.width <= PHONE.width, 'they are too wide');
  expect(await tab.locator('.summary').isVisible(), 'the summary is missing');
  await keep(tab, 'no scripts');
  await tab.context().close();
}

// The rest of the house.

async function keep(tab, name) {
  const where = process.env.SCREENSHOTS;
  if (!where) return;
  await tab.screenshot({ path: join(where, `${name.replace(/ /g, '-')}.png`), fullPage: true });
}

function expect(condition, complaint) {
  if (!condition) throw new Error(complaint);
}
