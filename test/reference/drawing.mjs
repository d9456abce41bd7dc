// The drawing, its page and feature maps in Chromium: node test/reference/drawing.mjs [FOLDER]
// With a folder, pictures of them are left there.
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { CHROMIUM, check, folder, runChecks, skip } from './checks.mjs';

const SHAPE = [1, 3, 256, 256];
const DESKTOP = { width: 1360, height: 860 };
const PHONE = { width: 390, height: 844 };
const SHOWN = '#canvas svg:not([hidden])';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const pictures = process.argv[2];
await runChecks(async () => {
  if (existsSync(CHROMIUM)) await main();
  else skip(`No ${CHROMIUM}: on Debian, apt-get install -y chromium`);
});

async function main() {
  const outfile = join(folder, 'cyclegan.mjs');
  const entryPoints = [join(root, 'src/index.ts')];
  await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'esm' });
  const library = await import(pathToFileURL(outfile).href);
  const netG = new library.ResNetGenerator().eval();
  const [svg, html] = ['graph.svg', 'graph.html'].map((name) => join(folder, name));
  writeFileSync(svg, library.drawSvg(netG, SHAPE));
  writeFileSync(html, library.drawHtml(netG, SHAPE));

  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  try {
    for (const colorScheme of ['light', 'dark']) await checkSvg(browser, svg, colorScheme);
    await checkPage(browser, html);
    await checkPhone(browser, html);
    await checkFeatureMaps(browser, library);
  } finally {
    await browser.close();
  }
}

/** What the second stride-2 layer of the built-in model finds in the sample picture. */
async function checkFeatureMaps(browser, library) {
  const weights = await library.loadStateDict(join(root, 'weights/horse2zebra-mini.pth'));
  const sample = await library.openImage(join(root, 'weights/sample.png'));
  const netG = library.ResNetGenerator.fromStateDict(weights);
  const file = join(folder, 'feature-maps.png');
  for await (const { node, output } of library.activations(
    netG,
    library.toTensor()(sample).unsqueeze(0),
  )) {
    if (node.name !== 'model.6') continue;
    writeFileSync(file, library.encodeImage(library.featureMaps(output), file));
  }
  const { tab, complaints } = await open(browser, file, { viewport: DESKTOP });
  await check('feature maps: fill their sheet', async () => {
    const { width, height, greys } = await tab.evaluate(greysOfCells);
    expect(width > 1000 && height > 500, `${width} x ${height} pixels`);
    expect(greys.length === 48 && Math.min(...greys) > 10, `greys a map: ${greys.join(', ')}`);
    await tab.setViewportSize({ width, height });
    return `${greys.length} maps`;
  });
  await check('feature maps: no complaints', () => expectNone(complaints));
  await picture(tab, 'feature-maps.png');
  await tab.close();
}

/** How many shades of grey each of the sheet's maps has, which lie in rows of eight. */
function greysOfCells() {
  const image = document.querySelector('img');
  const { naturalWidth: width, naturalHeight: height } = image;
  const context = new OffscreenCanvas(width, height).getContext('2d', {
    willReadFrequently: true,
  });
  context.drawImage(image, 0, 0);
  const [across, down] = [width / 8, height / Math.round(height / (width / 8 / 1.2))];
  const greys = [];
  for (let y = 0; y + 1 < height; y += down) {
    for (let x = 0; x + 1 < width; x += across) {
      const { data } = context.getImageData(x, y, across, down);
      greys.push(new Set(data.filter((_, i) => i % 4 === 0)).size);
    }
  }
  return { width, height, greys };
}

/** A page that notes what goes wrong on it and what it asks for. */
async function open(browser, file, options) {
  const tab = await browser.newPage(options);
  const complaints = [];
  const url = pathToFileURL(file).href;
  tab.on('pageerror', (error) => complaints.push(error.message));
  tab.on('console', (message) => complaints.push(message.text()));
  tab.on('request', (request) => request.url() !== url && complaints.push(request.url()));
  await tab.goto(url);
  return { tab, complaints };
}

