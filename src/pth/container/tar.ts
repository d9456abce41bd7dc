import type { ByteSource } from '../../platform/byteSource.js';
import type { Budget } from '../budget.js';
import { bytesOf } from '../dtypes.js';
import { COSTS } from '../pickle/costs.js';
import { readIncrementally } from '../pickle/readIncrementally.js';
import { type Unpickled, unpickle } from '../pickle/unpickle.js';
import { PickleGlobal, PicklePersistent, type PickleValue, sequence } from '../pickle/values.js';
import { PthError } from '../pthError.js';
import { isCount, type StorageRef, type StorageWindow } from '../storages.js';
import { checkedRef, type TensorRef } from '../tensorRef.js';
import { dtypeOfStorage } from '../torchTypes.js';
import type { ContainerFormat } from './container.js';
import { isTar, readTarMembers, type TarMember } from './tarMembers.js';

const WORD = 8;
/** A storage, a view or a tensor here, and the maps' places for it. */
const STORAGE_COST = 4 * COSTS.call;
/** Most pickles here are of three items. */
const SHORT_PICKLE = 512;

/**
 * The tar archive of torch before 0.1.10. Its members: `storages`, a count and for each storage a pickle
 * `(key, location, class)`, an int64 element count and the numbers, and at the end a pickled list of
 * views; `tensors`, a count and for each tensor a pickle `(key, storage, class)`, then the number of
 * dimensions, sides, strides and offset as int64; and `pickle`, the object, which refers to tensors by key.
 *
 * @see torch.serialization._load, legacy_load
 */
export const tarFormat: ContainerFormat = {
  name: 'tar',

  matches: isTar,

  async open(source, budget) {
    const members = await readTarMembers(source, budget);
    const object = await readPickle(source, memberOf(members, 'pickle'), budget);
    const { windows, places } = await readStorages(source, memberOf(members, 'storages'), budget);
    const tensors = await readTensors(source, memberOf(members, 'tensors'), windows, budget);
    return {
      root: object.value,
      writer: 'torch before 0.1.10',
      metadata: new Map(),
      bigEndian: false,
      budget,
      tensorRef: (value, key) => tensorRefOf(tensors, value, key),
      readStorage: ({ key, bytes }, use) => {
        const start = places.get(key) as number;
        return use.read(source, start, start + bytes, `Storage "${key}"`);
      },
    };
  },
};

function memberOf(members: ReadonlyMap<string, TarMember>, name: string): TarMember {
  const found = members.get(name);
  if (found !== undefined) return found;
  throw new PthError(
    'ERR_PTH_NOT_TORCH',
    `This is a tar archive, but not one of torch's: it has no member "${name}"`,
  );
}

/** @returns `null` for what is no tensor. */
function tensorRefOf(
  tensors: ReadonlyMap<string, TensorRef>,
  value: PickleValue,
  key: string,
): TensorRef | null {
  if (!(value instanceof PicklePersistent)) return null;
  const id = keyOf(value.id);
  const ref = id === null ? undefined : tensors.get(id);
  if (ref !== undefined) return ref;
  throw new PthError('ERR_PTH_TENSOR', `Tensor "${key}" is not in the archive`, {
    offset: value.offset,
    key,
  });
}

interface Storages {
  /** By key: storages, and views on them. */
  readonly windows: Map<string, StorageWindow>;
  /** Where the numbers of storages begin in the file. */
  readonly places: Map<string, number>;
}

async function readStorages(
  source: ByteSource,
  { start, end }: TarMember,
  budget: Budget,
): Promise<Storages> {
  const storages: Storages = { windows: new Map(), places: new Map() };
  const count = await readPickle(source, { start, end }, budget);
  let at = start + count.end;
  for (let i = 0; i < countOf(count.value, start); i++) {
    at = await readStorage(source, { start: at, end }, storages, budget);
  }
  const views = await readPickle(source, { start: at, end }, budget);
  for (const view of sequence(views.value) ?? []) addView(storages, view, at, budget);
  return storages;
}

/** The storage that begins at `start`. @returns Where the next one does. */
async function readStorage(
  source: ByteSource,
  { start, end }: TarMember,
  { windows, places }: Storages,
  budget: Budget,
): Promise<number> {
  const { value, end: length } = await readPickle(source, { start, end }, budget);
  const [id, , type] = sequence(value) ?? [];
  const dtype = type instanceof PickleGlobal ? dtypeOfStorage(type.name) : null;
  const key = keyOf(id);
  if (dtype === null || key === null || windows.has(key)) {
    throw bad('A storage without a key of its own, or of no known type', start);
  }
  const numbersAt = start + length + WORD;
  const [elements] = await readWords(source, start + length, 1, end, budget);
  const width = bytesOf(dtype);
  const bytes = elements * width;
  if (!isCount(elements) || !(numbersAt + bytes <= end)) {
    throw bad(`Storage "${key}" claims ${elements} elements, more than the file has`, start);
  }
  budget.takeValues(STORAGE_COST, 'The archive');
  const storage: StorageRef = { key, dtype, width, bytes };
  windows.set(key, { storage, start: 0, bytes });
  places.set(key, numbersAt);
  return numbersAt + bytes;
}

