import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { COMMAND_SPECS } from '../../src/cli/commands.js';
import { cliReference } from '../../src/cli/reference.js';
import { COMMON_OPTIONS } from '../../src/cli/usage.js';

const committed = readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8');

it('docs/cli.md is what the definitions say (npm run docs writes it)', () => {
  expect(cliReference(COMMAND_SPECS)).toBe(committed);
});

it('the manual names every command and option', () => {
  for (const { name, options } of COMMAND_SPECS) {
    expect(committed).toContain(`## cyclegan ${name}`);
    for (const option of Object.keys({ ...options, ...COMMON_OPTIONS })) {
      expect(committed).toContain(`--${option}`);
    }
  }
});
