import { bytesOf, type Dtype } from './dtypes.js';
import {
  PickleCall,
  PickleGlobal,
  PicklePersistent,
  PickleTuple,
  type PickleValue,
} from './pickle/values.js';
import { PthError } from './pthError.js';
import { isCount, type StorageRef, type StorageWindow, storageWindow } from './storages.js';
import { dtypeOfName } from './torchTypes.js';

/** A tensor as the file describes it: a strided window on a storage, checked to lie inside. */
export interface TensorRef {
  readonly storage: StorageRef;
  readonly dtype: Dtype;
  /** First element, in elements of the storage. */
  readonly offset: number;
  readonly shape: readonly number[];
  /** Steps between neighbours, in elements; 0 repeats. */
  readonly strides: readonly number[];
  /** Number of elements. */
  readonly size: number;
}

/** PyTorch itself allows 64. */
const MOST_DIMENSIONS = 64;

/**
 * Recognises the calls that rebuild a tensor; `null` for any other value.
 *
 * @param key State-dict key, for messages.
 * @throws PthError when the call is one of those but its arguments make no tensor.
 * @see torch._utils
 */
export function rebuiltTensor(value: PickleValue, key: string): TensorRef | null {
  // A parameter is a tensor with something around it.
  let call: PickleValue = value;
  while (call instanceof PickleCall && call.callee.name === 'torch._utils._rebuild_parameter') {
    call = call.args[0] ?? null;
  }
  if (!(call instanceof PickleCall)) return null;
  const { args, callee } = call;
  switch (callee.name) {
    case 'torch._utils._rebuild_tensor':
    case 'torch._utils._rebuild_tensor_v2':
      return rebuild(call, key, null);
    case 'torch._utils._rebuild_tensor_v3': {
      // (storage, offset, size, stride, requires_grad, backward_hooks, dtype, metadata)
      const type = args[6];
      const dtype = type instanceof PickleGlobal ? dtypeOfName(type.name) : null;
      if (dtype === null) throw bad(`Tensor "${key}" has no type`, callee.offset, key);
      return rebuild(call, key, dtype);
    }
    default:
      return null;
  }
}

function rebuild({ args, callee }: PickleCall, key: string, ownType: Dtype | null): TensorRef {
  const [persistent, offset, sizes, steps] = args;
  if (!(persistent instanceof PicklePersistent)) {
    throw bad(`Tensor "${key}" has no storage`, callee.offset, key);
  }
  const window = storageWindow(persistent);
  const dtype = ownType ?? window.storage.dtype;
  if (dtype === null) throw bad(`Tensor "${key}" has no type`, callee.offset, key);
  const shape = counts(sizes);
  const strides = counts(steps);
  if (shape === null || strides === null || !isCount(offset)) {
    throw bad(
      `Tensor "${key}" has an offset, shape or strides that are not whole numbers`,
      callee.offset,
      key,
    );
  }
  return checkedRef(window, { dtype, offset, shape, strides }, { key, at: callee.offset });
}

/**
 * A tensor on a stretch of a storage.
 * @throws PthError unless it lies wholly inside.
 */
export function checkedRef(
  { storage, start, bytes }: StorageWindow,
  { dtype, offset, shape, strides }: Omit<TensorRef, 'storage' | 'size'>,
  { key, at }: { readonly key: string; readonly at: number },
): TensorRef {
  if (shape.length > MOST_DIMENSIONS || shape.length !== strides.length) {
    throw bad(
      `Tensor "${key}" has ${shape.length} dimensions and ${strides.length} strides`,
      at,
      key,
    );
  }
  const width = bytesOf(dtype);
  const elements = Math.floor(bytes / width);
  const size = shape.reduce((product, side) => product * side, 1);
  const last = shape.reduce((end, side, axis) => end + (side - 1) * strides[axis], offset);
  // Comparisons are written so that a product that overflowed to Infinity or NaN fails them.
  if (size !== 0 && !(size <= Number.MAX_SAFE_INTEGER && last < elements)) {
    throw bad(
      `Tensor "${key}" of shape [${shape.join(', ')}] and strides [${strides.join(', ')}] from element ${offset} on reaches beyond its storage of ${elements} elements`,
      at,
      key,
    );
  }
  // A stretch of another type might begin between two elements.
  if (start % width !== 0) throw bad(`Tensor "${key}" lies between elements`, at, key);
  return { storage, dtype, offset: start / width + offset, shape, strides, size };
}

function counts(value: PickleValue | undefined): number[] | null {
  const tuple =
    value instanceof PickleCall && value.callee.name === 'torch.Size' ? value.args[0] : value;
  if (!(tuple instanceof PickleTuple) || !tuple.items.every(isCount)) return null;
  return [...tuple.items] as number[];
}

function bad(message: string, offset: number, key: string): PthError {
  return new PthError('ERR_PTH_TENSOR', message, { offset, key });
}
