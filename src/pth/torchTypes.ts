import { bytesOf, DTYPE_NAMES, type Dtype } from './dtypes.js';

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

/** Bytes an element of storages whose numbers have no float32 reading here. */
const OTHER_STORAGES: ReadonlyMap<string, number> = new Map([
  ['ComplexFloatStorage', 8],
  ['ComplexDoubleStorage', 16],
  ['QInt8Storage', 1],
  ['QUInt8Storage', 1],
  ['QInt32Storage', 4],
  ['QUInt4x2Storage', 1],
  ['QUInt2x4Storage', 1],
]);

/** Names of types, `torch.float32`; newer ones have no storage class of their own. */
const TYPES: ReadonlyMap<string, Dtype> = new Map(
  DTYPE_NAMES.map((dtype) => [`torch.${dtype}`, dtype]),
);

/** The type that `torch.FloatStorage` (or `torch.cuda.FloatStorage`) holds; `null` for no such class. */
export function dtypeOfStorage(global: string): Dtype | null {
  return STORAGES.get(storageClass(global) ?? '') ?? null;
}

function storageClass(global: string): string | null {
  return /^torch\.(?:cuda\.)?(\w+)$/.exec(global)?.[1] ?? null;
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
  return /^torch\.(?:cuda\.)?(Float|Double|Half|BFloat16|Long|Int|Short|Char|Byte|Bool)Tensor$/.test(
    global,
  );
}

/**
 * How wide the elements of a storage class are, in bytes, whether their numbers can be read here or not; `null` for no
 * such class.
 */
export function storageWidth(global: string): number | null {
  if (global === UNTYPED_STORAGE) return 1;
  const dtype = dtypeOfStorage(global);
  if (dtype !== null) return bytesOf(dtype);
  return OTHER_STORAGES.get(storageClass(global) ?? '') ?? null;
}

/** Classes of torch's that hold data: optimisers and their schedules, layers, data sets, distributed tensors. */
const PLAIN_CLASS =
  /^torch\.(nn|optim|amp|cuda\.amp|utils\.data|quantization|ao|torch_version|nested|masked|_subclasses|distributions|distributed\.(tensor|_tensor|_shard|device_mesh|fsdp))(\.\w+)*\.[A-Z]\w*$/;

/** The same for classes whose names begin with an underscore, which layers, schedules and what is hooked to them hold. */
const PLAIN_INNER_CLASS = /^torch\.(nn\.modules|optim|utils\.hooks)(\.\w+)*\._?[A-Z]\w*$/;

const PLAIN_NAMES: ReadonlySet<string> = new Set([
  ...['torch.Size', 'torch.device', 'torch.Tensor', 'torch.Generator', 'torch.layout'],
  ...['torch.dtype', 'torch.memory_format', 'torch.qscheme', 'torch.serialization._get_layout'],
  ...['torch.storage.TypedStorage', 'torch.storage._TypedStorage', UNTYPED_STORAGE],
  'torch.storage._UntypedStorage',
]);

/**
 * Whether a name below `torch` is one that data consist of: what rebuilds a tensor, a storage, a type, or a class
 * that is plain data.
 */
export function isPlainTorchName(global: string): boolean {
  return (
    PLAIN_NAMES.has(global) ||
    PLAIN_CLASS.test(global) ||
    PLAIN_INNER_CLASS.test(global) ||
    isTensorClass(global) ||
    storageWidth(global) !== null ||
    /^torch\._utils\._rebuild_\w+$/.test(global) ||
    /^torch\.(_tensor|tensor)\._rebuild_from_type(_v2)?$/.test(global) ||
    /^torch\.return_types\.\w+$/.test(global) ||
    // Functions that layers and loaders are set up with: they fill a tensor, or stack samples.
    /^torch\.nn\.init\.(\w+_|calculate_gain)$/.test(global) ||
    // What models of the oldest versions hold of their backend, and attributes of TorchScript's programs.
    /^torch\.nn\.backends\.thnn\._get_thnn_function_backend$/.test(global) ||
    /^torch\.jit\._pickle\.(build_(int|double|bool|tensor)list|restore_type_tag)$/.test(global) ||
    /^torch\.utils\.data\.(dataloader|_utils\.collate)\.default_(collate|convert)$/.test(global) ||
    isTypeName(global)
  );
}

/** From protocol 4 on, such a name stands whole behind the first module that has torch, whichever that was. */
export function isMemoryFormat(global: string): boolean {
  return /^torch\.((contiguous|preserve)_format|channels_last(_3d)?)$/.test(global);
}

/** Types of numbers, known here or not, and the layouts and formats that tensors can have. */
function isTypeName(global: string): boolean {
  return (
    /^torch\.(complex(32|64|128)|(q?u?int|bits)\d+(x\d+)?|b?float\d+(_\w+)?)$/.test(global) ||
    /^torch\.(bool|half|float|double|short|int|long|chalf|cfloat|cdouble)$/.test(global) ||
    /^torch\.(strided|jagged|_mkldnn|sparse_(coo|csr|csc|bsr|bsc))$/.test(global) ||
    isMemoryFormat(global) ||
    /^torch\.per_(tensor|channel)_(affine|symmetric)(_float_qparams)?$/.test(global)
  );
}
