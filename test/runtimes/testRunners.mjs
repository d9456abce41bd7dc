import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { probe } from './probe.mjs';
import { execute, findings } from './support.mjs';

/** A test that prints what the probe finds, with the runner's own timers in place of real ones. */
function testText(head, fakeTimers, weights) {
  return `${head}
${probe}
it('runs', async () => {
  ${fakeTimers}
  const weights = new Uint8Array(fs.readFileSync(${JSON.stringify(weights)}));
  process.stdout.write('PROBE' + JSON.stringify(await probe(library, weights)) + '\\n');
}, 60000);
`;
}

async function jest(where, folder, docblock) {
  mkdirSync(join(where.folder, folder), { recursive: true });
  const head = `${docblock}
const fs = require('node:fs');
const library = require('cyclegan-ts');`;
  writeFileSync(
    join(where.folder, folder, 'probe.test.js'),
    testText(head, 'jest.useFakeTimers();', where.weights),
  );
  const args = ['node_modules/jest/bin/jest.js', '--config', '{}', '--rootDir', folder];
  return findings(await execute(where, process.execPath, args));
}

/** A test in TypeScript that a runner of CommonJS compiles, with the types of the package. */
async function tsJest(where) {
  const folder = join(where.folder, 'tsJest');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'typed.test.ts'),
    `import { Conv2d, CycleganError, Tensor } from 'cyclegan-ts';
import * as fs from 'node:fs';
import * as library from 'cyclegan-ts';
const { probe } = require('./probe.cjs');
it('runs', async () => {
  const layer: Conv2d = new Conv2d(1, 1, 1);
  const out: Tensor = await layer.forward(Tensor.zeros([1, 1, 2, 2]));
  expect(out.shape).toEqual([1, 1, 2, 2]);
  expect(() => new Tensor(new Float32Array(1), [2])).toThrow(CycleganError);
  const weights = new Uint8Array(fs.readFileSync(${JSON.stringify(where.weights)}));
  process.stdout.write('PROBE' + JSON.stringify(await probe(library, weights)) + '\\n');
}, 60000);
`,
  );
  writeFileSync(join(folder, 'probe.cjs'), `module.exports = { probe: ${probe} };`);
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        module: 'commonjs',
        target: 'ES2022',
        strict: true,
        esModuleInterop: true,
      },
    }),
  );
  const config = { preset: 'ts-jest', testEnvironment: 'node' };
  const args = ['node_modules/jest/bin/jest.js', '--config', JSON.stringify(config)];
  return findings(await execute(where, process.execPath, [...args, '--rootDir', 'tsJest']));
}

async function vitest(where) {
  const folder = join(where.folder, 'vitest');
  mkdirSync(folder, { recursive: true });
  const head = `import fs from 'node:fs';
import { it, vi } from 'vitest';
import * as library from 'cyclegan-ts';`;
  writeFileSync(
    join(folder, 'probe.test.mjs'),
    testText(head, 'vi.useFakeTimers();', where.weights),
  );
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--root', 'vitest'];
  return findings(await execute(where, process.execPath, args));
}

export const environments = [
  {
    name: 'Jest, its defaults, fake timers',
    packages: { jest: '^30.0.0' },
    run: (where) => jest(where, 'jest', ''),
  },
  {
    name: 'Jest, jsdom, fake timers',
    packages: { jest: '^30.0.0', 'jest-environment-jsdom': '^30.0.0' },
    run: (where) => jest(where, 'jestDom', '/** @jest-environment jsdom */'),
  },
  {
    name: 'Jest, TypeScript by ts-jest',
    packages: {
      jest: '^30.0.0',
      'ts-jest': '^29.4.0',
      typescript: '^5.9.0',
      '@types/jest': '^30.0.0',
      '@types/node': '^22.0.0',
    },
    run: tsJest,
  },
  {
    name: 'Vitest, fake timers',
    packages: { vitest: '^4.0.0' },
    run: vitest,
  },
];
