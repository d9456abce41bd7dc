/**
 * WebAssembly instructions as functions from operands to code. An expression leaves one value on the
 * stack, so `i32.add(a, b)` is `a`, `b` and one opcode: programs read inside out, as in any language.
 *
 * Code is a tree with bytes as its leaves, so that an operand is put in its place without a copy, however
 * deep it lies and however often it is used; the bytes are written once, by `FunctionWriter.emit`.
 *
 * @see WebAssembly Core Specification 2.0, section 5.4; relaxed SIMD proposal for `relaxed_madd`
 */
export type Code = readonly (number | Code)[];

export type ValueType = 'i32' | 'f32' | 'f64' | 'v128';

export const VALUE_TYPES: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** Most numbers take one byte: arrays for those are made once. A program has some hundred thousand. */
const ONE_BYTE: readonly (readonly number[])[] = Array.from({ length: 128 }, (_, byte) => [byte]);

/** Unsigned LEB128. */
export function uleb(value: number): readonly number[] {
  let rest = value >>> 0;
  if (rest < 0x80) return ONE_BYTE[rest];
  const bytes: number[] = [];
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

/** Signed LEB128 of a 32-bit integer. */
export function sleb(value: number): readonly number[] {
  let rest = value | 0;
  if (rest >= -0x40 && rest < 0x40) return ONE_BYTE[rest & 0x7f];
  const bytes: number[] = [];
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) {
      bytes.push(low);
      return bytes;
    }
    bytes.push(low | 0x80);
  }
}

type Binary = (a: Code, b: Code) => Code;
type Unary = (a: Code) => Code;
/** `address` in bytes; `offset` is a constant added to it. */
type Load = (address: Code, offset?: number) => Code;
type Store = (address: Code, value: Code, offset?: number) => Code;

const binary =
  (...opcode: number[]): Binary =>
  (a, b) => [a, b, opcode];
const unary =
  (...opcode: number[]): Unary =>
  (a) => [a, opcode];
const load =
  (align: number, ...opcode: number[]): Load =>
  (address, offset = 0) => [address, opcode, align, uleb(offset)];
const store =
  (align: number, ...opcode: number[]): Store =>
  (address, value, offset = 0) => [address, value, opcode, align, uleb(offset)];
/** SIMD opcodes have a prefix and are LEB128 themselves. */
const simd = (opcode: number): number[] => [0xfd, ...uleb(opcode)];

const bytesOfFloat32 = (value: number) => [...new Uint8Array(Float32Array.of(value).buffer)];
const bytesOfFloat64 = (value: number) => [...new Uint8Array(Float64Array.of(value).buffer)];

export const i32 = {
  const: (value: number): Code => [0x41, sleb(value)],
  add: binary(0x6a),
  sub: binary(0x6b),
  mul: binary(0x6c),
  eq: binary(0x46),
  lt: binary(0x48),
  gt: binary(0x4a),
  ge: binary(0x4e),
  and: binary(0x71),
  or: binary(0x72),
  div: binary(0x6d),
  rem: binary(0x6f),
  /** The smaller of two; both are evaluated twice. */
  min: (a: Code, b: Code): Code => [a, b, a, b, 0x48, 0x1b],
  load: load(2, 0x28),
  store: store(2, 0x36),
};

/** Atomic operations, which the address must be aligned to. */
export const atomic = {
  load: load(2, 0xfe, 0x10),
  store: store(2, 0xfe, 0x17),
  /** Adds, and gives what was there before. */
  add: store(2, 0xfe, 0x1e),
  /** Sleeps while the integer at `address` is `expected`, at most so many nanoseconds. */
  wait: (address: Code, expected: Code, nanoseconds: number): Code => [
    address,
    expected,
    0x42,
    sleb(nanoseconds),
    0xfe,
    0x01,
    2,
    0,
  ],
  notifyAll: (address: Code): Code => [address, i32.const(-1), 0xfe, 0x00, 2, 0],
};

export const memory = {
  /** Copies so many bytes; source and destination may overlap. */
  copy: (to: Code, from: Code, bytes: Code): Code => [to, from, bytes, 0xfc, 10, 0, 0],
};

export const drop: Code = [0x1a];
/** Leaves the function. */
export const leave: Code = [0x0f];

export const f32 = {
  const: (value: number): Code => [0x43, bytesOfFloat32(value)],
  load: load(2, 0x2a),
  store: store(2, 0x38),
  add: binary(0x92),
  demote: unary(0xb6),
};

export const f64 = {
  const: (value: number): Code => [0x44, bytesOfFloat64(value)],
  load: load(3, 0x2b),
  store: store(3, 0x39),
  promote: unary(0xbb),
  add: binary(0xa0),
  sub: binary(0xa1),
  mul: binary(0xa2),
  div: binary(0xa3),
  sqrt: unary(0x9f),
  max: binary(0xa5),
};

export const v128 = {
  load: load(4, ...simd(0)),
  load32Splat: load(2, ...simd(9)),
  store: store(4, ...simd(11)),
  /** Eight bytes, each as 16 bits. */
  load8x8Unsigned: load(0, ...simd(2)),
  /** Eight bytes; zeros behind them. */
  load64Zero: load(0, ...simd(93)),
  /** The first eight bytes. */
  store64: (address: Code, value: Code): Code => [address, value, simd(91), 0, 0, 0],
  /** 1 where any bit is set, 0 otherwise. */
  anyTrue: unary(...simd(83)),
  bitselect: (a: Code, b: Code, mask: Code): Code => [a, b, mask, simd(82)],
  and: binary(...simd(78)),
  or: binary(...simd(80)),
  /** Bits of `a` that are not in `b`. */
  andNot: binary(...simd(79)),
  xor: binary(...simd(81)),
  zero: [simd(12), new Array<number>(16).fill(0)] as Code,
  /** All bits set in the first `lanes` of four 32-bit lanes. */
  laneMask: (lanes: number): Code => [
    simd(12),
    Array.from({ length: 16 }, (_, byte) => (byte < 4 * lanes ? 0xff : 0)),
  ],
};

