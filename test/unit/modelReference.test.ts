import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MODELS } from '../../src/cli/modelList.js';
import { modelReference } from '../../src/cli/modelReference.js';
import { FAMILIES } from '../../src/generator/families.js';
import { familyCases } from '../support/familyCases.js';

/** As `scripts/docs.mjs` takes them: the plainest of each family by name. */
const samples = new Map(
  [...familyCases]
    .filter(({ folded }) => !folded)
    .sort((a, b) => b.name.length - a.name.length || (a.name < b.name ? 1 : -1))
    .map(({ family, tensors }) => [
      family,
      new Map(tensors.map(({ key, shape }) => [key, { shape }])),
    ]),
);

it('docs/models.md is what families and models say (npm run docs writes it)', () => {
  const committed = readFileSync(join(import.meta.dirname, '../../docs/models.md'), 'utf8');
  expect(modelReference(samples)).toBe(committed);
});

it('the list of models names every family and every model', () => {
  const text = modelReference(samples);
  for (const { name, className } of FAMILIES)
    expect(text).toContain(`\`${className}\` (\`${name}\`)`);
  for (const { name } of MODELS) expect(text).toContain(`\`${name}\``);
});
