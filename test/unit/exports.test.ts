import { describe, expect, it } from 'vitest';
import { CycleganError } from '../../src/errors.js';
import { activations, encodeNpy, featureMaps } from '../../src/export/activations.js';
import { exportOnnx } from '../../src/export/onnx/exportOnnx.js';
import { diffWeights } from '../../src/generator/diffWeights.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import type { GraphBuilder, Value } from '../../src/graph/builder.js';
import { traceGraph } from '../../src/nn/compile.js';
import { Module } from '../../src/nn/module.js';
import { manualSeed } from '../../src/nn/random.js';
import { Sequential } from '../../src/nn/sequential.js';
import type { Dtype, StoredData } from '../../src/pth/dtypes.js';
import { toFloat16, toFloat32 } from '../../src/pth/dtypes.js';
import { loadStateDict } from '../../src/pth/loadStateDict.js';
import { openWeights } from '../../src/pth/weightFile.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { reluOperator } from '../../src/tensor/relu.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectClose } from '../support/closeness.js';

const generator = (options = {}) => {
  manualSeed(5);
  return new ResNetGenerator(3, 3, 4, 2, options).eval();
};
const SHAPE = [1, 3, 12, 16];

it('a number that 16 bits do not hold is no infinity in a file', () => {
  const netG = new ResNetGenerator(3, 3, 2, 1).eval();
  const stateDict = netG.stateDict();
  const { data, shape } = stateDict.get('model.4.weight') as Tensor;
  for (const [value, isRefused] of [
    [65_504, false],
    [-65_504, false],
    [70_000, true],
    [-1e30, true],
    [Number.POSITIVE_INFINITY, false],
  ] as const) {
    stateDict.set('model.4.weight', new Tensor(data.with(5, value), shape));
    netG.loadStateDict(stateDict);
    const exported = () => exportOnnx(netG, [1, 3, 16, 16], { fp16: true });
    if (isRefused) expect(exported).toThrow(/model\.4\.weight.*65504.*without fp16/);
    else expect(exported().length).toBeGreaterThan(1000);
    expect(exportOnnx(netG, [1, 3, 16, 16]).length).toBeGreaterThan(1000);
  }
});

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

describe('activations', () => {
  const input = new Tensor(
    Float32Array.from({ length: 3 * 12 * 16 }, (_, i) => ((i * 37) % 101) / 101),
    SHAPE,
  );

  it('are those of every operator, and the last is the output', async () => {
    const netG = generator();
    const found = [];
    for await (const activation of activations(netG, input)) found.push(activation);
    expect(found.map(({ node }) => `${node.name} ${node.op}`)).toEqual(
      traceGraph(netG, SHAPE).nodes.map(({ name, op }) => `${name} ${op}`),
    );
    const last = found[found.length - 1].output;
    expectClose(last, await netG.forward(input, { engine: 'js' }), { absolute: 5e-5 });
    // A part of the network alone gives what the whole has at that place.
    const part = new Sequential(...[...netG.model.namedChildren().values()].slice(0, 4)).eval();
    expectClose(found[3].output, await part.forward(input, { engine: 'js' }), { absolute: 5e-5 });
  });

  it('are written as NumPy reads them', () => {
    const bytes = encodeNpy(new Tensor(Float32Array.of(1, 2.5, -3), [3]));
    const header = new TextDecoder('latin1').decode(bytes.subarray(0, 128));
    expect(header.slice(1, 6)).toBe('NUMPY');
    expect([bytes[0], bytes[6], bytes[7]]).toEqual([0x93, 1, 0]);
    const length = bytes[8] + 256 * bytes[9];
    expect((10 + length) % 64).toBe(0);
    expect(header.slice(10, 10 + length)).toMatch(
      /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(3,\), \} *\n$/,
    );
    expect(new Float32Array(bytes.slice(10 + length).buffer)).toEqual(Float32Array.of(1, 2.5, -3));
  });

  it('are shown from their smallest value to their largest', () => {
    const { width, height, data } = featureMaps(
      new Tensor(Float32Array.of(5, 7, 9, 5, -1, -1, -1, Number.NaN), [2, 2, 2]),
    );
    expect([width, height]).toEqual([10, 6]);
    const at = (x: number, y: number) => data[3 * (y * width + x)];
    expect([at(2, 2), at(3, 2), at(2, 3), at(3, 3)]).toEqual([0, 127, 255, 0]);
    expect([at(6, 2), at(7, 3), at(0, 0)]).toEqual([0, 0, 32]);
  });

  it('are shown eight in a row, the first 64, and no wider than 160 pixels', () => {
    const sheet = (...shape: number[]) => {
      const { width, height } = featureMaps(Tensor.zeros(shape));
      return [width, height];
    };
    // A gap of two pixels around each map.
    expect(sheet(1, 9, 3, 4)).toEqual([8 * 6 + 2, 2 * 5 + 2]);
    expect(sheet(1, 64, 3, 4)).toEqual([8 * 6 + 2, 8 * 5 + 2]);
    expect(sheet(1, 65, 3, 4)).toEqual([8 * 6 + 2, 8 * 5 + 2]);
    expect(sheet(1, 600, 3, 4)).toEqual([8 * 6 + 2, 8 * 5 + 2]);
    expect([sheet(1, 1, 4, 160), sheet(1, 1, 4, 161)]).toEqual([
      [164, 8],
      [81 + 4, 2 + 4],
    ]);
  });
});