async function checkSvg(browser, file, colorScheme) {
  const { tab, complaints } = await open(browser, file, { viewport: DESKTOP, colorScheme });
  await check(`${colorScheme} drawing: text fits its box`, () => expectTextsFit(tab));
  await check(`${colorScheme} drawing: titles are legible`, async () => {
    const ratio = await tab.evaluate(leastContrast);
    expect(ratio >= 4.5, `a contrast of ${ratio.toFixed(2)}`);
    return `${ratio.toFixed(1)} to 1 and more`;
  });
  if (colorScheme === 'light') {
    await check('drawing: prints on one sheet', () => expectOneSheet(tab));
  }
  await check(`${colorScheme} drawing: no complaints`, () => expectNone(complaints));
  const size = await tab.evaluate(() => ({
    width: Math.ceil(document.documentElement.width.baseVal.value),
    height: Math.ceil(document.documentElement.height.baseVal.value),
  }));
  await tab.setViewportSize(size);
  await picture(tab, `graph-${colorScheme}.png`);
  await tab.close();
}

async function checkPage(browser, file) {
  const { tab, complaints } = await open(browser, file, { viewport: DESKTOP });
  const view = () => tab.getAttribute(SHOWN, 'viewBox').then((text) => text.split(' ').map(Number));
  const moves = async (name, action, holds) =>
    check(`page: ${name}`, async () => {
      const before = await view();
      await action();
      const after = await view();
      expect(holds(before, after), `${before} became ${after}`);
    });
  const panel = () => tab.textContent('#panel');
  const box = (name) => tab.locator(`${SHOWN} [aria-label="${name}"]`);
  const near = (a, b) => Math.abs(a - b) < 1e-6 * Math.max(1, Math.abs(a));

  await check('page: text fits its box', () => expectTextsFit(tab));
  await moves(
    'drags',
    async () => {
      await tab.mouse.move(330, 120);
      await tab.mouse.down();
      await tab.mouse.move(430, 150, { steps: 3 });
      await tab.mouse.up();
    },
    ([x, y, w], [X, Y, W]) => X < x && Y < y && near(w, W),
  );
  await moves(
    'zooms about the pointer with the wheel',
    async () => {
      await tab.mouse.wheel(0, -200);
      await tab.waitForTimeout(100);
    },
    ([x, y, w, h], [X, Y, W, H]) => W < w && H < h && X > x && Y > y,
  );
  await moves(
    'zooms with buttons and keys',
    async () => {
      await tab.click('#out');
      await tab.keyboard.press('+');
    },
    (before, after) => before.every((value, i) => near(value, after[i])),
  );
  await moves(
    'moves with arrow keys',
    async () => {
      await tab.keyboard.press('ArrowDown');
      await tab.keyboard.press('ArrowRight');
    },
    ([x, y], [X, Y]) => X > x && Y > y,
  );
  await moves(
    'shows all of it',
    () => tab.click('#fit'),
    (_, [x, y, w, h]) => x <= 0 && y <= 0 && x + w >= 1280 && y + h >= 1020,
  );

  await check('page: a click shows the numbers', async () => {
    await box('Conv2d model.1').click({ position: { x: 200, y: 50 } });
    const text = await panel();
    for (const wanted of ['model.1.weight', '[64, 3, 7, 7]', '9,408', 'deviation', '(7, 7)']) {
      expect(text.includes(wanted), `no ${wanted}`);
    }
    const bars = await tab.locator('#panel .bar').count();
    expect(bars === 64, `${bars} bars`);
  });
  await check('page: goes by keyboard from box to box, into the panel and back', async () => {
    await box('Conv2d model.1').focus();
    await tab.keyboard.press('Tab');
    expect((await panel()).startsWith('InstanceNorm2d'), await panel());
    await tab.keyboard.press('Enter');
    const inside = await tab.evaluate(() => document.activeElement.closest('#panel') !== null);
    expect(inside, 'the panel has no focus');
    await tab.keyboard.press('Escape');
    const label = await tab.evaluate(() => document.activeElement.getAttribute('aria-label'));
    expect(label === 'InstanceNorm2d model.2', `the focus is at ${label}`);
  });
  await check('page: finds names, and the repeat that was meant', async () => {
    await tab.keyboard.press('/');
    await tab.keyboard.type('model.14.conv_block.5');
    await tab.keyboard.press('Enter');
    expect((await tab.textContent('#found')) === '1 of 1', await tab.textContent('#found'));
    expect((await panel()).includes('model.14.conv_block.5.weight'), await panel());
  });
  await check('page: the numbers of another repeat', async () => {
    await tab.selectOption('#panel select', { index: 8 });
    expect((await panel()).includes('model.18.conv_block.5.weight'), await panel());
  });
  await check('page: unfolds, and stays with the operator', async () => {
    await tab.fill('#search', 'model.18');
    await tab.click('#fold');
    const boxes = await tab.locator(`${SHOWN} .box`).count();
    expect(boxes === 91, `${boxes} boxes`);
    expect((await panel()).includes('model.18.conv_block.5.weight'), await panel());
    const chosen = tab.locator(`${SHOWN} .box.selected`);
    expect(await isInView(tab, chosen), 'the operator is out of view');
    await expectTextsFit(tab);
  });
  await check('page: finds operators', async () => {
    await tab.fill('#search', 'convtranspose2d');
    expect((await tab.textContent('#found')) === '2 found', await tab.textContent('#found'));
    expect(await isInView(tab, box('ConvTranspose2d model.19')), 'what was found is out of view');
  });
  await check('page: prints on one sheet', () => expectOneSheet(tab));
  await check('page: no complaints', () => expectNone(complaints));
  await tab.click('#fold');
  await tab.fill('#search', '');
  await tab.click('#fit');
  await box('Conv2d model.10…18.conv_block.1').click({ position: { x: 200, y: 50 } });
  await picture(tab, 'page.png');
  await tab.close();
}

