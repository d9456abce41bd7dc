// Opens a training report in a browser: node test/reference/report.mjs
// From the file system, in light and dark, as wide as a desk and as narrow as a phone, with a pointer and the keyboard.
// SCREENSHOTS=folder keeps what was seen.
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
const VIEWS = [
  { name: 'light desk', viewport: DESK, colorScheme: 'light' },
  { name: 'dark desk', viewport: DESK, colorScheme: 'dark' },
  { name: 'light phone', viewport: PHONE, colorScheme: 'light', hasTouch: true, isMobile: true },
  { name: 'dark phone', viewport: PHONE, colorScheme: 'dark', hasTouch: true, isMobile: true },
];
const CHECKS = [
  ['asks for nothing beyond itself', asksForNothing],
  ['decodes every picture', decodes],
  ['has contrast', hasContrast],
  ['fits the width', fits],
  ['moves a divider by keyboard', movesByKey],
  ['moves a divider by pointer', movesByPointer],
  ['opens the means of epochs by keyboard', opensTable],
  ['leaves names be text', leavesNames],
  [
    'no errors on the page',
    async (_, { errors }) => expect(errors.length === 0, errors.join('; ')),
  ],
];

await runChecks(async () => {
  if (!existsSync(CHROMIUM)) {
    console.log(`No ${CHROMIUM}: on Debian, apt-get install -y chromium`);
    for (const { name } of VIEWS) for (const [what] of CHECKS) skip(`${name}: ${what}`);
    return;
  }
  const url = pathToFileURL(await writeReport()).href;
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  console.log(`Chromium ${browser.version()}`);
  try {
    for (const { name, ...options } of VIEWS) {
      const context = await browser.newContext(options);
      const tab = await context.newPage();
      const seen = { errors: [], requests: [] };
      tab.on('pageerror', ({ message }) => seen.errors.push(message));
      tab.on('console', (line) => line.type() === 'error' && seen.errors.push(line.text()));
      tab.on('request', (request) => seen.requests.push(request.url()));
      await tab.goto(url);
      for (const [what, action] of CHECKS) await check(`${name}: ${what}`, () => action(tab, seen));
      if (process.env.SCREENSHOTS) {
        const file = `report-${name.replace(' ', '-')}.png`;
        await tab.screenshot({ path: join(process.env.SCREENSHOTS, file), fullPage: true });
      }
      await context.close();
    }
  } finally {
    await browser.close();
  }
});

