import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { licenceComment } from './licenceTexts.mjs';

const CONTENTS = "export { default as encode } from 'jpeg-js/lib/encoder.js';";

/** Writes the encoder to `dist/image/jpeg/`, in the place of `jpegEncoderModule.ts`: a module that needs no other. */
export async function bundleJpeg(root) {
  const outfile = join(root, 'dist/image/jpeg/jpegEncoderModule.js');
  const { metafile } = await build({
    absWorkingDir: root,
    stdin: { contents: CONTENTS, resolveDir: root },
    bundle: true,
    outfile,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    plugins: [jpegInBundle(root)],
    legalComments: 'none',
    minify: true,
    metafile: true,
    logLevel: 'warning',
  });
  appendFileSync(outfile, licenceComment(metafile, root));
}

/** For bundles of one's own. JPEGs are read by the library's own decoder, so of that package only the encoder is taken. */
export function jpegInBundle(root) {
  return {
    name: 'jpeg',
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]jpegEncoderModule\.ts$/ }, () => ({
        contents: CONTENTS,
        resolveDir: root,
        loader: 'js',
      }));
      onLoad({ filter: /[\\/]jpeg-js[\\/]lib[\\/]encoder\.js$/ }, ({ path }) => {
        const text = readFileSync(path, 'utf8');
        const contents = text.replaceAll('Buffer.from(', 'Uint8Array.from(');
        if (contents === text) throw new Error(`${path} no longer calls Buffer.from.`);
        return { contents, loader: 'js' };
      });
    },
  };
}