describe('keys of a state dict that is written', () => {
  const one = new Tensor(Float32Array.of(1), [1]);

  it.each(['.pth', '.safetensors'])(
    'come back as they were, in their order: %s',
    async (ending) => {
      const keys = [
        '10',
        '2',
        '__proto__',
        'constructor',
        'é',
        '\u{1f600}',
        '',
        '\u0000\n"\\',
        'ﬀ',
      ];
      const tensors = keys.map((key, i) => [key, new Tensor(Float32Array.of(i), [1])] as const);
      const read = await loadStateDict(encodeStateDict(new Map(tensors), `x${ending}`));
      expect([...read]).toEqual(tensors);
    },
  );

  it.each(['.pth', '.safetensors'])('that would become one in UTF-8 are refused: %s', (ending) => {
    for (const key of ['\ud800', 'a\udfff', '\udc00\ud800']) {
      expect(() => encodeStateDict(new Map([[key, one]]), `x${ending}`)).toThrow(
        expect.objectContaining({ code: 'ERR_PTH_TENSOR', key }),
      );
    }
  });

  it('and that stand for the metadata in safetensors are refused there alone', async () => {
    const tensors = new Map([['__metadata__', one]]);
    expect(() => encodeStateDict(tensors, 'x.safetensors')).toThrow(/save as .pth/);
    expect(await loadStateDict(encodeStateDict(tensors, 'x.pth'))).toEqual(tensors);
  });
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
      uncompared: [],
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

  it('is seen where float32 would not tell it', async () => {
    const stored = (data: StoredData, dtype: Dtype) =>
      encodeStateDict(new Map([['w', { data, shape: [data.length], dtype }]]), 'x.pth');
    for (const [a, b, dtype, largest] of [
      [BigInt64Array.of(2n ** 53n + 1n, 5n), BigInt64Array.of(2n ** 53n, 5n), 'int64', 1],
      [Int32Array.of(16_777_217, 5), Int32Array.of(16_777_216, 5), 'int32', 1],
      [Float64Array.of(1 + 2 ** -40, NaN), Float64Array.of(1, NaN), 'float64', 2 ** -40],
      [Float64Array.of(1e300, 0), Float64Array.of(2e300, -0), 'float64', 1e300],
      [Uint16Array.of(0x3c01, 0x7e00), Uint16Array.of(0x3c00, 0x7e01), 'float16', 2 ** -10],
    ] as [StoredData, StoredData, Dtype, number][]) {
      const { different, equal } = await diffWeights(stored(a, dtype), stored(b, dtype));
      expect([dtype, different, equal]).toEqual([
        dtype,
        [{ key: 'w', largest, different: 1, size: 2 }],
        0,
      ]);
      expect((await diffWeights(stored(a, dtype), stored(a, dtype))).equal).toBe(1);
    }
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
