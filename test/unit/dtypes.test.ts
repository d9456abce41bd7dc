import { describe, expect, it } from 'vitest';
import { type Dtype, toBfloat16, toFloat32 } from '../../src/pth/dtypes.js';

const floats = (dtype: Dtype, bits: readonly number[]) => [
  ...toFloat32(Uint8Array.from(bits), dtype),
];

/** Tables 1 and 2 of arXiv:2209.05433. */
describe('floats of 8 bits', () => {
  it('E4M3: largest, smallest normal, largest and smallest subnormal, NaN', () => {
    const bits = [0x7e, 0x08, 0x07, 0x01, 0x00, 0x38, 0x7f];
    const expected = [448, 2 ** -6, 0.875 * 2 ** -6, 2 ** -9, 0, 1, Number.NaN];
    expect(floats('float8_e4m3fn', bits)).toEqual(expected);
    const negative = bits.map((byte) => byte | 0x80);
    expect(floats('float8_e4m3fn', negative)).toEqual(expected.map((value) => -value));
  });

  it('E5M2: largest, smallest normal, largest and smallest subnormal, infinity, NaN', () => {
    const bits = [0x7b, 0x04, 0x03, 0x01, 0x00, 0x3c, 0x7c, 0x7d, 0x7e, 0x7f];
    const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
    const expected = [57_344, 2 ** -14, 0.75 * 2 ** -14, 2 ** -16, 0, 1, infinity, nan, nan, nan];
    expect(floats('float8_e5m2', bits)).toEqual(expected);
    const negative = bits.map((byte) => byte | 0x80);
    expect(floats('float8_e5m2', negative)).toEqual(expected.map((value) => -value));
  });

  it.each([
    ['float8_e4m3fn', 8, 0x7e],
    ['float8_e5m2', 4, 0x7b],
  ] as const)('%s: within a power of two, all steps are alike', (dtype, steps, largest) => {
    const values = floats(
      dtype,
      Array.from({ length: largest + 1 }, (_, i) => i),
    );
    for (let i = 0; i < largest; i++) {
      const step = values[i + 1] - values[i];
      // The smallest normal numbers go on in the steps of the subnormal ones.
      const exponent = Math.max(1, Math.floor(i / steps));
      expect(step / values[steps]).toBe(2 ** (exponent - 1) / steps);
    }
  });
});

describe('bfloat16', () => {
  const all = Uint16Array.from({ length: 0x10000 }, (_, i) => i);
  const values = toFloat32(all, 'bfloat16');

  it('is the upper half of a float32', () => {
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
    expect(words.every((word, i) => word === i * 0x10000)).toBe(true);
    // As PyTorch shows them.
    const seen = [0x3f80, 0x7f80, 0xff80, 0xc048, 0x7fc0].map((bits) => values[bits]);
    const { POSITIVE_INFINITY: infinity } = Number;
    expect(seen).toEqual([1, infinity, -infinity, -3.125, Number.NaN]);
  });

  it('is rounded to the nearest, halves to even', () => {
    const isNumber = (i: number) => (i & 0x7fff) <= 0x7f80;
    const back = toBfloat16(values);
    expect(back.every((bits, i) => !isNumber(i) || bits === i)).toBe(true);
    const words = new Uint32Array(3 * 0x7f80);
    const expected = Uint16Array.from(words, (_, n) => {
      const i = Math.floor(n / 3);
      // A half, a bit less, a bit more.
      words[n] = i * 0x10000 + 0x8000 + [0, -1, 1][n % 3];
      return [i % 2 === 0 ? i : i + 1, i, i + 1][n % 3];
    });
    expect(toBfloat16(new Float32Array(words.buffer))).toEqual(expected);
  });

  it('has NaN where float32 has, whatever its bits', () => {
    const words = Uint32Array.of(0x7f800001, 0xff800001, 0x7fffffff, 0xffffffff, 0x7fc00000);
    for (const bits of toBfloat16(new Float32Array(words.buffer))) {
      expect(bits & 0x7fff).toBeGreaterThan(0x7f80);
    }
  });
});
