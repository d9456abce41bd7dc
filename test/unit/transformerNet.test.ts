import { expect, it } from 'vitest';
import { recogniseGenerator } from '../../src/generator/families.js';
import { TransformerNet } from '../../src/generator/fastneuralstyle/transformerNet.js';
import type { Shaped } from '../../src/nn/loadStateDict.js';

// PyTorch before 0.4 saved them, and the example's own script deletes them before it loads such a file.
it('takes files that hold running statistics of its instance norms', () => {
  const stateDict = new Map<string, Shaped>(
    new TransformerNet({ width: 2, nBlocks: 1 }).stateDict(),
  );
  const clean = [...stateDict.keys()];
  for (const [norm, channels] of [
    ['in1', 2],
    ['in2', 4],
    ['in3', 8],
    ['res1.in1', 8],
    ['res1.in2', 8],
    ['in4', 4],
    ['in5', 2],
  ] as const) {
    stateDict.set(`${norm}.running_mean`, { shape: [channels] });
    stateDict.set(`${norm}.running_var`, { shape: [channels] });
  }
  const { family, adapted, notes } = recogniseGenerator(stateDict);
  expect(family.name).toBe('fast-neural-style');
  expect([...adapted.keys()]).toEqual(clean);
  expect(notes).toEqual(['Left out 14 running statistics that InstanceNorm2d does not use.']);
});

it('is named where a file is almost one', () => {
  const stateDict = new Map<string, Shaped>(new TransformerNet({ width: 2 }).stateDict());
  stateDict.delete('res3.in2.bias');
  expect(() => recogniseGenerator(stateDict)).toThrow(
    'is not that of a fast-neural-style TransformerNet: of the keys of TransformerNet(), width 2, 5 blocks, it lacks 1 ("res3.in2.bias")',
  );
});
