import type { ByteSource } from '../../platform/byteSource.js';
import { rowMajorStrides } from '../../tensor/shape.js';
import type { Dtype } from '../dtypes.js';
import { PickleDict, PicklePersistent } from '../pickle/values.js';
import { checkedRef, type TensorRef } from '../tensorRef.js';
import type { OpenedContainer } from './container.js';

/** A tensor that lies in a file by itself, whole and in row-major order. */
export interface NamedTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Where its numbers begin in the file, and how many bytes they have. */
  readonly start: number;
  readonly bytes: number;
}

/**
 * A container that holds tensors by name, without a pickle.
 * @throws PthError when a shape asks for more than a tensor's bytes.
 */
export function namedTensors(
  source: ByteSource,
  tensors: readonly NamedTensor[],
  facts: { readonly writer: string; readonly metadata: ReadonlyMap<string, string> },
): OpenedContainer {
  const root = new PickleDict();
  const refs = new Map<string, TensorRef>();
  const places = new Map<string, number>();
  for (const { name, dtype, shape, start, bytes } of tensors) {
    const strides = rowMajorStrides(shape);
    const window = { storage: { key: name, dtype, bytes }, start: 0, bytes };
    const place = { key: name, at: start };
    refs.set(name, checkedRef(window, { dtype, offset: 0, shape, strides }, place));
    places.set(name, start);
    root.entries.push([name, new PicklePersistent(name, start)]);
  }
  return {
    root,
    ...facts,
    bigEndian: false,
    tensorRef: (value) => (value instanceof PicklePersistent && refs.get(String(value.id))) || null,
    readStorage: ({ key, bytes }, budget) => {
      const start = places.get(key) as number;
      return budget.read(source, start, start + bytes, `Tensor "${key}"`);
    },
    locateStorage: async ({ key }) => ({ start: places.get(key) as number }),
  };
}
