import { expect, it } from 'vitest';
import { UnetResizeConv } from '../../src/generator/enlightengan/unetResizeConv.js';
import { manualSeed } from '../../src/nn/random.js';
import { avgPool2d } from '../../src/tensor/avgPool2d.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { upsample } from '../../src/tensor/upsample.js';
import { maxAbsDifference } from '../support/closeness.js';

// The class's forward: AvgPool2d(2) before and a bilinear enlargement behind, where width is above 2200.
it.each([
  [2200, false],
  [2203, true],
])('halves pictures of %i pixels before: %s', async (width, isHalved) => {
  manualSeed(3);
  const net = new UnetResizeConv({ width: 1 }).eval();
  const x = Tensor.zeros([1, 3, 19, width]);
  for (let i = 0; i < x.size; i++) x.data[i] = Math.sin(i * i);
  const made = await net.forward(x);
  const half = avgPool2d(x, 2);
  const twice = upsample(await net.forward(half), { scaleFactor: 2, mode: 'bilinear' });
  if (isHalved) {
    expect(made.shape).toEqual([1, 3, 18, 2202]);
    expect(maxAbsDifference(made.data, twice.data)).toBeLessThan(1e-5);
  } else expect(made.shape).toEqual(x.shape);
});
