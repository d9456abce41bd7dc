import { type Field as Part, readFields, readVarint } from '../../platform/protobuf.js';
import { sizeOf } from '../../tensor/shape.js';
import { bytesOf, type Dtype, toFloat32, viewStored } from '../dtypes.js';
import { decodeUtf8 } from '../pickle/text.js';
import { PthError } from '../pthError.js';
import type { OnnxTensor } from './onnxModel.js';

/** TensorProto.DataType. Texts (8) and complex numbers have no reading here. */
export const DTYPES: ReadonlyMap<number, Dtype> = new Map([
  [1, 'float32'],
  [2, 'uint8'],
  [3, 'int8'],
  [4, 'uint16'],
  [5, 'int16'],
  [6, 'int32'],
  [7, 'int64'],
  [9, 'bool'],
  [10, 'float16'],
  [11, 'float64'],
  [12, 'uint32'],
  [13, 'uint64'],
  [16, 'bfloat16'],
  [17, 'float8_e4m3fn'],
  [18, 'float8_e4m3fnuz'],
  [19, 'float8_e5m2'],
  [20, 'float8_e5m2fnuz'],
]);

/** Fields of TensorProto. @see https://github.com/onnx/onnx, onnx/onnx.proto */
export const TENSOR = {
  dims: 1,
  type: 2,
  floats: 4,
  int32s: 5,
  int64s: 7,
  name: 8,
  raw: 9,
  doubles: 10,
  uint64s: 11,
  external: 13,
  location: 14,
} as const;

/** NumPy's arrays have no more dimensions, and neither have PyTorch's tensors. */
const MAX_RANK = 64;
/** Of a packed list of as many. */
export const MAX_DIMS_BYTES = 10 * MAX_RANK;

/** What a tensor says of itself. */
export interface TensorHead {
  readonly name: string;
  readonly dtype: Dtype | null;
  readonly shape: readonly number[];
}

/**
 * Reads a tensor that lies in memory as a whole.
 * @returns Its head, and its bytes, little-endian, as they are stored; `null` bytes for those that lie elsewhere.
 * @throws PthError when it is none, or has not as many numbers as its shape asks for.
 */
export function readTensor(
  message: Uint8Array,
  at: number,
): TensorHead & { bytes: Uint8Array | null; external: readonly Uint8Array[] } {
  const parts = partsOf(message, at, 'A tensor');
  const numbers = (field: number) => parts.filter((part) => part.field === field);
  const [nameBytes] = numbers(TENSOR.name);
  const name = nameBytes?.value instanceof Uint8Array ? decodeUtf8(nameBytes.value) : '';
  if (name === null) throw bad('A name of the model is not in UTF-8', at);
  const shape = numbers(TENSOR.dims).flatMap(({ value }) => varintsOf(value, at));
  checkRank(shape, at);
  const type = numbers(TENSOR.type)[0]?.value;
  const dtype = DTYPES.get(typeof type === 'number' ? type : 0) ?? null;
  const head = { name, dtype, shape };
  const external = numbers(TENSOR.external).flatMap(({ value }) =>
    value instanceof Uint8Array ? [value] : [],
  );
  if (dtype === null || numbers(TENSOR.location)[0]?.value === 1)
    return { ...head, bytes: null, external };
  const bytes = storedBytes(parts, dtype, at);
  const wanted = sizeOf(shape) * bytesOf(dtype);
  if (bytes.length !== wanted) {
    throw bad(
      `Tensor "${name.slice(0, 100)}" of shape [${shape.join(', ')}] has ${bytes.length} bytes in place of ${wanted}`,
      at,
    );
  }
  return { ...head, bytes, external: [] };
}

/** @throws PthError for more dimensions than any tensor has. */
export function checkRank(shape: readonly number[], at: number): void {
  if (shape.length <= MAX_RANK) return;
  throw bad(`A tensor of the model has more than ${MAX_RANK} dimensions`, at);
}

/** The numbers of a tensor that is known by now. */
export function knownTensor(
  { name, dtype, shape }: TensorHead,
  bytes: Uint8Array | null,
): OnnxTensor {
  return {
    name,
    dtype,
    shape,
    values: bytes === null || dtype === null ? null : valuesOf(bytes, dtype),
  };
}

function valuesOf(bytes: Uint8Array, dtype: Dtype): ArrayLike<number> {
  const stored = viewStored(bytes, dtype);
  if (dtype === 'float64') return stored as Float64Array;
  if (dtype.includes('float')) return toFloat32(stored, dtype);
  return Array.from(stored as ArrayLike<number | bigint>, Number);
}

/** Numbers lie as bytes, or in a list of their kind, where halves, bytes and truth values are whole numbers. */
function storedBytes(parts: readonly Part[], dtype: Dtype, at: number): Uint8Array {
  const raw = parts.find(({ field }) => field === TENSOR.raw)?.value;
  if (raw instanceof Uint8Array) return raw;
  const lists = (field: number) =>
    parts.filter((part) => part.field === field).map(({ value }) => value);
  if (dtype === 'float32') return joined(lists(TENSOR.floats));
  if (dtype === 'float64') return joined(lists(TENSOR.doubles));
  const field =
    dtype === 'int64'
      ? TENSOR.int64s
      : dtype === 'uint64' || dtype === 'uint32'
        ? TENSOR.uint64s
        : TENSOR.int32s;
  return fromIntegers(
    lists(field).flatMap((value) => varintsOf(value, at)),
    dtype,
  );
}

/** Packed in one piece, or one by one. */
function joined(pieces: readonly (number | Uint8Array)[]): Uint8Array {
  const chunks = pieces.filter((piece) => piece instanceof Uint8Array);
  if (chunks.length === 1) return chunks[0];
  const out = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let to = 0;
  for (const chunk of chunks) {
    out.set(chunk, to);
    to += chunk.length;
  }
  return out;
}

function fromIntegers(values: readonly number[], dtype: Dtype): Uint8Array {
  const width = bytesOf(dtype);
  const out = new Uint8Array(values.length * width);
  const view = new DataView(out.buffer);
  for (const [i, value] of values.entries()) {
    if (width === 8) view.setBigInt64(8 * i, BigInt(Math.trunc(value)), true);
    else if (width === 4) view.setInt32(4 * i, value, true);
    else if (width === 2) view.setInt16(2 * i, value, true);
    else view.setInt8(i, value);
  }
  return out;
}

/** A number, or a packed list of them. */
export function varintsOf(value: number | Uint8Array, at: number): number[] {
  if (typeof value === 'number') return [value];
  const numbers: number[] = [];
  for (let i = 0; i < value.length; ) {
    const read = readVarint(value, i);
    if (read === null) throw bad('A number of the model does not end', at);
    numbers.push(read.value);
    i = read.end;
  }
  return numbers;
}

export function partsOf(message: Uint8Array, at: number, what: string): readonly Part[] {
  const parts = readFields(message);
  if (parts === null) throw bad(`${what} of the model is damaged`, at);
  return parts;
}

export function bad(message: string, offset: number): PthError {
  return new PthError('ERR_PTH_ONNX', message, { offset });
}
