import { bytesOf } from '../dtypes.js';
import { unpickle } from '../pickle/unpickle.js';
import { PickleList } from '../pickle/values.js';
import { PthError } from '../pthError.js';
import { collectStorages, type StorageRef } from '../storages.js';
import type { ContainerFormat } from './container.js';

/** A pickle of 0x1950a86a20f9469cfc6c, torch's magic number: protocol 2, a LONG1 of ten bytes, STOP. */
const MAGIC = [
  0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e,
];
const PROTOCOL_VERSION = 1001;
const COUNT_BYTES = 8;

/**
 * The stream that torch wrote before 1.6: five pickles in a row (magic, protocol version, facts of
 * the system, the object, the storage keys), then for each key in that order an int64 element count
 * and the numbers. The numbers begin at any byte, so they are copied, or moved to where they can be read.
 *
 * @see torch.serialization._legacy_save
 */
export const legacyFormat: ContainerFormat = {
  name: 'legacy',

  matches: (bytes) => MAGIC.every((byte, i) => bytes[i] === byte),

  open(bytes, _budget, owned) {
    const version = unpickle(bytes, MAGIC.length);
    if (version.value !== PROTOCOL_VERSION) {
      throw new PthError(
        'ERR_PTH_VERSION',
        `The protocol version should be ${PROTOCOL_VERSION}, but is ${String(version.value)}`,
        { offset: MAGIC.length },
      );
    }
    const system = unpickle(bytes, version.end);
    const object = unpickle(bytes, system.end);
    const keys = unpickle(bytes, object.end);
    const storages = collectStorages(object.persistents);
    if (!(keys.value instanceof PickleList)) {
      throw new PthError('ERR_PTH_STORAGE', 'The list of storage keys is not a list', {
        offset: object.end,
      });
    }
    const places = locate(bytes, keys.end, keys.value.items, storages);
    const shift = owned ? alignInPlace(bytes, keys.end, storages) : null;
    return {
      root: object.value,
      read: ({ key, dtype, size }) => {
        const start = (places.get(key) as number) - (shift ?? 0);
        const end = start + size * bytesOf(dtype);
        return shift === null ? bytes.slice(start, end) : bytes.subarray(start, end);
      },
    };
  },
};

/**
 * Moves everything from `start` on down by up to three bytes, so that all numbers lie at multiples of
 * four and can be read where they are: a file of weights is then held once and not twice.
 *
 * @returns By how much; `null` where storages of other types would still lie askew.
 */
function alignInPlace(
  bytes: Uint8Array,
  start: number,
  storages: ReadonlyMap<string, StorageRef>,
): number | null {
  if ([...storages.values()].some(({ dtype }) => dtype !== 'float32')) return null;
  // Before each storage stands a count of eight bytes, which keeps multiples of four as they are.
  const shift = (bytes.byteOffset + start) % 4;
  if (shift > 0) bytes.copyWithin(start - shift, start);
  return shift;
}

/** Where each storage's numbers begin. Every count in the file must be the one the pickle gave. */
function locate(
  bytes: Uint8Array,
  start: number,
  keys: readonly unknown[],
  storages: ReadonlyMap<string, StorageRef>,
): Map<string, number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const places = new Map<string, number>();
  let at = start;
  for (const key of keys) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (storage === undefined || places.has(storage.key)) {
      throw new PthError(
        'ERR_PTH_STORAGE',
        'The list of storage keys names a storage twice, or one that no tensor uses',
        { offset: start },
      );
    }
    const length = storage.size * bytesOf(storage.dtype);
    if (at + COUNT_BYTES + length > bytes.length) {
      throw truncated(bytes.length, at, keys.length - places.size, storage);
    }
    const count = view.getBigInt64(at, true);
    if (count !== BigInt(storage.size)) {
      throw new PthError(
        'ERR_PTH_STORAGE',
        `Storage "${storage.key}" should have ${storage.size} elements, but the file says ${count}`,
        { offset: at, key: storage.key },
      );
    }
    places.set(storage.key, at + COUNT_BYTES);
    at += COUNT_BYTES + length;
  }
  for (const key of storages.keys()) {
    if (!places.has(key)) {
      throw new PthError('ERR_PTH_STORAGE', `Storage "${key}" is not in the file`, { key });
    }
  }
  return places;
}

function truncated(fileSize: number, at: number, left: number, storage: StorageRef): PthError {
  const missing = at + COUNT_BYTES + storage.size * bytesOf(storage.dtype) - fileSize;
  const more = left > 1 ? ` and ${left - 1} further storages` : '';
  return new PthError(
    'ERR_PTH_TRUNCATED',
    `The file is cut short: ${missing} bytes of storage "${storage.key}"${more} are missing; download it again`,
    { offset: fileSize, key: storage.key },
  );
}
