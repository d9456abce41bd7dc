import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { probe } from './probe.mjs';
import { missingChromium, openPage } from './support.mjs';

const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};
const policy = (text) => ({ 'Content-Security-Policy': text });

/** Opens a page that loads the library's file for pages as it is, without a bundler. */
function page({ folder, weights }, headers) {
  const files = {
    '/': ['text/html', '<!doctype html><script type="module" src="/page.js"></script>'],
    '/page.js': [
      'text/javascript',
      `import * as library from '/cyclegan-ts.js';
${probe}
// The page stands still as long as its main thread runs a network.
const { Instance } = WebAssembly;
let instances = 0;
WebAssembly.Instance = class extends Instance {
  constructor(...args) {
    super(...args);
    instances++;
  }
};
const weights = new Uint8Array(await (await fetch('/weights.pth')).arrayBuffer());
window.found = await probe(library, weights).then(
  (found) => ({ ...found, instances }),
).catch((error) => ({ error: String(error) }));`,
    ],
    '/cyclegan-ts.js': [
      'text/javascript',
      readFileSync(join(folder, 'node_modules/cyclegan-ts/dist/web/cyclegan-ts.js')),
    ],
    '/weights.pth': ['application/octet-stream', readFileSync(weights)],
  };
  return openPage(files, headers);
}

const missing = missingChromium();
const inPage = (name, headers, expects) => ({
  name: `Chromium, ${name}`,
  missing,
  expects,
  run: (where) => page(where, headers),
});

export const environments = [
  inPage('ordinary page', {}, { threads: 1, instances: 0 }),
  inPage('isolated page', ISOLATED, { instances: 1 }),
  inPage(
    'ordinary page that forbids workers of blobs',
    policy("script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'"),
    { threads: 1, notice: /main thread works.*worker-src/ },
  ),
  inPage(
    'isolated page that forbids workers of blobs',
    { ...ISOLATED, ...policy("script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'") },
    { threads: 1, notice: /worker-src/ },
  ),
  inPage('page that forbids WebAssembly', policy("script-src 'self'"), {
    engine: 'js',
    notice: /wasm-unsafe-eval/,
  }),
];
