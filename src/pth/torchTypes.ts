import type { Dtype } from './dtypes.js';

/** Classes of torch's that say how a storage's numbers are written. */
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

/** Bytes whose type the tensor tells. */
export const UNTYPED_STORAGE = 'torch.storage.UntypedStorage';

/** Names of types, `torch.float32`; newer ones have no storage class of their own. */
const TYPES: ReadonlyMap<string, Dtype> = new Map(
  [
    ...STORAGES.values(),
    ...(['float8_e4m3fn', 'float8_e5m2', 'uint16', 'uint32', 'uint64'] as const),
  ].map((dtype) => [`torch.${dtype}`, dtype]),
);

/** The type that `torch.FloatStorage` (or `torch.cuda.FloatStorage`) holds; `null` for no such class. */
export function dtypeOfStorage(global: string): Dtype | null {
  const match = /^torch\.(?:cuda\.)?(\w+)$/.exec(global);
  return (match !== null && STORAGES.get(match[1])) || null;
}

/** Module and name of the class that holds numbers of this type; `null` where there is none. */
export function storageOfDtype(dtype: Dtype): readonly [string, string] | null {
  const found = [...STORAGES].find(([, held]) => held === dtype);
  return found === undefined ? null : ['torch', found[0]];
}

/** The type that `torch.float32` names; `null` for no such type. */
export function dtypeOfName(global: string): Dtype | null {
  return TYPES.get(global) ?? null;
}

/** Whether it is `torch.FloatTensor` or one of its kin, which the oldest files name. */
export function isTensorClass(global: string): boolean {
  return /^torch\.(?:cuda\.)?(Float|Double|Half|Long|Int|Short|Char|Byte)Tensor$/.test(global);
}

/** Whether `global` names a type that exists in torch but has no float32 reading here. */
export function isUnsupportedType(global: string): boolean {
  return (
    /^torch\.(?:cuda\.)?(Complex|Q)\w*Storage$/.test(global) ||
    /^torch\.(complex|qu?int|float8|float4|bits|u?int[1-7]\b)\w*$/.test(global)
  );
}