/** @param at Where the list of views is, for errors. */
function addView({ windows }: Storages, view: PickleValue, at: number, budget: Budget): void {
  const [target, root, offset, size] = sequence(view) ?? [];
  const window = windowOf(windows, root);
  const key = keyOf(target);
  const width = bytesOf(window?.storage.dtype ?? 'uint8');
  if (
    window === undefined ||
    key === null ||
    !isCount(offset) ||
    !isCount(size) ||
    !((offset + size) * width <= window.bytes)
  ) {
    throw bad('A view of a storage that does not lie inside it', at);
  }
  budget.takeValues(STORAGE_COST, 'The archive');
  const first = window.start + offset * width;
  windows.set(key, { storage: window.storage, start: first, bytes: size * width });
}

function windowOf(
  windows: ReadonlyMap<string, StorageWindow>,
  id: PickleValue | undefined,
): StorageWindow | undefined {
  const key = keyOf(id);
  return key === null ? undefined : windows.get(key);
}

async function readTensors(
  source: ByteSource,
  { start, end }: TarMember,
  windows: ReadonlyMap<string, StorageWindow>,
  budget: Budget,
): Promise<Map<string, TensorRef>> {
  const tensors = new Map<string, TensorRef>();
  const count = await readPickle(source, { start, end }, budget);
  let at = start + count.end;
  for (let i = 0; i < countOf(count.value, start); i++) {
    const { value, end: length } = await readPickle(source, { start: at, end }, budget);
    const [id, storage] = sequence(value) ?? [];
    const key = keyOf(id);
    const window = windowOf(windows, storage);
    if (key === null || window === undefined || tensors.has(key)) {
      throw bad('A tensor without a key of its own, or without a storage', at);
    }
    const wordsAt = at + length;
    // The number of dimensions has four bytes, and four more that mean nothing.
    const head = await readPiece(source, wordsAt, WORD, end, budget);
    const dimensions = new DataView(head.buffer, head.byteOffset).getInt32(0, true);
    if (dimensions < 0) throw bad(`Tensor "${key}" has ${dimensions} dimensions`, wordsAt);
    const words = await readWords(source, wordsAt + WORD, 2 * dimensions + 1, end, budget);
    if (!words.every(isCount)) {
      throw bad(`Tensor "${key}" has sides, strides or an offset that are no counts`, wordsAt);
    }
    budget.takeValues(STORAGE_COST + 3 * COSTS.slot * words.length, 'The archive');
    const shape = words.slice(0, dimensions);
    const strides = words.slice(dimensions, 2 * dimensions);
    const offset = words[2 * dimensions];
    const { dtype } = window.storage;
    if (dtype === null) throw bad(`Tensor "${key}" has no type`, at);
    tensors.set(key, checkedRef(window, { dtype, offset, shape, strides }, { key, at }));
    at = wordsAt + WORD * (2 + 2 * dimensions);
  }
  return tensors;
}

/** A pickle that begins at `start` and ends before `end`; its own `end` counts from its start. */
function readPickle(
  source: ByteSource,
  { start, end }: TarMember,
  budget: Budget,
): Promise<Unpickled> {
  return readIncrementally(
    source,
    start,
    end,
    budget,
    (bytes) => unpickle(bytes, 0, budget),
    SHORT_PICKLE,
  );
}

/** Integers of 64 bits; those that no number can be are none that a tensor has, either. */
async function readWords(
  source: ByteSource,
  at: number,
  count: number,
  end: number,
  budget: Budget,
): Promise<number[]> {
  const bytes = await readPiece(source, at, count * WORD, end, budget);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Array.from({ length: count }, (_, i) => Number(view.getBigInt64(i * WORD, true)));
}

function readPiece(
  source: ByteSource,
  at: number,
  length: number,
  end: number,
  budget: Budget,
): Promise<Uint8Array> {
  if (at + length > end) throw bad('A member of the archive ends too early', at);
  return budget.read(source, at, at + length, 'The archive');
}

/** Keys were addresses, written as numbers here and as text there. */
function keyOf(value: PickleValue | undefined): string | null {
  // Addresses have 64 bits; to write a much longer number as text takes quadratic time.
  if (typeof value === 'bigint') return value < 1n << 64n ? String(value) : null;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}

function countOf(value: PickleValue, at: number): number {
  if (!isCount(value)) throw bad('A count that is none', at);
  return value;
}

function bad(message: string, offset: number): PthError {
  return new PthError('ERR_PTH_TAR', message, { offset });
}
