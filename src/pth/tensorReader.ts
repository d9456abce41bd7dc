import type { ByteSource } from '../platform/byteSource.js';
import { type ElementSource, elementSource } from '../tensor/elementSource.js';
import type { Budget } from './budget.js';
import type { OpenedContainer } from './container/container.js';
import {
  bytesOf,
  type Dtype,
  isAligned,
  negate,
  newStored,
  type StoredData,
  swapBytes,
  toFloat32,
  viewStored,
} from './dtypes.js';
import type { StorageRef } from './storages.js';
import type { TensorRef } from './tensorRef.js';

/** Smaller tensors are read at once: to read them later would not be any sooner. */
const LATE_BYTES = 64 * 1024;

/** Reads tensors out of an opened file; every byte that it allocates is counted. */
export class TensorReader {
  readonly #container: OpenedContainer;
  readonly #budget: Budget;
  readonly #shared: ReadonlySet<string> | null;
  /** Each storage is read and converted once, so that tensors that shared memory in PyTorch share it here. */
  readonly #storages = new Map<string, Promise<StoredData>>();
  readonly #floats = new Map<string, Promise<Float32Array>>();

  /**
   * @param shared For who reads one tensor after the other and keeps none: the keys of storages that several tensors are
   * windows on. They alone are kept here, and each tensor is a copy.
   */
  constructor(
    container: OpenedContainer,
    budget: Budget,
    shared: ReadonlySet<string> | null = null,
  ) {
    this.#container = container;
    this.#budget = budget;
    this.#shared = shared;
  }

  /**
   * What fetches a tensor's numbers from the file later, and keeps none of them; `null` where they would have to be
   * converted, or are few, or cannot be read so.
   */
  async later(ref: TensorRef, source: ByteSource): Promise<ElementSource | null> {
    const { storage, dtype, size } = ref;
    const isWhole = 4 * size === storage.bytes && isContiguous(ref) && !ref.isNegated;
    const isAsWanted = dtype === 'float32' && !this.#container.bigEndian && isWhole;
    const { readInto } = source;
    const isLarge = storage.bytes >= LATE_BYTES && storage.inline === undefined;
    if (!isAsWanted || !isLarge || readInto === undefined) return null;
    const place = (await this.#container.locateStorage?.(storage, this.#budget)) ?? null;
    if (place === null) return null;
    const begin = () => {
      const check = place.beginCheck?.();
      let at = 0;
      return (to: Float32Array) => {
        const bytes = new Uint8Array(to.buffer, to.byteOffset, to.byteLength);
        readInto(place.start + at, bytes);
        check?.add(bytes);
        at += bytes.length;
        if (at === storage.bytes) check?.end();
      };
    };
    return elementSource(begin);
  }

  /** The numbers in the type that they are stored in, in row-major order. */
  async stored(ref: TensorRef, key: string): Promise<StoredData> {
    if (ref.size === 0) return newStored(ref.dtype, 0);
    return this.#window(await this.#storage(ref, key), ref, key);
  }

  /** The numbers as float32, in row-major order. */
  async float32(ref: TensorRef, key: string): Promise<Float32Array> {
    if (ref.size === 0) return new Float32Array(0);
    if (this.#shared !== null || ref.isNegated) {
      const stored = await this.stored(ref, key);
      if (ref.dtype !== 'float32') this.#budget.take(4 * ref.size, describe(ref.storage));
      return toFloat32(stored, ref.dtype);
    }
    const name = nameOf(ref);
    const floats = this.#floats.get(name) ?? this.#convert(ref, key);
    this.#floats.set(name, floats);
    return this.#window(await floats, { ...ref, dtype: 'float32' }, key) as Float32Array;
  }

  async #convert(ref: TensorRef, key: string): Promise<Float32Array> {
    const data = await this.#storage(ref, key);
    if (ref.dtype !== 'float32') this.#budget.take(4 * data.length, describe(ref.storage));
    return toFloat32(data, ref.dtype);
  }

  #window(data: StoredData, ref: TensorRef, key: string): StoredData {
    const { offset, size, shape, dtype, isNegated = false, storage } = ref;
    const isWindow = isContiguous(ref);
    const isCopy = !isWindow || isNegated || (this.#shared?.has(storage.key) ?? false);
    if (isCopy) {
      this.#budget.take(size * bytesOf(dtype), `Tensor "${key}" of shape [${shape.join(', ')}]`);
    }
    if (!isWindow) return signed(gather(data, newStored(dtype, size), ref), ref);
    return isCopy
      ? signed(data.slice(offset, offset + size), ref)
      : data.subarray(offset, offset + size);
  }

  #storage(ref: TensorRef, key: string): Promise<StoredData> {
    const name = nameOf(ref);
    const known = this.#storages.get(name) ?? this.#read(ref.storage, ref.dtype, key);
    if (this.#shared?.has(ref.storage.key) ?? true) this.#storages.set(name, known);
    return known;
  }

  async #read(storage: StorageRef, dtype: Dtype, key: string): Promise<StoredData> {
    const { bigEndian } = this.#container;
    const raw = await this.#bytes(storage, key);
    const whole = raw.subarray(0, raw.length - (raw.length % bytesOf(dtype)));
    if (storage.inline !== undefined) return viewStored(whole, dtype);
    if (bigEndian || !isAligned(whole, dtype)) this.#budget.take(whole.length, describe(storage));
    return viewStored(bigEndian ? swapBytes(whole, dtype) : whole, dtype);
  }

  async #bytes(storage: StorageRef, key: string): Promise<Uint8Array> {
    if (storage.inline === undefined) {
      return this.#container.readStorage(storage, this.#budget, key);
    }
    // Out of a text, and rounded, perhaps.
    this.#budget.take(3 * storage.bytes, describe(storage));
    return storage.inline();
  }
}

/** The same memory, with the sign that the tensor has. */
function signed(data: StoredData, { dtype, isNegated }: TensorRef): StoredData {
  if (isNegated) negate(data, dtype);
  return data;
}

function nameOf({ storage, dtype }: TensorRef): string {
  return `${dtype}${storage.inline === undefined ? ' ' : '@'}${storage.key}`;
}

function describe({ key }: StorageRef): string {
  return `Storage "${key}"`;
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

/** Copies a strided window to row-major order: an odometer over the shape. Both arrays are of one kind. */
function gather<T extends { [index: number]: unknown }>(
  storage: T,
  out: T,
  { offset, shape, strides, size }: TensorRef,
): T {
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