export const i32x4 = {
  const: (value: number): Code => {
    const bytes = [...new Uint8Array(Int32Array.of(value).buffer)];
    return [simd(12), bytes, bytes, bytes, bytes];
  },
  /** Four integers, of 32 bits each. */
  lanes: (values: readonly number[]): Code => [
    simd(12),
    [...new Uint8Array(Int32Array.from(values, (value) => value | 0).buffer)],
  ],
  add: binary(...simd(174)),
  /** Towards zero; 0 for NaN. */
  truncate: unary(...simd(248)),
  truncateUnsigned: unary(...simd(249)),
  replaceLane: (a: Code, value: Code, lane: number): Code => [a, value, simd(28), lane],
  splat: unary(...simd(17)),
  shiftLeft: binary(...simd(171)),
  shiftRight: binary(...simd(172)),
  maxUnsigned: binary(...simd(185)),
  gtUnsigned: binary(...simd(60)),
  /** Products of the first two lanes, as unsigned integers, of 64 bits each. */
  multiplyWide: binary(...simd(222)),
  /** Products of 16-bit integers with a sign, two neighbours added up. */
  dotI16x8: binary(...simd(186)),
  extractLane: (a: Code, lane: number): Code => [a, simd(27), lane],
  /** Two vectors, as 16 bits each, with or without a sign, limited to what those hold. */
  narrowSigned: binary(...simd(133)),
  narrowUnsigned: binary(...simd(134)),
};

export const i16x8 = {
  splat: (value: number): Code => i32x4.const((value & 0xffff) | (value << 16)),
  add: binary(...simd(142)),
  sub: binary(...simd(145)),
  shiftRightUnsigned: binary(...simd(141)),
  /** Two vectors, as bytes, limited to 0 … 255. */
  narrowUnsigned: binary(...simd(102)),
};

export const f32x4 = {
  splat: (value: number): Code => {
    const bytes = bytesOfFloat32(value);
    return [simd(12), bytes, bytes, bytes, bytes];
  },
  /** An integer, converted, in all lanes. */
  splatI32: (a: Code): Code => [a, 0xb2, simd(19)],
  add: binary(...simd(228)),
  ne: binary(...simd(66)),
  sub: binary(...simd(229)),
  mul: binary(...simd(230)),
  div: binary(...simd(231)),
  lt: binary(...simd(67)),
  gt: binary(...simd(68)),
  le: binary(...simd(69)),
  ge: binary(...simd(70)),
  abs: unary(...simd(224)),
  sqrt: unary(...simd(227)),
  /** To the nearest whole number. */
  nearest: unary(...simd(106)),
  /** The larger of two; NaN where either is. */
  max: binary(...simd(233)),
  /** `b < a ? b : a`: NaN in `a` passes. */
  pmin: binary(...simd(234)),
  /** `a < b ? b : a`: NaN in `a` passes. */
  pmax: binary(...simd(235)),
  extractLane: (a: Code, lane: number): Code => [a, simd(31), lane],
  replaceLane: (a: Code, value: Code, lane: number): Code => [a, value, simd(32), lane],
  relaxedMadd: (a: Code, b: Code, c: Code): Code => [a, b, c, simd(0x105)],
  demoteF64x2: unary(...simd(94)),
};

export const f64x2 = {
  splat: (value: number): Code => {
    const bytes = bytesOfFloat64(value);
    return [simd(12), bytes, bytes];
  },
  /** An integer, converted, in both lanes. */
  splatI32: (a: Code): Code => [a, 0xb7, simd(20)],
  extractLane: (a: Code, lane: number): Code => [a, simd(33), lane],
  promoteLow: unary(...simd(95)),
  add: binary(...simd(240)),
  sub: binary(...simd(241)),
  mul: binary(...simd(242)),
  div: binary(...simd(243)),
  sqrt: unary(...simd(239)),
  /** `a < b ? b : a`: NaN in `a` passes. */
  pmax: binary(...simd(247)),
};

/** The upper half of a vector of 16 bytes, as the lower half. */
export function upperHalf(a: Code): Code {
  return shuffle(a, a, [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15]);
}

/** The lower halves of two vectors, side by side. */
export function joinHalves(low: Code, high: Code): Code {
  return shuffle(low, high, [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]);
}

/** The 16-bit lanes of two vectors in turns: those of their lower halves, or of their upper ones. */
export function zip16(a: Code, b: Code, half: 'lower' | 'upper'): Code {
  const start = half === 'lower' ? 0 : 8;
  const bytes = Array.from({ length: 16 }, (_, i) => start + 2 * (i >> 2) + (i & 1) + 8 * (i & 2));
  return shuffle(a, b, bytes);
}

/** Bytes of two vectors, by their numbers in both: 0 … 15 in `a`, 16 … 31 in `b`. */
export function shuffle(a: Code, b: Code, bytes: readonly number[]): Code {
  return [a, b, simd(13), bytes];
}

/** Bytes of one vector, by their numbers; zeros for numbers from 128 up. */
export function swizzle(a: Code, bytes: readonly number[]): Code {
  return [a, simd(12), bytes, simd(14)];
}