async function checkPhone(browser, file) {
  const { tab, complaints } = await open(browser, file, { viewport: PHONE, hasTouch: true });
  await check('phone: fits its width', async () => {
    const width = await tab.evaluate(() => document.documentElement.scrollWidth);
    expect(width === PHONE.width, `it is ${width} wide`);
  });
  await check('phone: a tap opens the panel, and Close closes it', async () => {
    await tab.locator(`${SHOWN} [aria-label="Conv2d model.4"]`).tap();
    expect(await tab.isVisible('#panel'), 'there is no panel');
    expect(await isInView(tab, tab.locator(`${SHOWN} .box.selected`)), 'it hides the box');
    await picture(tab, 'phone.png');
    await tab.tap('#panel [aria-label="Close"]');
    expect(!(await tab.isVisible('#panel')), 'the panel is still there');
  });
  await check('phone: no complaints', () => expectNone(complaints));
  await tab.close();
}

// What runs in the page.

/** Texts that reach out of the box that they stand in, with whichever fonts there are. */
function textsOutside() {
  return [...document.querySelectorAll('svg:not([hidden]) .box')].flatMap((box) => {
    const outer = box.querySelector('.body').getBoundingClientRect();
    const texts = [...box.querySelectorAll('text')];
    const areas = texts.map((text) => text.getBoundingClientRect());
    const out = texts.filter(
      (_, i) =>
        areas[i].left < outer.left ||
        areas[i].right > outer.right ||
        areas[i].bottom > outer.bottom ||
        areas.some(
          (other, j) =>
            j < i &&
            other.right > areas[i].left &&
            areas[i].top + 4 < other.bottom - 4 &&
            other.left < areas[i].left,
        ),
    );
    return out.map(({ textContent }) => textContent);
  });
}

/** Of white titles on the colours of the boxes, as WCAG counts it. */
function leastContrast() {
  const luminance = (colour) => {
    const [r, g, b] = colour
      .match(/\d+/g)
      .map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratios = [...document.querySelectorAll('.box')].map((box) => {
    const [ground, title] = [box.querySelector('.body + *'), box.querySelector('.title')];
    const [dark, light] = [ground, title].map((part) => luminance(getComputedStyle(part).fill));
    return (light + 0.05) / (dark + 0.05);
  });
  return Math.min(...ratios);
}

// What is expected.

function expect(condition, complaint) {
  if (!condition) throw new Error(complaint);
}

function expectNone(complaints) {
  expect(complaints.length === 0, complaints.join('; '));
}

async function expectTextsFit(tab) {
  expectNone(await tab.evaluate(textsOutside));
}

async function expectOneSheet(tab) {
  const pdf = (await tab.pdf({ format: 'A4', preferCSSPageSize: true })).toString('latin1');
  const sheets = pdf.match(/\/Type\s*\/Page\b/g)?.length;
  expect(sheets === 1, `${sheets} sheets`);
}

async function isInView(tab, locator) {
  const [outer, inner] = [await tab.locator('#canvas').boundingBox(), await locator.boundingBox()];
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}

async function picture(tab, name) {
  if (pictures !== undefined) await tab.screenshot({ path: join(pictures, name) });
}
