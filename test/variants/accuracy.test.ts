import { describe, expect, it } from 'vitest';
import { compile } from '../../src/nn/compile.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { GroupNorm } from '../../src/nn/groupNorm.js';
import { manualSeed, uniform } from '../../src/nn/random.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { engines } from '../support/engines.js';

/** A convolution of 3×3 in double precision, at one output. */
function exactly(x: Tensor, weight: Tensor, channel: number, row: number, column: number): number {
  const [, inChannels, height, width] = x.shape;
  let sum = 0;
  for (let ic = 0; ic < inChannels; ic++) {
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) {
        const pixel = x.data[(ic * height + row + i) * width + column + j];
        sum += pixel * weight.data[((channel * inChannels + ic) * 3 + i) * 3 + j];
      }
    }
  }
  return sum;
}

/**
 * Winograd multiplies larger numbers than it returns; so the larger its tiles and the longer its sums, the
 * larger its error. Errors are root mean squares, relative to that of the output.
 */
describe.each(engines)('a residual layer on $name', ({ options, unavailable }) => {
  // Tiles of 4 × 4 outputs fit the first, of 5 × 5 the second.
  it.skipIf(unavailable !== null).each([
    [32, 32],
    [45, 55],
  ])('is accurate at %i x %i', async (height, width) => {
    manualSeed(7);
    const conv = new Conv2d(256, 8, 3, { bias: false });
    const shape = [1, 256, height + 2, width + 2];
    const size = shape.reduce((a, b) => a * b);
    const input = new Tensor(
      uniform(1, size, 1).map((value) => Math.max(0, value)),
      shape,
    );
    const program = await compile(conv, { ...options, inputShape: shape });
    const output = await program.run(input);
    program.dispose();
    let [error, power] = [0, 0];
    for (let i = 0; i < output.size; i += 7) {
      const [channel, pixel] = [Math.floor(i / (height * width)), i % (height * width)];
      const expected = exactly(
        input,
        conv.weight.tensor,
        channel,
        Math.floor(pixel / width),
        pixel % width,
      );
      error += (output.data[i] - expected) ** 2;
      power += expected ** 2;
    }
    expect(Math.sqrt(error / power)).toBeLessThan(1.6e-6);
  });
});

/** In float32, the squares of these are all the same. */
const MEAN = 4096;

describe.each(engines)('a group norm on $name', ({ options, unavailable }) => {
  it.skipIf(unavailable !== null)('keeps a deviation far below the mean', async () => {
    const shape = [1, 6, 40, 50];
    const channel = 40 * 50;
    // Each channel has 1 and -1 around a mean of its own, and the two groups means that are 8 apart.
    const input = new Tensor(
      Float32Array.from({ length: 6 * channel }, (_, i) => {
        const c = Math.floor(i / channel);
        return MEAN + 8 * Math.floor(c / 3) + (c % 3) + (i % 2 === 0 ? 1 : -1);
      }),
      shape,
    );
    const program = await compile(new GroupNorm(2, 6), { ...options, inputShape: shape });
    const { data } = await program.run(input);
    program.dispose();
    // The variance of 1 and -1, and of 0, 1 and 2.
    const deviation = Math.sqrt(1 + 2 / 3 + 1e-5);
    for (const [i, value] of data.entries()) {
      const c = Math.floor(i / channel) % 3;
      expect(Math.abs(value - (c - 1 + (i % 2 === 0 ? 1 : -1)) / deviation)).toBeLessThan(1e-6);
    }
  });
});
