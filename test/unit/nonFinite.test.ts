import { expect, it } from 'vitest';
import { Conv2d } from '../../src/nn/conv2d.js';
import { Tensor } from '../../src/tensor/tensor.js';

const SIDE = 40;
const CHANNELS = 32;
/** A tile's outputs. */
const MAX_TILE = 5;

it.each([
  [3, Number.NaN],
  [3, Number.POSITIVE_INFINITY],
  [7, Number.NaN],
  [1, Number.NEGATIVE_INFINITY],
])(
  'kernel of %i, %f: what is not finite stays in its tiles and is not lost',
  async (kernel, value) => {
    const conv = new Conv2d(CHANNELS, CHANNELS, kernel, { padding: (kernel - 1) / 2 }).eval();
    const data = Float32Array.from({ length: CHANNELS * SIDE * SIDE }, (_, i) => Math.sin(i));
    const run = async (engine: 'js' | 'wasm') =>
      (await conv.forward(new Tensor(data.slice(), [1, CHANNELS, SIDE, SIDE]), { engine })).data;
    const clean = await run('wasm');
    const [row, column] = [20, 17];
    data[row * SIDE + column] = value;
    const found = await run('wasm');
    const expected = await run('js');
    const reach = (kernel - 1) / 2 + MAX_TILE - 1;
    for (const [i, output] of found.entries()) {
      const [y, x] = [Math.floor(i / SIDE) % SIDE, i % SIDE];
      if (!Number.isFinite(expected[i])) expect(Number.isFinite(output)).toBe(false);
      const isNear = Math.abs(y - row) <= reach && Math.abs(x - column) <= reach;
      if (!isNear && output !== clean[i]) expect({ i, output }).toEqual({ i, output: clean[i] });
    }
  },
);
