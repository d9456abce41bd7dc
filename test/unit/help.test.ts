import { describe, expect, it } from 'vitest';
import { COMMAND_SPECS } from '../../src/cli/commands.js';
import { commandHelp, mainHelp, wrapped } from '../../src/cli/help.js';
import { translateSpec } from '../../src/cli/requests/translate.js';

const help = (columns: number, all = false) => mainHelp(COMMAND_SPECS, '1.2.3', { all, columns });
/** Options that stand at the beginning of a line. */
const optionsIn = (text: string) =>
  [...text.matchAll(/^ {2}(?:-\w, | {4})--([\w-]+)/gm)].map(([, name]) => name);

describe('help', () => {
  it.each([40, 60, 80, 100, 120])('keeps within %i columns', (columns) => {
    for (const all of [false, true]) {
      const texts = COMMAND_SPECS.map((spec) => commandHelp(spec, { all, columns }));
      for (const line of [help(columns, all), ...texts].join('\n').split('\n')) {
        // A word that is longer stands alone, and so does what an explanation is about.
        if (line.length >= columns)
          expect(line.trim()).toMatch(/^(\S+|-\w, --\S+ \S+|--\S+ \S+|cyclegan .*|cat horse.*)$/);
      }
    }
  });

  it('begins with examples, and shows the ten options that matter', () => {
    expect(help(80)).toMatch(/^cyclegan 1\.2\.3.*\n\nUsage: .*\n\nExamples\n/);
    expect(optionsIn(help(80))).toHaveLength(10);
    expect(help(80)).toMatch(/--help --all/);
  });

  it('shows every option with --all', () => {
    const all = optionsIn(help(80, true));
    for (const name of Object.keys(translateSpec.options)) expect(all).toContain(name);
    expect(optionsIn(commandHelp(translateSpec, { all: true, columns: 80 }))).toEqual(
      expect.arrayContaining(Object.keys(translateSpec.options)),
    );
  });

  it('loses no word where it is wrapped', () => {
    const text =
      'one two three-and-more four five sixsixsixsixsixsixsixsixsixsixsixsixsixsixsixsixsix seven';
    const lines = wrapped(text, 40, 3);
    expect(lines.map((line) => line.trim()).join(' ')).toBe(text);
    expect(lines.every((line) => line.startsWith('   '))).toBe(true);
    expect(lines.filter((line) => line.length > 39)).toHaveLength(1);
  });
});
