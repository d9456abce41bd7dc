import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/errors.js';
import { Conv2d, compile, conv2d, Tensor, upsample } from '../../src/index.js';

const ONE = Tensor.full([1, 1, 4, 4], 1);
const KERNEL = Tensor.full([1, 1, 3, 3], 1);

// Loops over such shapes, and plans for them, do not end.
describe('a shape of more elements than there can be', () => {
  it.each<[string, () => unknown]>([
    ['upsample', () => upsample(ONE, { scaleFactor: 1e9 })],
    ['upsample', () => upsample(ONE, { scaleFactor: 2 ** 52 })],
    ['conv2d', () => conv2d(ONE, KERNEL, null, { padding: 1e9 })],
  ])('is refused as the output of %s', (op, action) => {
    expect(action).toThrow(ShapeError);
    expect(action).toThrow(new RegExp(`${op}: .* more than the 4294967296 elements`));
  });

  it.each([1e8, 1e9, 2 ** 32, 2 ** 52])('is refused as an input of a program: %d', async (side) => {
    const options = { inputShape: [1, 3, side, side], engine: 'wasm' } as const;
    await expect(compile(new Conv2d(3, 8, 3), options)).rejects.toMatchObject({
      code: 'ERR_TOO_LARGE',
      message: expect.stringContaining(`[1, 3, ${side}, ${side}]`),
    });
  });
});
