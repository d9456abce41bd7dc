import type { Dtype } from '../dtypes.js';

/** As schema.py counts them. */
export const SCALAR_TYPES: ReadonlyMap<number, Dtype> = new Map([
  [1, 'uint8'],
  [2, 'int8'],
  [3, 'int16'],
  [4, 'int32'],
  [5, 'int64'],
  [6, 'float16'],
  [7, 'float32'],
  [8, 'float64'],
  [12, 'bool'],
  [13, 'bfloat16'],
  [28, 'uint16'],
  [29, 'float8_e4m3fn'],
  [30, 'float8_e5m2'],
  [31, 'float8_e4m3fnuz'],
  [32, 'float8_e5m2fnuz'],
  [33, 'float8_e8m0fnu'],
  [34, 'uint32'],
  [35, 'uint64'],
]);
