import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { probe } from './probe.mjs';
import { execute, findings, missingChromium, openPage, programText } from './support.mjs';

/** The driver that runs all of it on the processor comes with Chromium. */
const SOFTWARE = '/usr/lib/chromium/vk_swiftshader_icd.json';
const OPTIONS = { engine: 'webgpu' };

/** A program that ends by itself, though the device stays open. */
async function node(where) {
  const read = `new Uint8Array((await import('node:fs')).readFileSync(${JSON.stringify(where.weights)}))`;
  const text = programText("import * as library from 'cyclegan-ts';", read, OPTIONS);
  writeFileSync(join(where.folder, 'webgpu.mjs'), text);
  const drivers = { VK_DRIVER_FILES: SOFTWARE, VK_ICD_FILENAMES: SOFTWARE };
  return findings(await execute(where, process.execPath, ['webgpu.mjs'], drivers));
}

function page({ folder, weights }) {
  const files = {
    '/': ['text/html', '<!doctype html><script type="module" src="/page.js"></script>'],
    '/page.js': [
      'text/javascript',
      `import * as library from '/cyclegan-ts.js';
${probe}
fetch('/weights.pth')
  .then((response) => response.arrayBuffer())
  .then((bytes) => probe(library, new Uint8Array(bytes), ${JSON.stringify(OPTIONS)}))
  .catch((error) => ({ error: String(error) }))
  .then((found) => { window.found = found; });`,
    ],
    '/cyclegan-ts.js': [
      'text/javascript',
      readFileSync(join(folder, 'node_modules/cyclegan-ts/dist/web/cyclegan-ts.js')),
    ],
    '/weights.pth': ['application/octet-stream', readFileSync(weights)],
  };
  return openPage(files, {}, ['--enable-unsafe-webgpu']);
}

export const environments = [
  {
    name: 'Node, WebGPU by the package webgpu, on the processor',
    packages: { webgpu: '0.6.2' },
    missing: existsSync(SOFTWARE) ? null : `no ${SOFTWARE}: apt-get install -y chromium`,
    expects: OPTIONS,
    run: node,
  },
  {
    name: 'Chromium, WebGPU on the processor',
    missing: missingChromium(),
    expects: OPTIONS,
    run: page,
  },
];
