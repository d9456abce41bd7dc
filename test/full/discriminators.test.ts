import { describe, expect, it } from 'vitest';
import { NLayerDiscriminator } from '../../src/discriminator/nLayerDiscriminator.js';
import { inspectWeights } from '../../src/generator/inspectWeights.js';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { StateDictError } from '../../src/nn/loadStateDict.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { maxAbsDifference } from '../support/closeness.js';
import { buildDiscriminator, discriminatorCases } from '../support/discriminatorCases.js';
import { runsOf, stateDictOf } from '../support/familyCases.js';

const MAX_ERROR = 1e-5;

describe.each(discriminatorCases.map((one) => [one.name, one] as const))('%s', (_, one) => {
  const stateDict = stateDictOf(one);

  it("gives PyTorch's output, with PyTorch's keys", async () => {
    const netD = buildDiscriminator(one).eval();
    expect([...netD.stateDict().keys()]).toEqual([...stateDict.keys()]);
    netD.loadStateDict(stateDict);
    for (const { input, output, stored } of runsOf(one)) {
      const made = await netD.forward(input, {
        onProgram: ({ fallbacks }) => expect(fallbacks).toEqual([]),
      });
      expect(made.shape).toEqual(output.shape);
      expect(maxAbsDifference(stored(made.data), output.data)).toBeLessThan(MAX_ERROR);
    }
  });

  it('is no generator, and is called what it is', async () => {
    const file = encodeStateDict(stateDict, 'latest_net_D.pth');
    const name = one.family === 'PixelDiscriminator' ? /a pixel discr/ : /a PatchGAN discr/;
    await expect(openGenerator(file)).rejects.toThrow(StateDictError);
    await expect(openGenerator(file)).rejects.toThrow(name);
    const { generator, diagnosis } = await inspectWeights(file);
    expect(generator).toBeNull();
    expect(diagnosis).toMatch(name);
  });
});

it.each([0, 1.5, Number.NaN])('layers are counted from 1 up: %d', (layers) => {
  expect(() => new NLayerDiscriminator(3, 64, layers)).toThrow(
    `NLayerDiscriminator: nLayers must be a whole number from 1 up, but got ${layers}.`,
  );
});
