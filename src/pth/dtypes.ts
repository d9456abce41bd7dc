/** How the numbers of a tensor are written, by PyTorch's names. */
export type Dtype =
  | 'float64'
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'float8_e4m3fn'
  | 'float8_e5m2'
  | 'float8_e4m3fnuz'
  | 'float8_e5m2fnuz'
  | 'float8_e8m0fnu'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint64'
  | 'uint32'
  | 'uint16'
  | 'uint8'
  | 'bool';

/** Numbers as they are stored: 64-bit integers as BigInts, halves and smaller floats as their bits. */
export type StoredData =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | BigUint64Array
  | Uint32Array
  | Uint16Array
  | Uint8Array;

interface DtypeFacts {
  /** Bytes of an element. */
  readonly bytes: number;
  /** A window on `count` elements of `buffer`. @throws RangeError unless `offset` is a multiple of `bytes`. */
  view(buffer: ArrayBufferLike, offset: number, count: number): StoredData;
  /** Rounded as PyTorch's `.float()` does. */
  toFloat32(data: StoredData): Float32Array;
}

type Constructor<T extends StoredData> = new (
  buffer: ArrayBufferLike,
  offset: number,
  count: number,
) => T;

function facts<T extends StoredData>(
  bytes: number,
  View: Constructor<T>,
  toFloat32: (data: T) => Float32Array,
): DtypeFacts {
  return {
    bytes,
    view: (buffer, offset, count) => new View(buffer, offset, count),
    toFloat32: (data) => toFloat32(data as T),
  };
}

const numbers = (data: ArrayLike<number>) => Float32Array.from(data);
const bigNumbers = (data: BigInt64Array | BigUint64Array) =>
  Float32Array.from({ length: data.length }, (_, i) => Number(data[i]));

const DTYPES: Readonly<Record<Dtype, DtypeFacts>> = {
  float64: facts(8, Float64Array, numbers),
  float32: facts(4, Float32Array, (data) => data),
  float16: facts(2, Uint16Array, fromHalf),
  bfloat16: facts(2, Uint16Array, fromBfloat16),
  float8_e4m3fn: facts(1, Uint8Array, fromE4m3fn),
  // Its bits are the upper half of a float16's.
  float8_e5m2: facts(1, Uint8Array, (data) => fromHalf(Uint16Array.from(data, (v) => v << 8))),
  float8_e4m3fnuz: facts(1, Uint8Array, (data) => fromFnuz(data, 3)),
  float8_e5m2fnuz: facts(1, Uint8Array, (data) => fromFnuz(data, 2)),
  float8_e8m0fnu: facts(1, Uint8Array, fromE8m0fnu),
  int64: facts(8, BigInt64Array, bigNumbers),
  int32: facts(4, Int32Array, numbers),
  int16: facts(2, Int16Array, numbers),
  int8: facts(1, Int8Array, numbers),
  uint64: facts(8, BigUint64Array, bigNumbers),
  uint32: facts(4, Uint32Array, numbers),
  uint16: facts(2, Uint16Array, numbers),
  uint8: facts(1, Uint8Array, numbers),
  bool: facts(1, Uint8Array, (data) => Float32Array.from(data, (v) => (v === 0 ? 0 : 1))),
};

export const DTYPE_NAMES = Object.keys(DTYPES) as readonly Dtype[];

export function bytesOf(dtype: Dtype): number {
  return DTYPES[dtype].bytes;
}

/** Little-endian bytes as the numbers that they are; a window where their alignment allows, or a copy. */
export function viewStored(bytes: Uint8Array, dtype: Dtype): StoredData {
  const aligned = isAligned(bytes, dtype) ? bytes : bytes.slice();
  const count = bytes.length / bytesOf(dtype);
  return DTYPES[dtype].view(aligned.buffer, aligned.byteOffset, count);
}

export function isAligned(bytes: Uint8Array, dtype: Dtype): boolean {
  return bytes.byteOffset % bytesOf(dtype) === 0;
}

/** Zeros. */
export function newStored(dtype: Dtype, count: number): StoredData {
  return DTYPES[dtype].view(new ArrayBuffer(count * bytesOf(dtype)), 0, count);
}

/** Rounded as PyTorch's `.float()` does; float32 is given back as it is. */
export function toFloat32(data: StoredData, dtype: Dtype): Float32Array {
  return DTYPES[dtype].toFloat32(data);
}

/** Whether an array is of the kind that numbers of this type are stored in. */
export function isStoredAs(data: unknown, dtype: Dtype): data is StoredData {
  return ArrayBuffer.isView(data) && data.constructor === newStored(dtype, 0).constructor;
}

/** A copy with the bytes of each element reversed: what a big-endian machine wrote. */
export function swapBytes(bytes: Uint8Array, dtype: Dtype): Uint8Array {
  const width = bytesOf(dtype);
  const out = new Uint8Array(bytes.length);
  for (let i = 0; i < out.length; i++) out[i] = bytes[i - (i % width) + width - 1 - (i % width)];
  return out;
}

