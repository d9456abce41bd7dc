// Takes the pictures of the page that the documentation shows: node scripts/photographPage.mjs
// In light, in dark and on a phone, into docs/page-*.jpg. Needs Chromium and what `npm run build:page` makes.

import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { buildPage } from './buildPage.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const page = join(root, 'dist/page');
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};
const DESK = { viewport: { width: 1180, height: 760 } };
const LOOKS = {
  light: { ...DESK, colorScheme: 'light' },
  dark: { ...DESK, colorScheme: 'dark' },
  phone: {
    viewport: { width: 390, height: 780 },
    isMobile: true,
    hasTouch: true,
    deviceScaleFactor: 1.5,
    colorScheme: 'light',
  },
};

await buildPage(page);
const server = createServer(({ url }, response) => {
  const file = join(page, url === '/' ? 'index.html' : new URL(url, 'http://page').pathname);
  response.writeHead(existsSync(file) ? 200 : 404, {
    'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
  });
  response.end(existsSync(file) ? readFileSync(file) : '');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
try {
  for (const [name, options] of Object.entries(LOOKS)) {
    const context = await browser.newContext({ ...options, serviceWorkers: 'block' });
    const tab = await context.newPage();
    await tab.goto(`http://127.0.0.1:${server.address().port}/`);
    await tab.locator('[data-status="done"]').waitFor({ timeout: 120_000 });
    // The picture is decoded.
    await tab.evaluate(() => Promise.all([...document.images].map((image) => image.decode())));
    await tab.screenshot({
      path: join(root, `docs/page-${name}.jpg`),
      type: 'jpeg',
      quality: 84,
    });
    await context.close();
  }
} finally {
  await browser.close();
  server.close();
}
