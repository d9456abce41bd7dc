import { afterEach, expect, it } from 'vitest';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { expectAsAlone } from '../support/blockingCalls.js';

const generators = [0, 1, 2].map(() => new ResNetGenerator(1, 1, 4, 1).eval());
afterEach(() => {
  for (const netG of generators) netG.dispose();
});

it.each([1, 2, 3])(
  'calls that block, on several generators at once, give what they give alone, whoever stops them: seed %i',
  async (seed) => {
    await expectAsAlone(generators, { seed, count: 50 });
    expect.hasAssertions();
  },
);
