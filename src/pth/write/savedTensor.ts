import { describeValue } from '../../tensor/describeValue.js';
import { sizeOf } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { bytesOf, type Dtype, isStoredAs, type StoredData } from '../dtypes.js';
import { PthError } from '../pthError.js';

/** A tensor of float32, or of any type that is named: see `StoredTensor`. */
export interface TensorToSave {
  readonly data: StoredData;
  readonly shape: readonly number[];
  /** How `data` is to be read. Default: float32. */
  readonly dtype?: Dtype;
}

/** Float32 elements that are somewhere else, and read when they are written: of many such tensors, one at a time is in memory. */
export interface StreamedTensor {
  readonly shape: readonly number[];
  read(): Float32Array;
}

/** Bytes that are read when they are written. */
export interface LaterBytes {
  readonly length: number;
  read(): Uint8Array;
}

/** A tensor that was looked at: its data are of its type, and as many as its shape says. */
export interface SavedTensor {
  readonly key: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Number of elements. */
  readonly size: number;
  readonly bytes: LaterBytes;
}

/** @throws PthError `ERR_PTH_TENSOR` for a tensor whose data do not fit its shape or type, or whose key is no text. */
export function checkedTensor(key: string, tensor: TensorToSave | StreamedTensor): SavedTensor {
  const streamed = streamedTensor(tensor);
  if (typeof key !== 'string' || !(streamed !== null || isTensorToSave(tensor))) {
    throw new PthError(
      'ERR_PTH_TENSOR',
      `What is to be saved as "${String(key)}" is no tensor under a text: it is ${describeValue(tensor)}, its key ${describeValue(key)}`,
    );
  }
  // Half of a surrogate pair has no UTF-8: two keys could become one.
  if (/\p{Surrogate}/u.test(key)) {
    throw new PthError(
      'ERR_PTH_TENSOR',
      `Tensor ${JSON.stringify(key)} cannot be saved under this name: it is no text that UTF-8 can hold`,
      { key },
    );
  }
  const size = sizeOf(tensor.shape);
  if (streamed !== null) {
    const length = size * bytesOf('float32');
    const read = () =>
      bytesIn(checkedElements(key, { data: streamed.read(), shape: tensor.shape }));
    return { key, dtype: 'float32', shape: tensor.shape, size, bytes: { length, read } };
  }
  const { shape, dtype = 'float32' } = tensor as TensorToSave;
  const bytes = bytesIn(checkedElements(key, tensor as TensorToSave));
  return { key, dtype, shape, size, bytes: { length: bytes.length, read: () => bytes } };
}

/** @throws PthError unless the data are of their type, and as many as the shape says. */
function checkedElements(
  key: string,
  { data, shape, dtype = 'float32' }: TensorToSave,
): StoredData {
  if (!isStoredAs(data, dtype)) {
    throw new PthError(
      'ERR_PTH_TENSOR',
      `Tensor "${key}" is to be saved as ${dtype}, but its data are of another kind`,
      { key },
    );
  }
  const size = sizeOf(shape);
  if (size !== data.length) {
    throw new PthError(
      'ERR_PTH_TENSOR',
      `Tensor "${key}" of shape [${shape.join(', ')}] should have ${size} elements, but has ${data.length}`,
      { key },
    );
  }
  return data;
}

function bytesIn({ buffer, byteOffset, byteLength }: StoredData): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function isTensorToSave(value: Partial<TensorToSave> | null | undefined): boolean {
  return (
    typeof value === 'object' && ArrayBuffer.isView(value?.data) && Array.isArray(value?.shape)
  );
}

/** A tensor that is read when it is written, as one whose elements nobody has asked for: they are not kept; or `null`. */
function streamedTensor(value: TensorToSave | StreamedTensor): StreamedTensor | null {
  if (typeof value !== 'object' || value === null) return null;
  if (value instanceof Tensor) {
    if (!value.isDeferred) return null;
    const read = () => {
      const elements = new Float32Array(value.size);
      value.copyInto(elements);
      return elements;
    };
    return { shape: value.shape, read };
  }
  const isStreamed = 'read' in value && typeof value.read === 'function';
  return isStreamed && Array.isArray(value.shape) ? value : null;
}
