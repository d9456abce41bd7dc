import { bytesOf, type Dtype } from './dtypes.js';
import {
  PickleGlobal,
  type PicklePersistent,
  PickleTuple,
  type PickleValue,
} from './pickle/values.js';
import { PthError } from './pthError.js';
import { dtypeOfStorage, UNTYPED_STORAGE } from './torchTypes.js';

/** A flat run of numbers in the file, which tensors are windows on. */
export interface StorageRef {
  readonly key: string;
  /** `null` where it is the tensors that tell. */
  readonly dtype: Dtype | null;
  readonly bytes: number;
}

/** What a pickle says of a storage: all of it, or a stretch that other tensors know it by. */
export interface StorageWindow {
  readonly storage: StorageRef;
  /** In bytes. */
  readonly start: number;
  readonly bytes: number;
}

/**
 * Reads `('storage', torch.FloatStorage, key, location, size, view_metadata?)`, where the view is
 * `(view_key, offset, size)`.
 *
 * @throws PthError for anything else.
 */
export function storageWindow(persistent: PicklePersistent): StorageWindow {
  const { id, offset: at } = persistent;
  const items = id instanceof PickleTuple ? id.items : [];
  const [tag, type, key, , size, view] = items;
  if (tag !== 'storage' || !(type instanceof PickleGlobal) || typeof key !== 'string') {
    throw bad('A reference to something that is not a storage', at);
  }
  const dtype = dtypeOfStorage(type.name);
  if (dtype === null && type.name !== UNTYPED_STORAGE) {
    throw bad(`"${type.name}" is not a type of storage`, at, key);
  }
  const width = dtype === null ? 1 : bytesOf(dtype);
  if (!isCount(size) || !Number.isSafeInteger(size * width)) {
    throw bad(
      `Storage "${key}" claims ${typeof size === 'number' ? size : 'no number of'} elements`,
      at,
      key,
    );
  }
  const storage = { key, dtype, bytes: size * width };
  if (view === undefined || view === null) return { storage, start: 0, bytes: storage.bytes };
  const [, start, length] = view instanceof PickleTuple ? view.items : [];
  if (!isCount(start) || !isCount(length) || !(start + length <= size)) {
    throw bad(`Storage "${key}" has a view that does not lie inside it`, at, key);
  }
  return { storage, start: start * width, bytes: length * width };
}

/**
 * All storages that a pickle refers to, once each.
 * @throws PthError when two references to one storage disagree.
 */
export function collectStorages(persistents: readonly PicklePersistent[]): Map<string, StorageRef> {
  const storages = new Map<string, StorageRef>();
  for (const persistent of persistents) {
    const { storage } = storageWindow(persistent);
    const known = storages.get(storage.key);
    if (known !== undefined && (known.dtype !== storage.dtype || known.bytes !== storage.bytes)) {
      throw bad(
        `Storage "${storage.key}" is used as ${describe(known)} and as ${describe(storage)}`,
        persistent.offset,
        storage.key,
      );
    }
    storages.set(storage.key, known ?? storage);
  }
  return storages;
}

export function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function describe({ dtype, bytes }: StorageRef): string {
  return `${bytes} bytes of ${dtype ?? 'any type'}`;
}

function bad(message: string, offset: number, key?: string): PthError {
  return new PthError('ERR_PTH_STORAGE', message, { offset, key });
}
