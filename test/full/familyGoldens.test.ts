import { describe, expect, it } from 'vitest';
import { FAMILIES, recogniseGenerator } from '../../src/generator/families.js';
import { USUAL_TRAITS } from '../../src/generator/family.js';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { StateDictError } from '../../src/nn/loadStateDict.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectAsInTorch, familyCases, runsOf, stateDictOf } from '../support/familyCases.js';

/** What our class asks for and what the file has are equal, key by key, so any change of the file is noticed. */
function damaged(stateDict: ReadonlyMap<string, Tensor>): Map<string, Tensor>[] {
  const keys = [...stateDict.keys()].filter((key) => !key.endsWith('num_batches_tracked'));
  const some = [keys[0], keys[keys.length >> 1], keys[keys.length - 1]];
  return some.flatMap((key) => {
    const lacking = new Map(stateDict);
    lacking.delete(key);
    const shape = stateDict.get(key)?.shape ?? [];
    const larger = Tensor.zeros(
      shape.map((side, axis) => side + (axis === shape.length - 1 ? 1 : 0)),
    );
    return [
      lacking,
      new Map([...stateDict, [key, larger]]),
      new Map([...stateDict, [`${key}s`, larger]]),
    ];
  });
}

describe.each(familyCases.map((one) => [one.name, one] as const))('%s', (_, one) => {
  const stateDict = stateDictOf(one);
  const open = () => openGenerator(encodeStateDict(stateDict, 'net.pth'), one.options);

  it('is recognised, with its configuration and its pictures', async () => {
    const { family, config, notes, ...traits } = await open();
    expect(family.name).toBe(one.family);
    expect(config).toMatchObject(one.config);
    expect(traits).toMatchObject({ ...USUAL_TRAITS, ...one.traits });
    const hints = family.hints?.(stateDict, config, one.options ?? {}) ?? [];
    if (one.folded) expect(notes).toEqual([expect.stringMatching(/^Folded the /), ...hints]);
    else {
      expect([...traits.module.stateDict().keys()]).toEqual([...stateDict.keys()]);
      expect(notes).toEqual(hints);
    }
  });

  it("gives PyTorch's output", async () => {
    const { module, sizeRule } = await open();
    const { roundsUpTo, grows = 0 } = sizeRule;
    for (const run of runsOf(one)) {
      const { input, output } = run;
      const made = await module.forward(input, {
        onProgram: ({ fallbacks }) => expect(fallbacks).toEqual([]),
      });
      expectAsInTorch(made, run);
      const [high, wide] = input.shape
        .slice(-2)
        .map((side) => Math.ceil(side / roundsUpTo) * roundsUpTo + grows);
      expect(output.shape.slice(-2)).toEqual([high, wide]);
    }
  });

  it('is taken by no other family, and not when a tensor is missing, too much or of another shape', () => {
    for (const family of FAMILIES.filter(({ name }) => name !== one.family)) {
      expect(() => recogniseGenerator(stateDict, [family]), family.name).toThrow(StateDictError);
    }
    for (const other of damaged(stateDict)) {
      expect(() => recogniseGenerator(other)).toThrow(StateDictError);
    }
  });
});

it('has a case of every family', () => {
  const held = new Set(familyCases.map(({ family }) => family));
  expect(FAMILIES.map(({ name }) => name).filter((name) => !held.has(name))).toEqual([]);
});
