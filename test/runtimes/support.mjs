import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { probe } from './probe.mjs';

const LIMIT_MS = 120_000;
export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Runs a program of the folder where the package is installed. @returns What it prints, on both streams. */
export async function execute(where, file, args, env = {}) {
  const { stdout, stderr } = await promisify(execFile)(file, args, {
    cwd: where.folder,
    env: { ...process.env, ...env },
    timeout: LIMIT_MS,
    maxBuffer: 1e7,
  });
  return `${stdout}\n${stderr}`;
}

/** A program that loads the library as \`head\` says and prints what the probe finds. */
export function programText(head, readWeights, options = {}) {
  return `${head}
${probe}
(async () => {
  const weights = ${readWeights};
  console.log('PROBE' + JSON.stringify(await probe(library, weights, ${JSON.stringify(options)})));
})().catch((error) => {
  console.error(error);
  if (typeof process !== 'undefined') process.exitCode = 1;
});
`;
}

/** What a program has printed: the probe's findings, and all the rest as notices. */
export function findings(output) {
  const line = output.split('\n').find((text) => text.includes('PROBE{'));
  if (line === undefined) throw new Error(output.trim());
  const found = JSON.parse(line.slice(line.indexOf('PROBE') + 5).replace(/\}[^}]*$/, '}'));
  return { ...found, notices: output.replace(line, '') };
}

/** A program of Node, or of another command that runs the same text. */
export async function nodeProgram(where, file, head, flags = [], command = process.execPath) {
  const isModule = file.endsWith('.mjs');
  const fs = isModule ? "(await import('node:fs'))" : "require('node:fs')";
  const read = `new Uint8Array(${fs}.readFileSync(${JSON.stringify(where.weights)}))`;
  writeFileSync(join(where.folder, file), programText(head, read));
  return findings(await execute(where, command, [...flags, file]));
}

/** Why no page can be opened, or `null`. */
export function missingChromium() {
  return existsSync(CHROMIUM) ? null : `no ${CHROMIUM}: apt-get install -y chromium`;
}

/** Serves files, `{ address: [type, body] }`, opens `/` in Chromium, and waits for what it leaves in `window.found`. */
export async function openPage(files, headers = {}, flags = []) {
  const server = createServer(({ url }, response) => {
    const [type, body] = files[url] ?? [null, null];
    response.writeHead(type === null ? 404 : 200, {
      'Content-Type': type ?? 'text/plain',
      ...headers,
    });
    response.end(body ?? '');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', ...flags],
  });
  try {
    const tab = await browser.newPage();
    const notices = [];
    tab.on('console', (message) => notices.push(message.text()));
    tab.on('pageerror', (error) => notices.push(`error of the page: ${error.message}`));
    await tab.goto(`http://127.0.0.1:${server.address().port}/`);
    await tab.waitForFunction(() => window.found !== undefined, { timeout: LIMIT_MS });
    const found = await tab.evaluate(() => window.found);
    if (found.error !== undefined) throw new Error(found.error);
    return { ...found, notices: notices.join('\n') };
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
}