/** A run that went well for a while, with colours that move from one domain to the other. */
async function writeReport() {
  const out = join(folder, 'library.mjs');
  const { outputFiles } = await build({
    stdin: {
      contents: "export * from './src/train/watch/report.ts';",
      resolveDir: root,
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
  });
  writeFileSync(out, outputFiles[0].contents);
  const { TrainingReport } = await import(pathToFileURL(out).href);
  const path = join(folder, 'report.html');
  const report = await TrainingReport.begin(path, {
    title: `Run ${HOSTILE}`,
    options: { lr: 0.0002, ganMode: 'lsgan', dataA: HOSTILE, maxIterations: null },
    totalIterations: 5000,
    totalEpochs: 50,
  });
  for (let i = 1; i <= 1500; i++) {
    const noise = (k) => Math.abs(Math.sin(i * k));
    const cycle = 1 + 3 * Math.exp(-i / 300);
    report.add({
      ...{ iteration: i, epoch: Math.ceil(i / 100), learningRate: 2e-4, seconds: 1.9 },
      losses: {
        ...{ D_A: 0.15 + noise(3) / 9, G_A: 0.3 + noise(5) / 3, cycle_A: cycle + noise(7) },
        ...{ D_B: 0.16 + noise(9) / 9, G_B: 0.31 + noise(2) / 3, cycle_B: cycle + noise(4) },
        ...{ idt_A: cycle / 2, idt_B: cycle / 2 + noise(6) / 4 },
      },
    });
    if (i % 500 !== 0) continue;
    const samples = ['A', 'B'].map((side) => {
      const [from, to] = side === 'A' ? [40, 210] : [210, 40];
      const [real, fake, reconstructed] = [from, to, from + 10].map(coloured);
      return { side, name: `${side}${HOSTILE}.jpg`, real, fake, reconstructed };
    });
    report.addSamples({ epoch: i / 100, iteration: i }, samples);
  }
  report.note({ iteration: 700, kind: 'note', text: 'Resumed from epoch 6.' });
  report.note({ iteration: 1500, kind: 'alert', text: 'G_A is not finite.' });
  await report.write();
  return path;
}

function coloured(hue) {
  const data = new Uint8Array(3 * 96 * 96).map((_, i) => (i % 3 === 0 ? hue : (i / 3 / 96) % 256));
  return { width: 96, height: 96, data };
}

function expect(held, what) {
  if (!held) throw new Error(what);
}

function asksForNothing(_, { requests }) {
  const others = requests.filter((url) => !url.startsWith('data:')).slice(1);
  expect(others.length === 0, `asked for ${others.join(', ')}`);
}

async function decodes(tab) {
  const widths = await tab.evaluate(async () => {
    const images = [...document.images];
    for (const image of images) image.loading = 'eager';
    await Promise.all(images.map((image) => image.decode()));
    return images.map((image) => image.naturalWidth);
  });
  expect(widths.length === 12 && widths.every((width) => width > 0), `widths ${widths}`);
}

/** WCAG: 4.5 to 1 for text on what is behind it. */
async function hasContrast(tab) {
  const worst = await tab.evaluate(() => {
    const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
    const luminance = ([r, g, b]) => {
      const [x, y, z] = [r, g, b]
        .map((v) => v / 255)
        .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
      return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const behind = (element) => {
      for (let at = element; at !== null; at = at.parentElement) {
        const colour = numbers(getComputedStyle(at).backgroundColor);
        if (colour[3] !== 0) return colour;
      }
      return [255, 255, 255];
    };
    const texts = [
      ...document.querySelectorAll('h1, h2, h3, p, li, b, th, td, text, summary, footer'),
    ];
    const contrasts = texts
      .filter((element) => element.getClientRects().length > 0)
      .map((element) => {
        const style = getComputedStyle(element);
        const ink = numbers(element.tagName === 'text' ? style.fill : style.color);
        const [a, b] = [luminance(ink), luminance(behind(element))].sort((x, y) => y - x);
        return (a + 0.05) / (b + 0.05);
      });
    return Math.min(...contrasts);
  });
  expect(worst >= 4.5, `a contrast of ${worst}`);
  return `${worst.toFixed(1)} at least`;
}

async function fits(tab) {
  const [inner, page] = await tab.evaluate(() => [
    innerWidth,
    document.documentElement.scrollWidth,
  ]);
  expect(page <= inner, `${page} pixels in ${inner}`);
}

function placeOf(divider) {
  return divider.evaluate((d) => d.closest('.frame').style.getPropertyValue('--at'));
}

async function movesByKey(tab) {
  const divider = tab.locator('.divider').first();
  await divider.focus();
  await tab.keyboard.press('ArrowRight');
  expect((await placeOf(divider)) === '51%', `the divider is at ${await placeOf(divider)}`);
  const said = await divider.getAttribute('aria-valuetext');
  expect(said === '51% real A, 49% fake B', `it says ${said}`);
}

async function movesByPointer(tab) {
  const divider = tab.locator('.divider').last();
  await divider.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await divider.boundingBox();
  await tab.mouse.click(x + width / 4, y + height / 2);
  const at = Number.parseFloat(await placeOf(divider));
  expect(Math.abs(at - 25) < 2, `the divider is at ${at}`);
}

async function opensTable(tab) {
  await tab.locator('summary').focus();
  await tab.keyboard.press('Enter');
  const rows = await tab.locator('details[open] tbody tr').count();
  expect(rows === 15, `${rows} epochs`);
  await fits(tab);
}

async function leavesNames(tab) {
  const [title, broken] = await tab.evaluate(() => [
    document.querySelector('h1').textContent,
    globalThis.broken,
  ]);
  expect(title === `Run ${HOSTILE}` && broken === undefined, title);
}
