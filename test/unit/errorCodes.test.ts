import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { errorReference } from '../../src/cli/errorReference.js';
import { ERROR_CODES } from '../../src/errorCodes.js';

const ROOT = join(import.meta.dirname, '../..');
const LIST = 'errorCodes.ts';
const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && file !== LIST)
  .map((file) => readFileSync(join(ROOT, 'src', file), 'utf8'));

/** In code, not in comments: a code is a string there, or the name of a property. */
function used(pattern: RegExp): Set<string> {
  return new Set(sources.flatMap((text) => [...text.matchAll(pattern)].map(([, code]) => code)));
}

/** Codes that Node gives its own errors. */
const OF_NODE: ReadonlySet<string> = new Set([
  'ERR_ACCESS_DENIED',
  'ERR_HTTP_REQUEST_TIMEOUT',
  'ERR_MODULE_NOT_FOUND',
]);

const IN_CODE = /(?:'|^\s+)(ERR_[A-Z_0-9]+)(?:'|:)/gm;

it('every code that the source has is in the list, and none is there that nothing has', () => {
  const own = [...used(IN_CODE)].filter((code) => !OF_NODE.has(code));
  expect(own.sort()).toEqual(Object.keys(ERROR_CODES).sort());
});

it('comments speak of codes that there are', () => {
  const unknown = [...used(/`(ERR_[A-Z_0-9]+)`/g)].filter((code) => !(code in ERROR_CODES));
  expect(unknown).toEqual([]);
});

it('docs/errors.md is what the list says (npm run docs writes it)', () => {
  const committed = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
  expect(errorReference()).toBe(committed);
  for (const code of Object.keys(ERROR_CODES)) expect(committed).toContain(`\`${code}\``);
});

it('each code tells of a class that there is, and in a sentence what it means', () => {
  const classes = used(/class (\w+Error)\b/g);
  for (const [code, { thrownAs, means }] of Object.entries(ERROR_CODES)) {
    expect(classes, code).toContain(thrownAs);
    expect(means, code).toMatch(/^[A-Z].*[^.]$/);
  }
});
