import { describe, expect, it } from 'vitest';
import { CycleganError } from '../../src/errors.js';
import { exportOnnx } from '../../src/export/onnx/exportOnnx.js';
import { diffWeights } from '../../src/generator/diffWeights.js';
import { ResNetGenerator } from '../../src/generator/resNetGenerator.js';
import type { GraphBuilder, Value } from '../../src/graph/builder.js';
import { Module } from '../../src/nn/module.js';
import { manualSeed } from '../../src/nn/random.js';
import { toFloat16, toFloat32 } from '../../src/pth/dtypes.js';
import { loadStateDict } from '../../src/pth/loadStateDict.js';
import { openWeights } from '../../src/pth/weightFile.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { reluOperator } from '../../src/tensor/relu.js';
import { Tensor } from '../../src/tensor/tensor.js';

const generator = (options = {}) => {
  manualSeed(5);
  return new ResNetGenerator(3, 3, 4, 2, options).eval();
};
const SHAPE = [1, 3, 12, 16];

describe('an ONNX model', () => {
  it.each([{}, { norm: 'batch' }, { norm: 'instanceAffine' }] as const)(
    'holds the weights under their keys, to be read again: %s',
    async (options) => {
      const netG = generator(options);
      const file = exportOnnx(netG, SHAPE, { metadata: { config: 'x' } });
      const opened = await openWeights(file);
      expect([opened.container, opened.extras.get('config')]).toEqual(['onnx', 'x']);
      const found = await opened.stateDict();
      for (const [key, tensor] of found) expect(tensor, key).toEqual(netG.stateDict().get(key));
      expect(ResNetGenerator.fromStateDict(found).config).toEqual(netG.config);
    },
  );

  it('has the same bytes for the same network', () => {
    expect(exportOnnx(generator(), SHAPE)).toEqual(exportOnnx(generator(), SHAPE));
  });

  it('rounds weights to 16 bits when it is asked to', async () => {
    const netG = generator();
    const found = await openWeights(exportOnnx(netG, SHAPE, { fp16: true }));
    const weight = netG.stateDict().get('model.1.weight') as Tensor;
    expect(found.tensors.get('model.1.weight')?.dtype).toBe('float16');
    expect((await found.tensor('model.1.weight')).data).toEqual(
      toFloat32(toFloat16(weight.data), 'float16'),
    );
  });

  it('is refused for another opset, for three sides, and for operators that ONNX does not have', () => {
    expect(() => exportOnnx(generator(), SHAPE, { opset: 10 })).toThrow(/11 to 20/);
    expect(() => exportOnnx(generator(), [3, 12, 16])).toThrow(/\[N, C, H, W\]/);
    class Odd extends Module {
      override trace(g: GraphBuilder, x: Value): Value {
        return g.apply({ ...reluOperator, op: 'odd' }, [x], {});
      }
    }
    expect(() => exportOnnx(new Odd(), SHAPE)).toThrow(CycleganError);
    expect(() => exportOnnx(new Odd(), SHAPE)).toThrow(/"odd"/);
  });
});

it('float16 is rounded to the nearest, halves to even, over its whole range', () => {
  const bits = Uint16Array.from({ length: 0x10000 }, (_, i) => i);
  const values = toFloat32(bits, 'float16') as Float32Array;
  const isNumber = (i: number) => (i & 0x7fff) <= 0x7c00;
  const back = toFloat16(values);
  for (let i = 0; i < 0x10000; i++) if (isNumber(i)) expect(back[i]).toBe(i);
  // Between two neighbours: the nearer one, and of two equally near the even one.
  for (let i = 0; i < 0x7bff; i++) {
    const [low, high] = [values[i], values[i + 1]];
    const middle = (low + high) / 2;
    const even = i % 2 === 0 ? i : i + 1;
    expect(
      toFloat16(Float32Array.of(middle, low + (high - low) / 4, high - (high - low) / 4)),
    ).toEqual(Uint16Array.of(even, i, i + 1));
  }
  expect([...toFloat16(Float32Array.of(65519.99, 65520, 1e9, -1e9, 1e-9, -1e-9))]).toEqual([
    0x7bff, 0x7c00, 0x7c00, 0xfc00, 0, 0x8000,
  ]);
  expect(toFloat16(Float32Array.of(Number.NaN))[0] & 0x7fff).toBeGreaterThan(0x7c00);
});

describe('a difference of weight files', () => {
  const file = (tensors: Record<string, Tensor>) =>
    encodeStateDict(new Map(Object.entries(tensors)), 'x.pth');
  const t = (...values: number[]) => new Tensor(Float32Array.from(values), [values.length]);

  it('tells keys, shapes and values, the largest first', async () => {
    const a = file({
      same: t(1, Number.NaN),
      near: t(1, 2, 3),
      far: t(0),
      shape: t(1),
      gone: t(1),
    });
    const b = file({
      same: t(1, Number.NaN),
      near: t(1, 2.5, 3),
      far: t(9),
      shape: t(1, 2),
      come: t(1),
    });
    expect(await diffWeights(a, b)).toEqual({
      onlyInFirst: ['gone'],
      onlyInSecond: ['come'],
      equal: 1,
      different: [
        {
          key: 'shape',
          shapes: [[1], [2]],
          largest: Number.POSITIVE_INFINITY,
          different: 0,
          size: 0,
        },
        { key: 'far', largest: 9, different: 1, size: 1 },
        { key: 'near', largest: 0.5, different: 1, size: 3 },
      ],
    });
  });

  it('is none between formats that hold the same', async () => {
    const netG = generator();
    const files = [
      encodeStateDict(netG.stateDict(), 'x.pth', { config: netG.config }),
      encodeStateDict(netG.stateDict(), 'x.safetensors'),
      exportOnnx(netG, SHAPE),
    ];
    for (const other of files) {
      const { equal, different } = await diffWeights(files[0], other);
      expect([equal, different]).toEqual([netG.stateDict().size, []]);
      expect(await loadStateDict(other)).toEqual(netG.stateDict());
    }
  });
});
