import { describe, expect, it } from 'vitest';
import { Budget } from '../../src/pth/budget.js';
import { unpickle } from '../../src/pth/pickle/unpickle.js';
import { pickle } from '../../src/pth/write/pickleWriter.js';
import { encodeStateDict, weightPieces } from '../../src/pth/write/saveStateDict.js';
import { Tensor } from '../../src/tensor/tensor.js';

describe('a pickle that is written', () => {
  it.each([
    // Python's `pickletools.dis` shows BININT 1, BININT -1, and so on, and LONG1 from 2^31 up and below -2^31.
    [1, [0x4a, 1, 0, 0, 0]],
    [-1, [0x4a, 255, 255, 255, 255]],
    [2 ** 31 - 1, [0x4a, 255, 255, 255, 127]],
    [-(2 ** 31), [0x4a, 0, 0, 0, 128]],
    [2 ** 31, [0x8a, 8, 0, 0, 0, 128, 0, 0, 0, 0]],
    [-(2 ** 31) - 1, [0x8a, 8, 255, 255, 255, 127, 255, 255, 255, 255]],
    [2 ** 40 + 5, [0x8a, 8, 5, 0, 0, 0, 0, 1, 0, 0]],
  ])('has the integer %i', (value, expected) => {
    const file = pickle.file(pickle.integer(value));
    expect([...file]).toEqual([0x80, 2, ...expected, 0x2e]);
    expect(Number(unpickle(file, 0, new Budget(2 ** 20, 0)).value)).toBe(value);
  });
});

describe.each(['x.pth', 'x.safetensors'])(
  'tensors that are read when they are written: %s',
  (name) => {
    const ELEMENTS = [Float32Array.of(1, 2), Float32Array.of(3, 4, 5), Float32Array.of(6)];
    const all = ELEMENTS.map((data, i) => [String(i), { data, shape: [data.length] }] as const);

    it('are read one after the other, each once, and give the same bytes', () => {
      let read = 0;
      let written = 0;
      const streamed = ELEMENTS.map((data, i) => {
        const readNow = () => {
          // Those before it have been taken.
          expect(written).toBe(i);
          read++;
          return data.slice();
        };
        return [String(i), { shape: [data.length], read: readNow }] as const;
      });
      const bytes: number[] = [];
      const pieces = weightPieces(new Map(streamed), name, {});
      expect(read).toBe(0);
      for (const piece of pieces) {
        bytes.push(...piece);
        if (read > written) written++;
      }
      expect(read).toBe(ELEMENTS.length);
      expect(Uint8Array.from(bytes)).toEqual(encodeStateDict(new Map(all), name));
    });

    it('are those that nobody has asked for, which are not kept', () => {
      const tensors = ELEMENTS.map((data) => new Tensor((to) => to.set(data), [data.length]));
      const dict = new Map(tensors.map((tensor, i) => [String(i), tensor]));
      expect(encodeStateDict(dict, name)).toEqual(encodeStateDict(new Map(all), name));
      expect(tensors.every(({ isDeferred }) => isDeferred)).toBe(true);
    });

    it('are as many as their shape says', () => {
      const short = { shape: [2, 2], read: () => Float32Array.of(1, 2, 3) };
      const pieces = weightPieces(new Map([['w', short]]), name, {});
      expect(() => [...pieces]).toThrow(/"w" of shape \[2, 2\] should have 4 elements, but has 3/);
    });
  },
);

describe('a safetensors file that is written', () => {
  const tensors = new Map([
    ['bytes', { dtype: 'uint8', shape: [3], data: Uint8Array.of(1, 2, 3) }],
    ['empty', { dtype: 'float32', shape: [0, 2], data: new Float32Array(0) }],
    ['double', { dtype: 'float64', shape: [1], data: Float64Array.of(0.1) }],
    ['half', { dtype: 'float16', shape: [1], data: Uint16Array.of(0x3c00) }],
    ['single', { dtype: 'float32', shape: [1, 1], data: Float32Array.of(2.5) }],
  ] as const);
  const file = encodeStateDict(tensors, 'x.safetensors', { config: { a: 1 } });
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));

  it('has a header, in the order of the state dict, with types by their names', () => {
    expect(length % 8).toBe(0);
    expect(Object.keys(header)).toEqual(['__metadata__', ...tensors.keys()]);
    expect(header.__metadata__).toEqual({ format: 'pt', config: '{"a":1}' });
    const types = [...tensors.keys()].map((key) => header[key].dtype);
    expect(types).toEqual(['U8', 'F32', 'F64', 'F16', 'F32']);
    expect([...tensors.keys()].map((key) => header[key].shape)).toEqual(
      [...tensors.values()].map(({ shape }) => shape),
    );
  });

  it('has every tensor at a multiple of the width of its numbers, without a gap', () => {
    // Where nothing is, any place will do.
    const widths = { bytes: 1, empty: 1, double: 8, half: 2, single: 4 };
    const taken = new Uint8Array(file.length - 8 - length);
    for (const [key, width] of Object.entries(widths)) {
      const [start, end] = header[key].data_offsets;
      expect([key, start % width]).toEqual([key, 0]);
      expect(file.slice(8 + length + start, 8 + length + end)).toEqual(
        new Uint8Array(tensors.get(key as 'bytes')?.data.buffer ?? []),
      );
      for (let i = start; i < end; i++) taken[i]++;
    }
    expect([...taken]).toEqual(new Array(17).fill(1));
  });
});
