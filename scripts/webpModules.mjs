import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { licenceComment } from './licenceTexts.mjs';

/** The files of `src/image/webp/` that a build replaces, and what of the package stands in their place. */
export const WEBP_MODULES = {
  webpDecoderModule: '@jsquash/webp/codec/dec/webp_dec',
  webpEncoderModule: '@jsquash/webp/codec/enc/webp_enc_simd',
};

/** Writes them to `dist/image/webp/`: the package's module with its machine code, which need no other file. */
export async function bundleWebp(root) {
  for (const [name, file] of Object.entries(WEBP_MODULES)) {
    const outfile = join(root, `dist/image/webp/${name}.js`);
    const { metafile } = await build({
      absWorkingDir: root,
      stdin: {
        contents: moduleText(file, `import bytes from '${file}.wasm';`, 'bytes'),
        resolveDir: root,
      },
      bundle: true,
      outfile,
      format: 'esm',
      // No Buffer, so that it runs in pages.
      platform: 'browser',
      target: 'es2022',
      loader: { '.wasm': 'binary' },
      plugins: [withoutAddress()],
      legalComments: 'none',
      minify: true,
      metafile: true,
      logLevel: 'warning',
    });
    appendFileSync(outfile, licenceComment(metafile, root));
  }
}

/** For the command: machine code stands in a comment at its end, by its place in `found` (`bundleCommand.mjs`). */
export function webpInComments(root, found) {
  return {
    name: 'webp',
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]webp(De|En)coderModule\.ts$/ }, ({ path }) => {
        const [, file] = Object.entries(WEBP_MODULES).find(([name]) => path.includes(name));
        const place = found.push(join(root, 'node_modules', `${file}.wasm`)) - 1;
        const embedded = JSON.stringify(join(root, 'src/cli/embedded.ts'));
        const contents = moduleText(
          file,
          `import { fromComment } from ${embedded};`,
          `fromComment(${place})`,
        );
        return { contents, resolveDir: root, loader: 'js' };
      });
    },
  };
}

/**
 * For bundles of one's own, which have to load `.wasm` as `binary`.
 * @param writes Whether WebPs are written, too.
 */
export function webpInBundle(root, { writes = true } = {}) {
  return {
    name: 'webp',
    setup({ onLoad }) {
      const filter = writes ? /[\\/]webp(De|En)coderModule\.ts$/ : /[\\/]webpDecoderModule\.ts$/;
      onLoad({ filter }, ({ path }) => {
        const [, file] = Object.entries(WEBP_MODULES).find(([name]) => path.includes(name));
        const contents = moduleText(file, `import bytes from '${file}.wasm';`, 'bytes');
        return { contents, resolveDir: root, loader: 'js' };
      });
      onLoad({ filter: /[\\/]webpEncoderModule\.ts$/ }, () => ({
        contents: "throw new Error('The page writes no WebP.');\nexport {};",
        loader: 'js',
      }));
    },
  };
}

/** The machine code is handed over: its address in the package's module is of no use, and bundlers of others would look for it. */
function withoutAddress() {
  return {
    name: 'without address',
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]webp_(dec|enc_simd)\.js$/ }, ({ path }) => {
        const text = readFileSync(path, 'utf8');
        const contents = text.replace(/new URL\("\w+\.wasm",\s*import\.meta\.url\)\.href/, '""');
        if (contents === text) throw new Error(`${path} has no address of its machine code.`);
        return { contents, loader: 'js' };
      });
    },
  };
}

function moduleText(file, imports, bytes) {
  return `export { default as factory } from '${file}.js';
${imports}
export async function machineCode() {
  return ${bytes};
}
`;
}
