import { describe, expect, it } from 'vitest';
import { type Code, f64x2, i16x8, i32, i32x4, sleb, uleb, v128 } from '../../src/emit/code.js';
import { instantiate } from '../../src/emit/instance.js';
import { type FunctionWriter, type Local, ModuleWriter } from '../../src/emit/module.js';

/** Runs code of one function, which finds and leaves its numbers in memory. */
function memoryAfter(
  write: (f: FunctionWriter, i: Local) => void,
  before: ArrayLike<number> = [],
): DataView {
  const module = new ModuleWriter();
  module.define('f', ['i32'], (f, i) => write(f, i));
  const instance = instantiate(module, 1);
  if (instance === undefined) throw new Error('the code is not valid');
  instance.memory.set(before);
  instance.functions.f(0);
  return new DataView(instance.memory.buffer);
}

const EDGES = [6, 7, 13, 14, 20, 21, 27, 28, 30].flatMap((bit) =>
  [-1, 0, 1].map((d) => 2 ** bit + d),
);
const INTEGERS = [...EDGES, ...EDGES.map((v) => -v), 0, 1, -1, 2 ** 31 - 1, -(2 ** 31)];

describe('LEB128', () => {
  // From Wikipedia's "LEB128" and DWARF 4, figures 22 and 23.
  it('has the bytes of the examples', () => {
    expect([2, 127, 128, 129, 12_857, 624_485].map((v) => [...uleb(v)])).toEqual([
      [2],
      [127],
      [0x80, 1],
      [0x81, 1],
      [0xb9, 100],
      [0xe5, 0x8e, 0x26],
    ]);
    expect([2, -2, 127, -127, 128, -128, -123_456].map((v) => [...sleb(v)])).toEqual([
      [2],
      [0x7e],
      [0xff, 0],
      [0x81, 0x7f],
      [0x80, 1],
      [0x80, 0x7f],
      [0xc0, 0xbb, 0x78],
    ]);
  });

  it('is no longer than it has to be, and means the same to the machine', () => {
    for (const value of INTEGERS) {
      const bits = value < 0 ? 33 - Math.clz32(~value) : 33 - Math.clz32(value);
      expect([value, sleb(value).length]).toEqual([value, Math.ceil(bits / 7)]);
    }
    const view = memoryAfter((f) => {
      for (const [i, value] of INTEGERS.entries()) {
        f.emit(i32.store(i32.const(0), i32.const(value), 4 * i));
      }
    });
    expect(INTEGERS.map((_, i) => view.getInt32(4 * i, true))).toEqual(INTEGERS);
  });
});

describe('lanes', () => {
  const a = Int16Array.of(1, -1, 300, -300, 32_767, -32_768, 255, 77);
  const b = Int16Array.of(2, -3, 500, 500, 1, -1, 256, -77);
  const shorts = (result: (a: Code, b: Code) => Code) => {
    const before = new Uint8Array(32);
    before.set(new Uint8Array(a.buffer));
    before.set(new Uint8Array(b.buffer), 16);
    const [first, second] = [0, 16].map((at) => v128.load(i32.const(at)));
    const view = memoryAfter(
      (f) => f.emit(v128.store(i32.const(32), result(first, second))),
      before,
    );
    return Int16Array.from(a, (_, i) => view.getInt16(32 + 2 * i, true));
  };

  it('of 16 bits wrap around', () => {
    expect(shorts(i16x8.add)).toEqual(Int16Array.from(a, (v, i) => v + b[i]));
    expect(shorts(i16x8.sub)).toEqual(Int16Array.from(a, (v, i) => v - b[i]));
    const shifted = shorts((v) => i16x8.shiftRightUnsigned(v, i32.const(3)));
    expect(shifted).toEqual(Int16Array.from(a, (v) => (v & 0xffff) >> 3));
    for (const value of [0, 1, -1, -32_768, 32_767]) {
      expect(shorts(() => i16x8.splat(value))).toEqual(new Int16Array(8).fill(value));
    }
  });

  it('of 32 bits come of products, and go into 16 bits', () => {
    const products = shorts((v, w) => {
      const dot = i32x4.dotI16x8(v, w);
      return i32x4.narrowSigned(dot, dot);
    });
    const limited = [0, 2, 4, 6].map((i) =>
      Math.max(-32_768, Math.min(32_767, a[i] * b[i] + a[i + 1] * b[i + 1])),
    );
    expect([...products]).toEqual([...limited, ...limited]);
  });

  it('of 64 bits are IEEE 754’s', () => {
    const [x, y] = [f64x2.splat(0.1), f64x2.splat(-3)];
    const results = [f64x2.add, f64x2.sub, f64x2.mul, f64x2.div].map((f) => f(x, y));
    const codes = [...results, f64x2.sqrt(x), f64x2.pmax(x, y), f64x2.splatI32(i32.const(-7))];
    const view = memoryAfter((f) => {
      for (const [i, code] of codes.entries()) f.emit(v128.store(i32.const(16 * i), code));
    });
    const expected = [0.1 - 3, 0.1 + 3, 0.1 * -3, 0.1 / -3, Math.sqrt(0.1), 0.1, -7];
    for (const [i, value] of expected.entries()) {
      const lanes = [0, 8].map((lane) => view.getFloat64(16 * i + lane, true));
      expect([i, ...lanes]).toEqual([i, value, value]);
    }
  });
});

describe('loops', () => {
  it.each([
    [0, 10, 1],
    [0, 10, 3],
    [5, 5, 1],
    [7, 3, 1],
    [-4, 4, 4],
  ])('run from %i to %i in steps of %i', (from, to, step) => {
    let expected = 0;
    for (let i = from; i < to; i += step) expected += 1000 + i;
    const body = (f: FunctionWriter, i: Local) => {
      const sum = i32.load(i32.const(0));
      f.emit(i32.store(i32.const(0), i32.add(sum, i32.add(i32.const(1000), i.value))));
    };
    const view = memoryAfter((f, i) =>
      f.for(i, i32.const(from), i32.const(to), step, () => body(f, i)),
    );
    expect(view.getInt32(0, true)).toBe(expected);
    if (from !== 0) return;
    const repeated = memoryAfter((f, i) => f.repeat(i, to, step, () => body(f, i)));
    expect(repeated.getInt32(0, true)).toBe(expected);
  });
});

it('code that is not valid makes no instance', () => {
  const module = new ModuleWriter();
  module.define('f', ['i32'], (f) => f.emit([0x6a]));
  expect(instantiate(module, 1)).toBeUndefined();
});
