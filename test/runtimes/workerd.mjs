import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { probe } from './probe.mjs';

/** Cloudflare's runtime, by Miniflare: no WebAssembly that is made at run time, and no threads. */
export const environments = [
  {
    name: 'workerd',
    packages: { miniflare: '^4.0.0' },
    expects: { engine: 'js' },
    async run({ folder, weights }) {
      const text = `import * as library from 'cyclegan-ts';
${probe}
export default {
  async fetch(request) {
    try {
      return Response.json(await probe(library, new Uint8Array(await request.arrayBuffer())));
    } catch (error) {
      return new Response(String(error.stack ?? error), { status: 500 });
    }
  },
};`;
      const { outputFiles } = await build({
        stdin: { contents: text, resolveDir: folder },
        bundle: true,
        write: false,
        format: 'esm',
        external: ['node:*'],
        logLevel: 'error',
      });
      const require = createRequire(join(folder, 'package.json'));
      const { Miniflare } = await import(pathToFileURL(require.resolve('miniflare')).href);
      const miniflare = new Miniflare({
        // Named, or Miniflare looks for imports, and refuses those of optional packages, whose names it cannot know.
        modules: [{ type: 'ESModule', path: 'worker.mjs', contents: outputFiles[0].text }],
        compatibilityDate: '2025-09-01',
      });
      try {
        const body = readFileSync(weights);
        const response = await miniflare.dispatchFetch('http://localhost/', {
          method: 'POST',
          body,
        });
        if (!response.ok) throw new Error(await response.text());
        return { ...(await response.json()), notices: '' };
      } finally {
        await miniflare.dispose();
      }
    },
  },
];
