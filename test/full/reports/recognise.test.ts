import { describe, expect, it } from 'vitest';
import { inspectWeights } from '../../../src/generator/inspectWeights.js';
import { ResNetGenerator } from '../../../src/generator/resnet/resNetGenerator.js';
import { loadStateDict } from '../../../src/pth/loadStateDict.js';
import { fixturePath, hasFixtures } from '../../support/fixtures.js';

describe.skipIf(!hasFixtures)('a generator that only begins as a ResNet generator does', () => {
  it.each([
    ['inspect-cut-generator', /downsamples with a blur and enlarges by resizing/],
    ['inspect-zero-padding-generator', /zero padding/],
  ])('is not said to fit: %s', async (report, reason) => {
    const path = fixturePath('reports', report, 'input.pth');
    const { generator, diagnosis } = await inspectWeights(path);
    expect(generator).toBeNull();
    expect(diagnosis).toMatch(reason);
    const stateDict = await loadStateDict(path);
    expect(() => ResNetGenerator.fromStateDict(stateDict)).toThrow(diagnosis as string);
  });
});
