import { expect, it } from 'vitest';
import { expectNothingOfOthers } from '../support/handedOnMemory.js';

const SIZES = [
  [16, 16],
  [21, 34],
  [7, 40],
  [33, 12],
  [96, 100],
] as const;

it.each([1, 5, 24])(
  'memory of programs that are gone is the next one’s, whatever it holds: %i channels',
  async (ngf) => {
    for (const size of SIZES) await expectNothingOfOthers(ngf, size);
    expect.hasAssertions();
  },
);
