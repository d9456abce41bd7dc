import { textOf } from '../../platform/text.js';
import { sizeOf } from '../../tensor/shape.js';
import type { Budget } from '../budget.js';
import { bytesOf } from '../dtypes.js';
import { type NumpyArray, numpyArray } from '../numpyArray.js';
import { COSTS } from '../pickle/costs.js';
import { unpickle } from '../pickle/unpickle.js';
import {
  dictEntries,
  PickleCall,
  PickleDict,
  PicklePersistent,
  type PickleValue,
} from '../pickle/values.js';
import { PthError } from '../pthError.js';
import type { TensorRef } from '../tensorRef.js';
import type { ContainerFormat } from './container.js';

/** What Paddle keeps beside the arrays of a state dict: its own names of them. */
const NAMES = 'StructuredToParameterName@@';
const COUNTER = 'num_batches_tracked';

/**
 * `.pdparams`: a pickle of NumPy arrays by name, as `paddle.save` writes a state dict, or a dict of several. They come by the names, and
 * in the layout, that PyTorch has: `_mean` and `_variance` are running statistics, `scale` of an instance norm is its weight
 * (left out where it is as it began, as PaddleGAN never trains it), and weights of linear layers are turned.
 */
export const paddleFormat: ContainerFormat = {
  name: 'paddle',

  matches: (start) =>
    start[0] === 0x80 &&
    start[1] <= 5 &&
    /numpy/.test(textOf(start, 'latin1')) &&
    !/torch/.test(textOf(start, 'latin1')),

  async open(source, budget) {
    const bytes = await budget.read(source, 0, source.size, 'The pickle');
    const { value, persistents } = unpickle(bytes, 0, budget);
    if (persistents.length > 0) {
      throw new PthError(
        'ERR_PTH_NOT_TORCH',
        'A pickle of arrays that refers to storages, which only files of torch hold',
      );
    }
    const arrays = new Arrays(budget);
    return {
      root: arrays.renamed(value),
      writer: 'Paddle or NumPy',
      metadata: new Map(),
      bigEndian: false,
      budget,
      tensorRef: (item) =>
        item instanceof PicklePersistent ? (arrays.refs.get(item) ?? null) : null,
      // All numbers stand within the pickle.
      readStorage: async ({ inline }) => inline?.() ?? new Uint8Array(0),
    };
  },
};

class Arrays {
  readonly refs = new Map<PicklePersistent, TensorRef>();
  readonly #budget: Budget;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** The same with PyTorch's names, a dict within it, too. */
  renamed(value: PickleValue, depth = 1): PickleValue {
    const entries = dictEntries(value);
    if (entries === null) return value;
    const found = new PickleDict();
    const arrays = new Map<string, NumpyArray>();
    for (const [key, item] of entries) {
      this.#budget.takeValues(COSTS.dictEntry + COSTS.call, 'An array');
      const array = item instanceof PickleCall ? numpyArray(item, this.#budget) : null;
      if (typeof key === 'string' && array !== null) arrays.set(key, array);
      else if (key !== NAMES)
        found.items.push(key, depth > 0 ? this.renamed(item, depth - 1) : item);
    }
    for (const [key, array] of arrays) {
      for (const [name, one] of this.#asInTorch(key, array, arrays))
        found.items.push(name, this.#add(one));
    }
    return found;
  }

  /** Names are PyTorch's, but for those of norms. */
  #asInTorch(
    key: string,
    array: NumpyArray,
    all: ReadonlyMap<string, NumpyArray>,
  ): [string, NumpyArray][] {
    const at = key.lastIndexOf('.') + 1;
    const [before, last] = [key.slice(0, at), key.slice(at)];
    const [scale, bias] = [all.get(`${before}scale`), all.get(`${before}bias`)];
    const isInstanceNorm = scale !== undefined && bias !== undefined && !all.has(`${before}weight`);
    if (isInstanceNorm && (last === 'scale' || last === 'bias')) {
      if (this.#isFilled(scale, 1) && this.#isFilled(bias, 0)) return [];
      return [[before + (last === 'scale' ? 'weight' : last), array]];
    }
    if (last === '_mean') return [[`${before}running_mean`, array]];
    if (last === '_variance')
      return [
        [`${before}running_var`, array],
        [before + COUNTER, counter()],
      ];
    const [rows, columns] = array.shape;
    if (last !== 'weight' || array.shape.length !== 2) return [[key, array]];
    return [
      [key, { ...array, shape: [columns, rows], strides: [array.strides[1], array.strides[0]] }],
    ];
  }

  #isFilled({ dtype, shape, bytes }: NumpyArray, value: number): boolean {
    if (dtype !== 'float32') return false;
    this.#budget.take(2 * 4 * sizeOf(shape), 'The scale of a norm');
    const content = bytes();
    const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
    for (let i = 0; i < content.byteLength; i += 4)
      if (view.getFloat32(i, true) !== value) return false;
    return true;
  }

  #add({ dtype, shape, strides, bytes }: NumpyArray): PicklePersistent {
    this.#budget.takeValues(4 * COSTS.call + COSTS.slot * 2 * shape.length, 'An array');
    const place = new PicklePersistent(this.refs.size, 0);
    const width = bytesOf(dtype);
    const size = sizeOf(shape);
    const storage = {
      key: String(this.refs.size),
      dtype,
      width,
      bytes: size * width,
      inline: bytes,
    };
    this.refs.set(place, { storage, dtype, offset: 0, shape, strides, size });
    return place;
  }
}

/** Of batches, which Paddle does not count. */
function counter(): NumpyArray {
  return { dtype: 'int64', shape: [], strides: [], bytes: () => new Uint8Array(8) };
}
