import { bytesOf, type Dtype, dtypeOfStorage } from './dtypes.js';
import { PickleGlobal, type PicklePersistent, PickleTuple } from './pickle/values.js';
import { PthError } from './pthError.js';

/** What a pickle says of one storage: a flat run of numbers, which tensors are windows on. */
export interface StorageRef {
  readonly key: string;
  readonly dtype: Dtype;
  /** Number of elements. */
  readonly size: number;
}

/** The bytes of a storage, little-endian, exactly as many as its ref says. */
export type ReadStorage = (ref: StorageRef) => Uint8Array;

/**
 * Reads `('storage', torch.FloatStorage, key, location, size, view_metadata?)`.
 * @throws PthError for anything else.
 */
export function storageRef(persistent: PicklePersistent): StorageRef {
  const { id, offset } = persistent;
  const items = id instanceof PickleTuple ? id.items : [];
  const [tag, type, key, , size, view] = items;
  if (tag !== 'storage' || !(type instanceof PickleGlobal) || typeof key !== 'string') {
    throw new PthError('ERR_PTH_STORAGE', 'A reference to something that is not a storage', {
      offset,
    });
  }
  const dtype = dtypeOfStorage(type.name);
  if (dtype === null) {
    throw new PthError('ERR_PTH_STORAGE', `"${type.name}" is not a type of storage`, {
      offset,
      key,
    });
  }
  if (typeof size !== 'number' || !Number.isSafeInteger(size * bytesOf(dtype)) || size < 0) {
    throw new PthError('ERR_PTH_STORAGE', `Storage "${key}" claims ${String(size)} elements`, {
      offset,
      key,
    });
  }
  if (view !== undefined && view !== null) {
    throw new PthError(
      'ERR_PTH_STORAGE',
      `Storage "${key}" is a view of another, as torch before 0.1.12 wrote them; load and save the file once with a newer torch`,
      { offset, key },
    );
  }
  return { key, dtype, size };
}

/**
 * All storages that a pickle refers to, once each.
 * @throws PthError when two references to one storage disagree.
 */
export function collectStorages(persistents: readonly PicklePersistent[]): Map<string, StorageRef> {
  const storages = new Map<string, StorageRef>();
  for (const persistent of persistents) {
    const ref = storageRef(persistent);
    const known = storages.get(ref.key);
    if (known !== undefined && (known.dtype !== ref.dtype || known.size !== ref.size)) {
      throw new PthError(
        'ERR_PTH_STORAGE',
        `Storage "${ref.key}" is used as ${known.size} × ${known.dtype} and as ${ref.size} × ${ref.dtype}`,
        { offset: persistent.offset, key: ref.key },
      );
    }
    storages.set(ref.key, ref);
  }
  return storages;
}
