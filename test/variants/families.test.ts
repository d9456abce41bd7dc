import { describe, expect, it } from 'vitest';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { engines } from '../support/engines.js';
import { expectAsInTorch, familyCases, runsOf, stateDictOf } from '../support/familyCases.js';

/** One of each family, the plainest by name. The default variant runs all of them, in `test/full/familyGoldens.test.ts`. */
const cases = new Map(
  familyCases
    .toSorted((a, b) => b.name.length - a.name.length)
    .map((one) => [one.family, one] as const),
);

describe.each(engines)('on $name', ({ options, unavailable }) => {
  it.skipIf(unavailable !== null).each([...cases])("%s gives PyTorch's output", async (_, one) => {
    const { module } = await openGenerator(
      encodeStateDict(stateDictOf(one), 'net.pth'),
      one.options,
    );
    const [run] = runsOf(one);
    const made = await module.forward(run.input, {
      ...options,
      onProgram: ({ fallbacks }) => expect(fallbacks).toEqual([]),
    });
    module.dispose();
    expectAsInTorch(made, run);
  });
});
