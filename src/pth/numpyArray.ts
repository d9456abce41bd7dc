import { rowMajorStrides } from '../tensor/shape.js';
import type { Budget } from './budget.js';
import { bytesOf, type Dtype } from './dtypes.js';
import {
  dictEntries,
  PickleCall,
  PickleGlobal,
  PickleTuple,
  type PickleValue,
  sequence,
} from './pickle/values.js';
import { isCount, MAX_DIMENSIONS } from './storages.js';

/** A NumPy array, whose numbers stand within the pickle. */
export interface NumpyArray {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** In elements. */
  readonly strides: readonly number[];
  /** Little-endian, as many as the shape asks for. */
  readonly bytes: () => Uint8Array;
}

/** NumPy's codes of types. */
export const NUMPY_DTYPES: ReadonlyMap<string, Dtype> = new Map([
  ['f8', 'float64'],
  ['f4', 'float32'],
  ['f2', 'float16'],
  ['i8', 'int64'],
  ['i4', 'int32'],
  ['i2', 'int16'],
  ['i1', 'int8'],
  ['u8', 'uint64'],
  ['u4', 'uint32'],
  ['u2', 'uint16'],
  ['u1', 'uint8'],
  ['b1', 'bool'],
]);

const RECONSTRUCT = /^numpy\.(core|_core)\.multiarray\._reconstruct$/;
const FROM_BUFFER = /^numpy\.(core|_core)\.numeric\._frombuffer$/;

/**
 * What a pickle says of an array of plain little-endian numbers; `null` for anything else.
 * @see numpy.ndarray.__reduce__, __reduce_ex__
 */
export function numpyArray(value: PickleValue | undefined, budget: Budget): NumpyArray | null {
  if (!(value instanceof PickleCall)) return null;
  if (FROM_BUFFER.test(value.name) && !value.changed) {
    const [content, type, shape, order] = value.args;
    return arrayOf(shape, type, order === 'F', bytesIn(content, budget));
  }
  if (!RECONSTRUCT.test(value.name)) return null;
  const [, shape, type, isFortran, content] = sequence(value.state ?? undefined) ?? [];
  return arrayOf(shape, type, isFortran === true, bytesIn(content, budget));
}

/** Whether it is an array, of numbers that can be read here or not. */
export function isNumpyArray(value: PickleValue): boolean {
  return value instanceof PickleCall && (FROM_BUFFER.test(value.name) || makesArray(value));
}

/** `_reconstruct` makes objects of any class that it is given. */
function makesArray({ name, args: [made] }: PickleCall): boolean {
  return RECONSTRUCT.test(name) && made instanceof PickleGlobal && made.name === 'numpy.ndarray';
}

function arrayOf(
  sides: PickleValue | undefined,
  type: PickleValue | undefined,
  isFortran: boolean,
  bytes: Bytes | null,
): NumpyArray | null {
  const isShape = sides instanceof PickleTuple && sides.items.length <= MAX_DIMENSIONS;
  const shape = isShape && sides.items.every(isCount) ? sides.items : null;
  const dtype = dtypeOf(type);
  if (shape === null || dtype === null || bytes === null) return null;
  const counts = shape as readonly number[];
  const size = counts.reduce((product, side) => product * side, 1);
  if (bytes.length !== size * bytesOf(dtype)) return null;
  const strides = stridesOf(counts, isFortran);
  return { dtype, shape: counts, strides, bytes: bytes.read };
}

/** @param isFortran Whether the first index goes by fastest, in place of the last. */
export function stridesOf(shape: readonly number[], isFortran: boolean): readonly number[] {
  return isFortran ? rowMajorStrides([...shape].reverse()).reverse() : rowMajorStrides(shape);
}

/** `numpy.dtype('f4', False, True)` with the state `(3, '<', …)`. */
function dtypeOf(value: PickleValue | undefined): Dtype | null {
  if (!(value instanceof PickleCall) || value.name !== 'numpy.dtype') return null;
  const [code] = value.args;
  const [, order, subarray, names, fields] = sequence(value.state ?? undefined) ?? [];
  const isPlain = subarray === null && names === null && dictEntries(fields) === null;
  const isLittleEndian = order === '<' || order === '|';
  return isPlain && isLittleEndian && typeof code === 'string'
    ? (NUMPY_DTYPES.get(code) ?? null)
    : null;
}

interface Bytes {
  readonly length: number;
  readonly read: () => Uint8Array;
}

/** Bytes, or what protocol 2 makes of them: `_codecs.encode(text, 'latin1')`. */
function bytesIn(value: PickleValue | undefined, budget: Budget): Bytes | null {
  if (value instanceof Uint8Array) return { length: value.length, read: () => value };
  if (!(value instanceof PickleCall) || value.name !== '_codecs.encode') return null;
  const [text, encoding] = value.args;
  if (typeof text !== 'string' || encoding !== 'latin1') return null;
  // Many arrays can share one text, and each looks through it.
  budget.take(text.length, 'An array');
  // A character beyond Latin-1 is no byte.
  if (/[^\0-\xff]/.test(text)) return null;
  return {
    length: text.length,
    read: () => Uint8Array.from({ length: text.length }, (_, i) => text.charCodeAt(i)),
  };
}