function fromBfloat16(halves: Uint16Array): Float32Array {
  const out = new Float32Array(halves.length);
  const bits = new Uint32Array(out.buffer);
  for (let i = 0; i < bits.length; i++) bits[i] = halves[i] << 16;
  return out;
}

/** IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. */
function fromHalf(halves: Uint16Array): Float32Array {
  const out = new Float32Array(halves.length);
  const bits = new Uint32Array(out.buffer);
  for (let i = 0; i < bits.length; i++) {
    const half = halves[i];
    const sign = (half & 0x8000) << 16;
    const exponent = half & 0x7c00;
    const fraction = half & 0x3ff;
    if (exponent === 0) {
      out[i] = fraction * 2 ** -24;
      bits[i] |= sign;
    } else if (exponent === 0x7c00) {
      bits[i] = sign | 0x7f800000 | (fraction << 13);
    } else {
      bits[i] = sign | ((exponent + (112 << 10)) << 13) | (fraction << 13);
    }
  }
  return out;
}

/** The bits of float16s, rounded to the nearest, halves to even; what is too large becomes infinite. */
export function toFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, (word) => {
    const sign = (word >>> 16) & 0x8000;
    const magnitude = word & 0x7fffffff;
    if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
    if (magnitude >= 0x477ff000) return sign | 0x7c00; // from 65520 up
    if (magnitude < 0x38800000) {
      // Below the smallest normal number, 2^-14: a multiple of 2^-24. Adding 0.5 makes the float32 unit just that.
      const aligned = Float32Array.of(0);
      const view = new Uint32Array(aligned.buffer);
      view[0] = magnitude;
      aligned[0] += 0.5;
      return sign | (view[0] - 0x3f000000);
    }
    const odd = (magnitude >>> 13) & 1;
    return sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13);
  });
}

/** The bits of bfloat16s, rounded to the nearest, halves to even. */
export function toBfloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, (word) => {
    if ((word & 0x7fffffff) > 0x7f800000) return (word >>> 16) | 0x40; // NaN
    return (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  });
}

/** 1 sign, 4 exponent (bias 7), 3 fraction bits; no infinities, and one NaN. @see Micikevicius et al., arXiv:2209.05433 */
function fromE4m3fn(bytes: Uint8Array): Float32Array {
  return Float32Array.from(bytes, (byte) => {
    const sign = byte & 0x80 ? -1 : 1;
    const exponent = (byte >> 3) & 15;
    const fraction = byte & 7;
    if (exponent === 15 && fraction === 7) return Number.NaN;
    return exponent === 0
      ? sign * fraction * 2 ** -9
      : sign * (1 + fraction / 8) * 2 ** (exponent - 7);
  });
}

/**
 * 1 sign, then exponent and fraction; the bias is half the exponent's range, there are no infinities, and what would
 * be a negative zero is NaN. @see Noune et al., arXiv:2206.02915
 */
function fromFnuz(bytes: Uint8Array, fractionBits: number): Float32Array {
  const bias = 2 ** (6 - fractionBits);
  const one = 1 << fractionBits;
  return Float32Array.from(bytes, (byte) => {
    if (byte === 0x80) return Number.NaN;
    const sign = byte & 0x80 ? -1 : 1;
    const exponent = (byte & 0x7f) >> fractionBits;
    const fraction = (byte & (one - 1)) / one;
    return exponent === 0
      ? sign * fraction * 2 ** (1 - bias)
      : sign * (1 + fraction) * 2 ** (exponent - bias);
  });
}

/** 8 exponent bits (bias 127) and nothing else; 255 is NaN. @see OCP Microscaling Formats 1.0, section 5.4.1 */
function fromE8m0fnu(bytes: Uint8Array): Float32Array {
  return Float32Array.from(bytes, (byte) => (byte === 255 ? Number.NaN : 2 ** (byte - 127)));
}

/** Types whose elements have a sign bit, and that bit. */
const SIGN_BITS: Partial<Record<Dtype, number>> = {
  float16: 0x8000,
  bfloat16: 0x8000,
  float8_e4m3fn: 0x80,
  float8_e5m2: 0x80,
  float8_e4m3fnuz: 0x80,
  float8_e5m2fnuz: 0x80,
};

/** Whether numbers of this type can be negated: all but truth values, and powers of two without a sign. */
export function canNegate(dtype: Dtype): boolean {
  return dtype !== 'bool' && dtype !== 'float8_e8m0fnu';
}

/** Negates numbers in place, as PyTorch's `neg` does: integers wrap around. */
export function negate(data: StoredData, dtype: Dtype): void {
  const bit = SIGN_BITS[dtype];
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let i = 0; i < data.length; i++) data[i] = -data[i];
  } else if (bit === undefined) {
    for (let i = 0; i < data.length; i++) data[i] = -data[i];
  } else {
    // Zero has no negative in the types without one: its bits would be NaN's.
    const hasNegativeZero = !dtype.endsWith('fnuz');
    for (let i = 0; i < data.length; i++) {
      if (hasNegativeZero || (data[i] & 0x7f) !== 0) data[i] ^= bit;
    }
  }
}
