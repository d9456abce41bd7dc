import type { ByteSource } from '../../platform/byteSource.js';
import type { Budget } from '../budget.js';
import { readIncrementally } from '../pickle/readIncrementally.js';
import { type Unpickled, unpickle } from '../pickle/unpickle.js';
import { PickleList } from '../pickle/values.js';
import { PthError } from '../pthError.js';
import { collectStorages, type StorageRef } from '../storages.js';
import { RebuiltTensors } from '../tensorRef.js';
import type { ContainerFormat } from './container.js';
import { legacyWriter } from './writers.js';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL_VERSION = 1001;
const COUNT_BYTES = 8;

/**
 * The stream that torch wrote before 1.6: five pickles in a row (torch's magic number, protocol version, facts of
 * the system, the object, the storage keys), then for each key in that order an int64 element count
 * and the numbers.
 *
 * @see torch.serialization._legacy_save
 */
export const legacyFormat: ContainerFormat = {
  name: 'legacy',

  matches: (start) => {
    try {
      return unpickle(start).value === MAGIC;
    } catch (error) {
      if (error instanceof PthError) return false;
      throw error;
    }
  },

  async open(source, budget) {
    const { object, keys } = await readIncrementally(source, 0, source.size, budget, (bytes) =>
      readPickles(bytes, budget),
    );
    const storages = collectStorages(object.persistents);
    const places = locate(source.size, keys, storages);
    const tensors = new RebuiltTensors(budget);
    return {
      root: object.value,
      writer: legacyWriter(object.value, budget),
      metadata: new Map(),
      bigEndian: false,
      budget,
      tensorRef: (value, key) => tensors.ref(value, key),
      readStorage: (storage, use) => readCounted(source, storage, places, use),
      verify: () => verifyCounts(source, storages, places, budget),
      locateStorage: async (storage, use) => {
        const at = places.get(storage.key) as number;
        const start = at + COUNT_BYTES;
        checkCount(await use.read(source, at, start, `Storage "${storage.key}"`), storage, at);
        return { start };
      },
    };
  },
};

function readPickles(bytes: Uint8Array, budget: Budget): { object: Unpickled; keys: Unpickled } {
  const magic = unpickle(bytes, 0, budget);
  const version = unpickle(bytes, magic.end, budget);
  if (version.value !== PROTOCOL_VERSION) {
    throw new PthError(
      'ERR_PTH_VERSION',
      `The protocol version should be ${PROTOCOL_VERSION}, but is ${typeof version.value === 'number' ? version.value : 'no number'}`,
      { offset: magic.end },
    );
  }
  const system = unpickle(bytes, version.end, budget);
  const object = unpickle(bytes, system.end, budget);
  return { object, keys: unpickle(bytes, object.end, budget) };
}

/** Where each storage's element count stands, with its numbers behind. */
function locate(
  fileSize: number,
  keys: Unpickled,
  storages: ReadonlyMap<string, StorageRef>,
): Map<string, number> {
  if (!(keys.value instanceof PickleList)) {
    throw new PthError('ERR_PTH_STORAGE', 'The list of storage keys is not a list', {
      offset: keys.end,
    });
  }
  const { items } = keys.value;
  const places = new Map<string, number>();
  let at = keys.end;
  for (const key of items) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (storage === undefined || places.has(storage.key)) {
      throw new PthError(
        'ERR_PTH_STORAGE',
        'The list of storage keys names a storage twice, or one that no tensor uses',
        { offset: keys.end },
      );
    }
    const end = at + COUNT_BYTES + storage.bytes;
    if (end > fileSize) throw truncated(fileSize, end, items.length - places.size, storage);
    places.set(storage.key, at);
    at = end;
  }
  for (const key of storages.keys()) {
    if (!places.has(key)) {
      throw new PthError('ERR_PTH_STORAGE', `Storage "${key}" is not in the file`, { key });
    }
  }
  return places;
}

/** The stream has counts, and no sums: they tell whether all stands where it should, but nothing of the numbers. */
async function verifyCounts(
  source: ByteSource,
  storages: ReadonlyMap<string, StorageRef>,
  places: ReadonlyMap<string, number>,
  budget: Budget,
): Promise<number> {
  let unchecked = 0;
  for (const storage of storages.values()) {
    const at = places.get(storage.key) as number;
    const count = await budget.read(source, at, at + COUNT_BYTES, `Storage "${storage.key}"`);
    checkCount(count, storage, at);
    unchecked += storage.bytes;
  }
  return unchecked;
}

async function readCounted(
  source: ByteSource,
  storage: StorageRef,
  places: ReadonlyMap<string, number>,
  budget: Budget,
): Promise<Uint8Array> {
  const { key } = storage;
  const at = places.get(key) as number;
  const end = at + COUNT_BYTES + storage.bytes;
  const bytes = await budget.read(source, at, end, `Storage "${key}"`);
  checkCount(bytes, storage, at);
  return bytes.subarray(COUNT_BYTES);
}

/** The count in the file must be the one that the pickle gave. */
function checkCount(
  bytes: Uint8Array,
  { key, width, bytes: length }: StorageRef,
  offset: number,
): void {
  const count = new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true);
  const expected = BigInt(length) / BigInt(width);
  if (count !== expected) {
    throw new PthError(
      'ERR_PTH_STORAGE',
      `Storage "${key}" should have ${expected} elements, but the file says ${count}`,
      { offset, key },
    );
  }
}

function truncated(fileSize: number, end: number, left: number, { key }: StorageRef): PthError {
  const more = left > 1 ? ` and ${left - 1} further storages` : '';
  return new PthError(
    'ERR_PTH_TRUNCATED',
    `The file is cut short: ${end - fileSize} bytes of storage "${key}"${more} are missing; download it again`,
    { offset: fileSize, key },
  );
}
