// Draws src/page/icons/*.png of src/page/icon.svg, by Chromium: node scripts/drawIcons.mjs
// Systems cut a maskable icon into a shape of their own, so it has no corners, and what counts is within its middle.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const ICONS = [
  { name: 'icon-192', size: 192, inset: null },
  { name: 'icon-512', size: 512, inset: null },
  { name: 'icon-maskable', size: 512, inset: 0.04 },
  { name: 'icon-apple', size: 180, inset: 0 },
];

const svg = readFileSync(join(root, 'src/page/icon.svg'), 'utf8');
const [ground] = /<rect[^>]*>/.exec(svg);
const [, fill] = /fill="([^"]*)"/.exec(ground);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const tab = await browser.newPage();
for (const { name, size, inset } of ICONS) {
  const margin = Math.round(512 * (inset ?? 0));
  const drawing =
    inset === null
      ? svg
      : svg
          .replace(ground, '')
          .replace(
            'viewBox="0 0 512 512"',
            `viewBox="${-margin} ${-margin} ${512 + 2 * margin} ${512 + 2 * margin}"`,
          );
  const style = `margin:0;background:${inset === null ? 'transparent' : fill}`;
  await tab.setViewportSize({ width: size, height: size });
  await tab.setContent(
    `<body style="${style}">${drawing.replace('<svg', `<svg width="${size}" height="${size}" style="display:block"`)}`,
  );
  await tab.screenshot({ path: join(root, `src/page/icons/${name}.png`), omitBackground: true });
}
await browser.close();
