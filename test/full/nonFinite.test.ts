import { expect, it } from 'vitest';
import { AdaptiveAvgPool2d } from '../../src/nn/adaptiveAvgPool2d.js';
import { AdaptiveMaxPool2d } from '../../src/nn/adaptiveMaxPool2d.js';
import { AvgPool2d } from '../../src/nn/avgPool2d.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { GroupNorm } from '../../src/nn/groupNorm.js';
import { Hardtanh } from '../../src/nn/hardtanh.js';
import { MaxPool2d } from '../../src/nn/maxPool2d.js';
import { Softmax } from '../../src/nn/softmax.js';
import { Upsample } from '../../src/nn/upsample.js';
import { ZeroPad2d } from '../../src/nn/zeroPad2d.js';
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

it('GroupNorm: what is not finite spreads over its own group only', async () => {
  const norm = new GroupNorm(3, 6, { affine: false }).eval();
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const data = Float32Array.from({ length: 6 * 9 }, (_, i) => Math.sin(i));
    data[2 * 9 + 4] = value;
    const input = new Tensor(data, [1, 6, 3, 3]);
    const expected = await norm.forward(input, { engine: 'js' });
    expect([...expected.data].findIndex(Number.isNaN)).toBe(2 * 9);
    const found = await norm.forward(input, { engine: 'wasm' });
    for (const [i, number] of expected.data.entries()) {
      if (Number.isNaN(number)) expect(found.data[i]).toBeNaN();
      else expect(found.data[i]).toBeCloseTo(number, 5);
    }
  }
});

it.each([
  ['MaxPool2d', new MaxPool2d(3, { stride: 2, padding: 1 })],
  ['AvgPool2d', new AvgPool2d(2)],
  ['Upsample', new Upsample({ scaleFactor: 2, mode: 'bilinear' })],
  ['ZeroPad2d', new ZeroPad2d([1, -1, 2, 0])],
  ['Softmax', new Softmax(-3)],
  ['AdaptiveAvgPool2d', new AdaptiveAvgPool2d(5)],
  ['AdaptiveMaxPool2d', new AdaptiveMaxPool2d([4, 3])],
  ['Hardtanh', new Hardtanh(-0.5, 0.5)],
])('%s: what is not finite is where the reference has it', async (_, module) => {
  const data = Float32Array.from({ length: 5 * 12 * 12 }, (_, i) => Math.sin(i));
  const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < data.length; i += 29) data[i] = values[i % 3];
  const run = (engine: 'js' | 'wasm') =>
    module.eval().forward(new Tensor(data, [5, 12, 12]), { engine });
  const [found, expected] = [await run('wasm'), await run('js')];
  for (let i = 0; i < expected.size; i++) {
    if (Number.isFinite(expected.data[i])) expect(found.data[i]).toBeCloseTo(expected.data[i], 5);
    else expect(found.data[i]).toBe(expected.data[i]);
  }
});
