import { expect, it } from 'vitest';
import { recogniseGenerator } from '../../src/generator/families.js';
import { GanillaResNet } from '../../src/generator/ganilla/ganillaResNet.js';
import { type Shaped, StateDictError } from '../../src/nn/loadStateDict.js';

it.each([
  ['fpn.P5_1.weight', [1, 4, 1, 1], 'one channel alone'],
  ['conv1.weight', [2, 1, 7, 7], 'takes 1 channels'],
  ['layer3.0.conv1.weight', [4, 4, 5, 5], 'layer3.0.conv1.weight is no 3×3 convolution'],
] as const)('a file whose %s is %j is none: %s', (key, shape, message) => {
  const net = new GanillaResNet(3, 3, 2, { planes: [4, 4, 4, 4], featureSize: 4 });
  const stateDict = new Map<string, Shaped>(net.stateDict());
  stateDict.set(key, { shape });
  expect(() => recogniseGenerator(stateDict)).toThrow(StateDictError);
  expect(() => recogniseGenerator(stateDict)).toThrow(message);
});
