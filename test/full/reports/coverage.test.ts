import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixturePath, hasFixtures } from '../../support/fixtures.js';

/** Cases without an input file; a test elsewhere has what they tell of. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'cli-proxy': 'test/processes/proxy.test.ts',
  'lib-resize-none': 'test/unit/pictureInput.test.ts',
  'node-permission': 'test/processes/permission.test.ts',
  'web-csp-no-blob-worker': 'test/runtimes/pages.mjs',
  'web-csp-no-wasm': 'test/runtimes/pages.mjs',
};

describe.skipIf(!hasFixtures)('every report', () => {
  const tests = readdirSync(import.meta.dirname)
    .filter((name) => name !== 'coverage.test.ts')
    .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))
    .join('\n');
  const folders = hasFixtures ? readdirSync(fixturePath('reports'), { withFileTypes: true }) : [];
  const reports = folders.filter((entry) => entry.isDirectory()).map(({ name }) => name);

  it.each(reports)('%s has its right value in a test', (name) => {
    const places = [tests.includes(name), name in ELSEWHERE];
    expect(places.filter((is) => is)).toHaveLength(1);
  });
});
