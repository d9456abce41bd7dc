import { describe, expect, it } from 'vitest';
import { inspectWeights } from '../../../src/generator/inspectWeights.js';
import { openGenerator } from '../../../src/generator/openGenerator.js';
import { ResNetGenerator } from '../../../src/generator/resnet/resNetGenerator.js';
import { loadStateDict } from '../../../src/pth/loadStateDict.js';
import { Tensor } from '../../../src/tensor/tensor.js';
import { fixturePath, hasFixtures } from '../../support/fixtures.js';

describe.skipIf(!hasFixtures)('a generator that only begins as a ResNet generator does', () => {
  it("is CUT's, which runs, and no ResNet generator", async () => {
    const path = fixturePath('reports', 'inspect-cut-generator', 'input.pth');
    const { generator } = await inspectWeights(path);
    expect(generator?.family).toBe('cut');
    const stateDict = await loadStateDict(path);
    expect(() => ResNetGenerator.fromStateDict(stateDict)).toThrow(
      /not that of a ResNet generator/,
    );
    const { module, sizeRule } = await openGenerator(path);
    const { shape } = await module.forward(Tensor.zeros([1, 3, 18, 24]));
    expect([shape, sizeRule.roundsUpTo]).toEqual([[1, 3, 20, 24], 4]);
  });
});

describe.skipIf(!hasFixtures)('a generator with zero padding in its blocks', () => {
  it('is said to fit, and runs', async () => {
    const path = fixturePath('reports', 'inspect-zero-padding-generator', 'input.pth');
    const { generator } = await inspectWeights(path);
    expect(generator?.config.paddingType).toBe('zero');
    expect(generator?.traits).toMatchObject({ padding: 'zero', inputRange: [-1, 1] });
    const netG = ResNetGenerator.fromStateDict(await loadStateDict(path));
    const { shape } = await netG.forward(Tensor.zeros([1, 3, 18, 24]));
    expect(shape).toEqual([1, 3, 20, 24]);
  });
});
