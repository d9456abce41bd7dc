import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PACKAGE = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//;
const LICENCE_FILE = /^(licen[cs]e|copying)(\.(md|txt))?$/i;

/**
 * The licence texts of everything in a bundle, as one comment to append to it: this project's own licence and notice, those
 * of each package that esbuild took code from, and the Apache License, which NOTICE refers to.
 *
 * @param {import('esbuild').Metafile} metafile Of the build.
 * @param {string} root The project's folder.
 * @throws Error for a package without a licence file: it must not be bundled unseen.
 */
export function licenceComment(metafile, root) {
  const packages = bundledPackages(metafile);
  const texts = [
    ['cyclegan-ts', readFileSync(join(root, 'LICENSE'), 'utf8')],
    ['Notice', readFileSync(join(root, 'NOTICE'), 'utf8')],
    ...packages.map((name) => [name, licenceOf(join(root, 'node_modules', name))]),
    ['Apache License 2.0', readFileSync(join(root, 'licences/Apache-2.0.txt'), 'utf8')],
  ];
  const body = texts.map(([name, text]) => `---- ${name} ----\n\n${text.trim()}\n`).join('\n');
  return `\n/*! Licences of what this file contains\n\n${body.replaceAll('*/', '* /')}*/\n`;
}

/** Names of the packages that code of the bundle comes from, sorted. */
export function bundledPackages({ inputs }) {
  const names = Object.keys(inputs).flatMap((path) => PACKAGE.exec(path)?.[1] ?? []);
  return [...new Set(names)].sort();
}

function licenceOf(folder) {
  const file = existsSync(folder) && readdirSync(folder).find((name) => LICENCE_FILE.test(name));
  if (!file) throw new Error(`${folder} has no licence file: its code cannot be bundled.`);
  // Of the library that a package has in machine code.
  const further = join(folder, 'codec/LICENSE.codec.md');
  const texts = [join(folder, file), ...(existsSync(further) ? [further] : [])];
  return texts.map((path) => readFileSync(path, 'utf8').trim()).join('\n\n');
}
