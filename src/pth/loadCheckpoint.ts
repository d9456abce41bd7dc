import { type ByteInputOptions, openBytes, sourceName } from '../platform/byteInput.js';
import { checkOptions } from '../tensor/callerValues.js';
import { Tensor } from '../tensor/tensor.js';
import type { Budget } from './budget.js';
import type { OpenedContainer } from './container/container.js';
import { COSTS } from './pickle/costs.js';
import {
  type DictKey,
  dictEntries,
  PickleFloat,
  type PickleValue,
  sequence,
} from './pickle/values.js';
import { TensorReader } from './tensorReader.js';
import { RebuiltTensors, UnreadableTensor } from './tensorRef.js';
import { inFile, openContainer, type WeightSource } from './weightFile.js';

/** What a checkpoint holds: dicts are maps, lists and tuples arrays, tensors float32. */
export type CheckpointValue =
  | null
  | boolean
  | number
  | string
  | Tensor
  | readonly CheckpointValue[]
  | ReadonlyMap<string | number, CheckpointValue>;

/** Values within values, at most: deeper ones are left out. */
const MAX_DEPTH = 32;

/**
 * Reads all of a file that `torch.save` has written: state dicts, states of optimisers, numbers and texts. Nothing is run;
 * objects of classes are left out, or `null` within lists.
 *
 * ```ts
 * const adam = new Adam(parametersOf(new Conv2d(3, 8, 3)));
 * const bytes = encodeCheckpoint({ epoch: 3, optimizer: adam.stateDict() });
 * const checkpoint = (await loadCheckpoint(bytes)) as Map<string, CheckpointValue>;
 * checkpoint.get('epoch'); // 3
 * adam.loadStateDict(checkpoint.get('optimizer'));
 * ```
 *
 * @param source A path, an address, bytes, a `Blob`, a `Response` or a stream.
 * @throws PthError when the file is damaged, forbidden, or none of torch's; FileError or DownloadError when it cannot be read.
 */
export async function loadCheckpoint(
  source: WeightSource,
  options: ByteInputOptions = {},
): Promise<CheckpointValue> {
  checkOptions('loadCheckpoint', options);
  return inFile(sourceName(source), async () => {
    const { opened } = await openContainer(await openBytes(source, options));
    return (await new CheckpointReader(opened).read(opened.root, [])) ?? null;
  });
}

class CheckpointReader {
  readonly #budget: Budget;
  readonly #tensors: RebuiltTensors;
  readonly #reader: TensorReader;

  constructor(opened: OpenedContainer) {
    this.#budget = opened.budget.fork();
    this.#tensors = new RebuiltTensors(this.#budget);
    this.#reader = new TensorReader(opened, this.#budget);
  }

  /** @returns `undefined` for what is left out. */
  async read(value: PickleValue, path: readonly string[]): Promise<CheckpointValue | undefined> {
    // One list can be held a million times, or hold itself: what it is read into costs each time.
    this.#budget.takeValues(COSTS.mapEntry, 'A checkpoint');
    if (value === null || typeof value === 'boolean' || typeof value === 'number') return value;
    if (value instanceof PickleFloat) return value.value;
    if (typeof value === 'string') return value;
    const ref = this.#tensors.ref(value, path.join('.'));
    if (ref instanceof UnreadableTensor) return undefined;
    if (ref !== null) return new Tensor(await this.#reader.float32(ref, path.join('.')), ref.shape);
    if (path.length >= MAX_DEPTH) return undefined;
    const list = sequence(value);
    if (list !== null) return this.#list(list, path);
    const entries = dictEntries(value);
    return entries === null ? undefined : this.#map(entries, path);
  }

  async #list(
    list: readonly PickleValue[],
    path: readonly string[],
  ): Promise<readonly CheckpointValue[]> {
    const items: CheckpointValue[] = [];
    for (const [i, item] of list.entries()) {
      items.push((await this.read(item, [...path, String(i)])) ?? null);
    }
    return items;
  }

  async #map(
    entries: ReadonlyMap<DictKey, PickleValue>,
    path: readonly string[],
  ): Promise<ReadonlyMap<string | number, CheckpointValue>> {
    const map = new Map<string | number, CheckpointValue>();
    for (const [key, item] of entries) {
      if (typeof key !== 'string' && typeof key !== 'number') continue;
      const read = await this.read(item, [...path, String(key)]);
      if (read !== undefined) map.set(key, read);
    }
    return map;
  }
}
