import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixturePath, hasFixtures } from '../../support/fixtures.js';

/** Cases without an input file; a test elsewhere has what they tell of. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'lib-resize-none': 'test/unit/pictureInput.test.ts',
};

/** What is not there yet, and is what these cases are about. */
const LATER: Readonly<Record<string, string>> = {
  'cli-jfif': 'JPEGs under further names',
  'cli-proxy': 'downloads through a proxy',
  'node-permission': "Node's permission model",
  'web-csp-no-blob-worker': 'pages whose policy forbids workers from blobs',
  'web-csp-no-wasm': 'pages whose policy forbids WebAssembly',
};

describe.skipIf(!hasFixtures)('every report', () => {
  const tests = readdirSync(import.meta.dirname)
    .filter((name) => name !== 'coverage.test.ts')
    .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))
    .join('\n');
  const folders = hasFixtures ? readdirSync(fixturePath('reports'), { withFileTypes: true }) : [];
  const reports = folders.filter((entry) => entry.isDirectory()).map(({ name }) => name);

  it.each(reports)(
    '%s has its right value in a test, or is about what is not there yet',
    (name) => {
      const places = [tests.includes(name), name in ELSEWHERE, name in LATER];
      expect(places.filter((is) => is)).toHaveLength(1);
    },
  );
});
