import { join } from 'node:path';
import { nodeProgram } from './support.mjs';

const HEAD = "import * as library from 'cyclegan-ts';";
const READ = ['run', '--no-remote', '--allow-read'];
const deno = (where, flags, file) =>
  nodeProgram(where, file, HEAD, flags, join(where.folder, 'node_modules/.bin/deno'));

/** Both come from npm. */
export const environments = [
  {
    name: 'Deno, all permissions',
    packages: { deno: '^2.5.0' },
    run: (where) => deno(where, ['run', '--no-remote', '--allow-all'], 'deno.mjs'),
  },
  {
    name: 'Deno, --allow-read alone',
    packages: { deno: '^2.5.0' },
    run: (where) => deno(where, READ, 'denoRead.mjs'),
  },
  {
    name: 'Bun',
    packages: { bun: '^1.3.0' },
    run: (where) =>
      nodeProgram(where, 'bun.mjs', HEAD, ['run'], join(where.folder, 'node_modules/.bin/bun')),
  },
];
