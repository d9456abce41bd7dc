import { expect, it, vi } from 'vitest';
import { FAMILIES, recogniseGenerator } from '../../src/generator/families.js';
import { recognise } from '../../src/generator/recognise.js';

vi.mock('../../src/generator/recognise.js', async (original) => {
  const actual = await original<typeof import('../../src/generator/recognise.js')>();
  return { ...actual, recognise: vi.fn(actual.recognise) };
});

const SIDES = [3, 4, 5, 7, 9, 1];

/** The first key of every family, behind these names: of a convolution, as each takes it. */
function firstKeys(prefixes: readonly string[]) {
  return new Map(
    FAMILIES.flatMap(({ anchor }) => {
      const shape = SIDES.map((side) => [4, 3, side, side]).find((one) =>
        anchor.fits({ shape: one }),
      );
      return shape === undefined
        ? []
        : prefixes.map((prefix) => [prefix + anchor.key, { shape }] as const);
    }),
  );
}

it.each([
  ['once', ['']],
  ['twice', ['a.', 'b.']],
])('a state dict with the first keys of all families, %s, is looked at once', (_, prefixes) => {
  vi.mocked(recognise).mockClear();
  const stateDict = firstKeys(prefixes);
  expect(stateDict.size).toBeGreaterThan(20);
  expect(() => recogniseGenerator(stateDict)).toThrow('This state dict');
  expect(recognise).toHaveBeenCalledTimes(1);
});
