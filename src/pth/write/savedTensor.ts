import { sizeOf } from '../../tensor/shape.js';
import { type Dtype, isStoredAs, type StoredData } from '../dtypes.js';
import { PthError } from '../pthError.js';

/** A tensor of float32, or of any type that is named: see `StoredTensor`. */
export interface TensorToSave {
  readonly data: StoredData;
  readonly shape: readonly number[];
  /** How `data` is to be read. Default: float32. */
  readonly dtype?: Dtype;
}

/** A tensor that was looked at: its data are of its type, and as many as its shape says. */
export interface SavedTensor {
  readonly key: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Number of elements. */
  readonly size: number;
  readonly bytes: Uint8Array;
}

/** @throws PthError `ERR_PTH_TENSOR` for a tensor whose data do not fit its shape or type, or whose key is no text. */
export function checkedTensor(
  key: string,
  { data, shape, dtype = 'float32' }: TensorToSave,
): SavedTensor {
  if (!isStoredAs(data, dtype)) {
    throw new PthError(
      'ERR_PTH_TENSOR',
      `Tensor "${key}" is to be saved as ${dtype}, but its data are of another kind`,
      { key },
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
  const size = sizeOf(shape);
  if (size !== data.length) {
    throw new PthError(
      'ERR_PTH_TENSOR',
      `Tensor "${key}" of shape [${shape.join(', ')}] should have ${size} elements, but has ${data.length}`,
      { key },
    );
  }
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { key, dtype, shape, size, bytes };
}
