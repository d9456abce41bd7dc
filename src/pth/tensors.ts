import { Tensor } from '../tensor/tensor.js';
import type { Budget } from './budget.js';
import { bytesOf, type Dtype, toFloat32 } from './dtypes.js';
import { PickleCall, PicklePersistent, PickleTuple, type PickleValue } from './pickle/values.js';
import { PthError } from './pthError.js';
import { type ReadStorage, type StorageRef, storageRef } from './storages.js';

/** A tensor as the pickle describes it: a strided window on a storage, checked to lie inside. */
export interface TensorRef {
  readonly storage: StorageRef;
  /** First element, in elements of the storage. */
  readonly offset: number;
  readonly shape: readonly number[];
  /** Steps between neighbours, in elements; 0 repeats. */
  readonly strides: readonly number[];
  readonly size: number;
}

/** PyTorch itself allows 64. */
const MOST_DIMENSIONS = 64;

/**
 * Recognises the calls that rebuild a tensor; `null` for any other value.
 *
 * @param key State-dict key, for messages.
 * @throws PthError when the call is one of those but its arguments make no tensor.
 */
export function tensorRef(value: PickleValue, key: string): TensorRef | null {
  if (!(value instanceof PickleCall)) return null;
  switch (value.callee.name) {
    case 'torch._utils._rebuild_parameter':
      return tensorRef(value.args[0] ?? null, key);
    case 'torch._utils._rebuild_tensor':
    case 'torch._utils._rebuild_tensor_v2':
    case 'torch._utils._rebuild_tensor_v3':
      return rebuildTensor(value, key);
    default:
      return null;
  }
}

function rebuildTensor({ args, callee }: PickleCall, key: string): TensorRef {
  const where = { offset: callee.offset, key };
  const [persistent, offset, sizes, steps] = args;
  if (!(persistent instanceof PicklePersistent)) {
    throw new PthError('ERR_PTH_TENSOR', `Tensor "${key}" has no storage`, where);
  }
  const shape = counts(sizes);
  const strides = counts(steps);
  if (shape === null || strides === null || shape.length !== strides.length || !isCount(offset)) {
    throw new PthError(
      'ERR_PTH_TENSOR',
      `Tensor "${key}" has an offset, shape or strides that are not whole numbers`,
      where,
    );
  }
  if (shape.length > MOST_DIMENSIONS) {
    throw new PthError('ERR_PTH_TENSOR', `Tensor "${key}" has ${shape.length} dimensions`, where);
  }
  const storage = storageRef(persistent);
  const size = shape.reduce((product, side) => product * side, 1);
  const last = shape.reduce((at, side, axis) => at + (side - 1) * strides[axis], offset);
  // Comparisons are written so that a product that overflowed to Infinity or NaN fails them.
  if (size !== 0 && !(size <= Number.MAX_SAFE_INTEGER && last < storage.size)) {
    throw new PthError(
      'ERR_PTH_TENSOR',
      `Tensor "${key}" of shape [${shape.join(', ')}] and strides [${strides.join(', ')}] from element ${offset} on reaches beyond its storage of ${storage.size} elements`,
      where,
    );
  }
  return { storage, offset, shape, strides, size };
}

function counts(value: PickleValue | undefined): number[] | null {
  const tuple =
    value instanceof PickleCall && value.callee.name === 'torch.Size' ? value.args[0] : value;
  if (!(tuple instanceof PickleTuple) || !tuple.items.every(isCount)) return null;
  return [...tuple.items] as number[];
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/**
 * Makes float32 tensors of refs. A storage is converted once; contiguous tensors are windows on it,
 * so that tensors that shared memory in PyTorch share it here.
 */
export class TensorReader {
  readonly #read: ReadStorage;
  readonly #budget: Budget;
  readonly #storages = new Map<string, Float32Array>();

  constructor(read: ReadStorage, budget: Budget) {
    this.#read = read;
    this.#budget = budget;
  }

  read(ref: TensorRef, key: string): Tensor {
    const { offset, shape, size } = ref;
    if (size === 0) return new Tensor(new Float32Array(0), shape);
    const storage = this.#storage(ref.storage);
    if (isContiguous(ref)) return new Tensor(storage.subarray(offset, offset + size), shape);
    this.#budget.take(4 * size, `Tensor "${key}" of shape [${shape.join(', ')}]`);
    return new Tensor(gather(storage, ref), shape);
  }

  #storage(ref: StorageRef): Float32Array {
    let values = this.#storages.get(ref.key);
    if (values === undefined) {
      const bytes = this.#read(ref);
      if (needsCopy(bytes, ref.dtype)) {
        this.#budget.take(4 * ref.size + copyCost(ref.dtype, ref.size), `Storage "${ref.key}"`);
      }
      values = toFloat32(bytes, ref.dtype);
      this.#storages.set(ref.key, values);
    }
    return values;
  }
}

function needsCopy(bytes: Uint8Array, dtype: Dtype): boolean {
  return dtype !== 'float32' || bytes.byteOffset % 4 !== 0;
}

/** Other types are copied to an aligned place before they are converted. */
function copyCost(dtype: Dtype, size: number): number {
  return dtype === 'float32' ? 0 : bytesOf(dtype) * size;
}

/** Sides of 1 may have any stride. */
function isContiguous({ shape, strides }: TensorRef): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

/** Copies a strided window to row-major order: an odometer over the shape. */
function gather(storage: Float32Array, { offset, shape, strides, size }: TensorRef): Float32Array {
  const out = new Float32Array(size);
  const index = new Array<number>(shape.length).fill(0);
  let from = offset;
  for (let to = 0; to < size; to++) {
    out[to] = storage[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= shape[axis] * strides[axis];
      index[axis] = 0;
    }
  }
  return out;
}
