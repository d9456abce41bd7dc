/** How the numbers of a storage are written. */
export type Dtype =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint8'
  | 'bool';

const STORAGES: ReadonlyMap<string, Dtype> = new Map([
  ['FloatStorage', 'float32'],
  ['DoubleStorage', 'float64'],
  ['HalfStorage', 'float16'],
  ['BFloat16Storage', 'bfloat16'],
  ['LongStorage', 'int64'],
  ['IntStorage', 'int32'],
  ['ShortStorage', 'int16'],
  ['CharStorage', 'int8'],
  ['ByteStorage', 'uint8'],
  ['BoolStorage', 'bool'],
]);

const BYTES: Readonly<Record<Dtype, number>> = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};

/** The type that `torch.FloatStorage` (or `torch.cuda.FloatStorage`) holds; `null` for no such class. */
export function dtypeOfStorage(global: string): Dtype | null {
  const match = /^torch\.(?:cuda\.)?(\w+)$/.exec(global);
  return (match !== null && STORAGES.get(match[1])) || null;
}

export function bytesOf(dtype: Dtype): number {
  return BYTES[dtype];
}

/** Whether `global` names a tensor type that exists in torch but has no float32 reading here. */
export function isUnsupportedStorage(global: string): boolean {
  return /^torch\.(?:cuda\.)?(Complex|Q)\w*Storage$/.test(global);
}

/**
 * Little-endian numbers as float32, rounded as PyTorch's `.float()`.
 * @param bytes A whole number of elements.
 */
export function toFloat32(bytes: Uint8Array, dtype: Dtype): Float32Array {
  const count = bytes.length / BYTES[dtype];
  if (dtype === 'float32' && bytes.byteOffset % 4 === 0) {
    return new Float32Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, count);
  }
  const { buffer } = bytes.slice();
  switch (dtype) {
    case 'float32':
      return new Float32Array(buffer);
    case 'float64':
      return Float32Array.from(new Float64Array(buffer));
    case 'float16':
      return fromHalf(new Uint16Array(buffer));
    case 'bfloat16':
      return fromBfloat16(new Uint16Array(buffer));
    case 'int64':
      return Float32Array.from(new BigInt64Array(buffer), Number);
    case 'int32':
      return Float32Array.from(new Int32Array(buffer));
    case 'int16':
      return Float32Array.from(new Int16Array(buffer));
    case 'int8':
      return Float32Array.from(new Int8Array(buffer));
    case 'uint8':
      return Float32Array.from(new Uint8Array(buffer));
    case 'bool':
      return Float32Array.from(new Uint8Array(buffer), (v) => (v === 0 ? 0 : 1));
  }
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

/** A copy with the bytes of each element reversed: what a big-endian machine wrote. */
export function swapBytes(bytes: Uint8Array, dtype: Dtype): Uint8Array {
  const width = BYTES[dtype];
  const out = new Uint8Array(bytes.length);
  for (let i = 0; i < out.length; i++) out[i] = bytes[i - (i % width) + width - 1 - (i % width)];
  return out;
}
