import type { Dtype } from './dtypes.js';
import {
  PickleGlobal,
  type PicklePersistent,
  PickleTuple,
  type PickleValue,
} from './pickle/values.js';
import { PthError } from './pthError.js';
import { dtypeOfStorage, storageWidth, UNTYPED_STORAGE } from './torchTypes.js';

/** A flat run of numbers in the file, which tensors are windows on. */
export interface StorageRef {
  readonly key: string;
  /** `null` where it is the tensors that tell, or numbers of a type that has no float32 reading here. */
  readonly dtype: Dtype | null;
  /** Class of such a type, `torch.ComplexFloatStorage`. */
  readonly unreadable?: string;
  /** Bytes of an element; 1 where it is the tensors that tell. */
  readonly width: number;
  readonly bytes: number;
  /** The bytes themselves, of numbers that stand within the pickle and not behind it. */
  readonly inline?: () => Uint8Array;
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
  const [tag, type, key, location, size, view] = items;
  const isStorage = tag === 'storage' && (items.length === 5 || items.length === 6);
  if (!isStorage || !(type instanceof PickleGlobal) || typeof key !== 'string') {
    throw bad('A reference to something that is not a storage', at);
  }
  const width = storageWidth(type.name);
  if (width === null || typeof location !== 'string') {
    throw bad(`"${type.name}" is not a type of storage, or its place is no text`, at, key);
  }
  if (!isCount(size) || !Number.isSafeInteger(size * width)) {
    throw bad(
      `Storage "${key}" claims ${typeof size === 'number' ? size : 'no number of'} elements`,
      at,
      key,
    );
  }
  const dtype = dtypeOfStorage(type.name);
  const isKnown = dtype !== null || type.name === UNTYPED_STORAGE;
  const unreadable = isKnown ? {} : { unreadable: type.name };
  const storage = { key, dtype, width, bytes: size * width, ...unreadable };
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
    if (known !== undefined && describe(known) !== describe(storage)) {
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

/** PyTorch and NumPy themselves allow 64. */
export const MAX_DIMENSIONS = 64;

export function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function describe({ dtype, unreadable, bytes }: StorageRef): string {
  return `${bytes} bytes of ${dtype ?? unreadable ?? 'any type'}`;
}

function bad(message: string, offset: number, key?: string): PthError {
  return new PthError('ERR_PTH_STORAGE', message, { offset, key });
}
