#!/usr/bin/env bash
# StrykerJS 9.6.1 with TypeScript 7.0.2: a run ends before its first test, although nothing asks for type checks.
#
# Usual belief: without the TypeScript checker plugin, StrykerJS only parses TypeScript with Babel, so the compiler's version
#   does not matter to it; its peer dependencies name none.
# Behaviour: where there is a tsconfig.json, the sandbox rewrites it with ts.parseConfigFileTextToJson of whatever package is
#   called "typescript". TypeScript 7 no longer has that interface, and the run ends in a TypeError. With `tsconfigFile` set
#   to a name that does not exist, the same project is tested, types and all.
# Seen (Node 20.20, vitest 4.1.12):
#   as it is: TypeError: ts.parseConfigFileTextToJson is not a function
#   with tsconfigFile "none.json": 1 killed
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm pkg set type=module
npm install --no-fund --no-audit --silent @stryker-mutator/core@9.6.1 @stryker-mutator/vitest-runner@9.6.1 vitest@4.1.12 typescript@7.0.2
echo '{ "compilerOptions": { "strict": true } }' >tsconfig.json
echo 'export const half = (n: number): number => n / 2;' >half.ts
cat >half.test.ts <<'TS'
import { expect, it } from 'vitest';
import { half } from './half.js';
it('halves', () => expect(half(6)).toBe(3));
TS
cat >try.mjs <<'JS'
import { Stryker } from '@stryker-mutator/core';
for (const [name, more] of [['as it is', {}], ['with tsconfigFile "none.json"', { tsconfigFile: 'none.json' }]]) {
  let seen;
  try {
    const stryker = new Stryker({
      testRunner: 'vitest', mutate: ['half.ts'], mutator: { excludedMutations: ['ArrowFunction'] },
      reporters: [], logLevel: 'off', concurrency: 1, plugins: ['@stryker-mutator/vitest-runner'], ...more,
    });
    const results = await stryker.runMutationTest();
    seen = `${results.filter(({ status }) => status === 'Killed').length} killed`;
  } catch (error) {
    seen = `${error.name}: ${error.message}`;
  }
  process.stderr.write(`${name}: ${seen}\n`);
}
JS
node try.mjs 2>seen.txt >/dev/null || true
cat seen.txt
diff - seen.txt <<'SEEN'
as it is: TypeError: ts.parseConfigFileTextToJson is not a function
with tsconfigFile "none.json": 1 killed
SEEN
