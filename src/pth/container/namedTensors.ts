import type { ByteSource } from '../../platform/byteSource.js';
import { rowMajorStrides } from '../../tensor/shape.js';
import type { Budget } from '../budget.js';
import { bytesOf, type Dtype } from '../dtypes.js';
import { COSTS } from '../pickle/costs.js';
import { PickleDict, PicklePersistent } from '../pickle/values.js';
import { checkedRef, type TensorRef, UnreadableTensor } from '../tensorRef.js';
import type { OpenedContainer } from './container.js';

/** What a tensor takes here, with its places in maps, and each of its sides. */
const TENSOR_COST = 5 * COSTS.call;
const SIDE_COST = 3 * COSTS.slot;

/** A tensor that lies in a file by itself, whole and in row-major order. */
export interface NamedTensor {
  readonly name: string;
  /** A name in place of a type that has no float32 reading here. */
  readonly dtype: Dtype | UnreadableTensor;
  readonly shape: readonly number[];
  /** Steps between neighbours, in elements. Default: row-major order. */
  readonly strides?: readonly number[];
  /** Where its numbers begin in the file, and how many bytes they have. */
  readonly start: number;
  readonly bytes: number;
  /** The numbers themselves, where they were read already. */
  readonly inline?: Uint8Array;
}

/**
 * A container that holds tensors by name, without a pickle.
 * @throws PthError when a shape asks for more than a tensor's bytes.
 */
export function namedTensors(
  source: ByteSource,
  tensors: readonly NamedTensor[],
  facts: {
    readonly writer: string;
    readonly metadata: ReadonlyMap<string, string>;
    readonly budget: Budget;
    /** Files that tensors lie in which are not in `source`, by the tensors' names. */
    readonly sources?: ReadonlyMap<string, ByteSource>;
  },
): OpenedContainer {
  const root = new PickleDict();
  const refs = new Map<string, TensorRef | UnreadableTensor>();
  const places = new Map<string, number>();
  const { sources, ...rest } = facts;
  for (const tensor of tensors) {
    const { name, dtype, shape, start, bytes, inline } = tensor;
    facts.budget.takeValues(TENSOR_COST + SIDE_COST * shape.length, 'A tensor');
    root.items.push(name, new PicklePersistent(name, start));
    if (dtype instanceof UnreadableTensor) {
      refs.set(name, dtype);
      continue;
    }
    const strides = tensor.strides ?? rowMajorStrides(shape);
    const own = inline === undefined ? {} : { inline: () => inline.slice() };
    const storage = { key: name, dtype, width: bytesOf(dtype), bytes, ...own };
    const ref = { dtype, offset: 0, shape, strides };
    refs.set(name, checkedRef({ storage, start: 0, bytes }, ref, { key: name, at: start }));
    places.set(name, start);
  }
  return {
    root,
    ...rest,
    bigEndian: false,
    tensorRef: (value) => (value instanceof PicklePersistent && refs.get(String(value.id))) || null,
    readStorage: ({ key, bytes }, budget) => {
      const start = places.get(key) as number;
      return budget.read(sources?.get(key) ?? source, start, start + bytes, `Tensor "${key}"`);
    },
    locateStorage: async ({ key }) =>
      sources?.has(key) ? null : { start: places.get(key) as number },
  };
}
