import { type ByteInput, type ByteSource, openBytes } from '../platform/byteSource.js';
import { Tensor } from '../tensor/tensor.js';
import { Budget } from './budget.js';
import type { OpenedContainer } from './container/container.js';
import { detectFormat } from './container/formats.js';
import type { Dtype, StoredData } from './dtypes.js';
import { type PlainValue, plainEntries } from './plainValue.js';
import { PthError } from './pthError.js';
import { type FoundStateDict, findStateDict } from './stateDict.js';
import { TensorReader } from './tensorReader.js';
import type { TensorRef } from './tensorRef.js';

/** A path (Node only), the bytes of a file, a `Blob` or `File`, or a stream, which is read to its end. */
export type WeightSource = ByteInput;

export interface OpenWeightsOptions {
  /**
   * Where in a checkpoint the state dict is, `netG` or `models.netG`. Default: it is searched under the
   * usual names.
   */
  readonly key?: string;
}

/** What a file tells of a tensor without its numbers. */
export interface TensorInfo {
  readonly shape: readonly number[];
  /** How its numbers are stored. */
  readonly dtype: Dtype;
}

/** A tensor as it is stored: 64-bit integers as BigInts, halves and smaller floats as their bits. */
export interface StoredTensor extends TensorInfo {
  /** Row-major. */
  readonly data: StoredData;
}

/**
 * Opens a weight file and reads its keys, shapes and types, but no numbers. Never runs anything: the pickle
 * in the file is parsed to inert data and matched against what a state dict consists of.
 *
 * @throws PthError when the file is damaged, forbidden, or no weight file; FileError when it cannot be read.
 */
export async function openWeights(
  source: WeightSource,
  { key }: OpenWeightsOptions = {},
): Promise<WeightFile> {
  const path = typeof source === 'string' ? source : null;
  return inFile(path, async () => {
    const bytes = await openBytes(source);
    const format = await detectFormat(bytes);
    const container = await format.open(bytes, new Budget(bytes.size));
    return new WeightFile(bytes, format.name, container, findStateDict(container, key), path);
  });
}

/** An opened weight file. Nothing needs to be closed. */
export class WeightFile {
  /** `zip`, `legacy`, `tar` or `safetensors`. */
  readonly container: string;
  /** What wrote the file, as far as can be told: `torch 0.4.0`. */
  readonly writer: string;
  /** In bytes. */
  readonly fileSize: number;
  /** The names that lead to the state dict within a checkpoint: `state_dict`; empty when it is the whole. */
  readonly key: string;
  /** By PyTorch's keys, in the file's order. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** What else the file holds that is plain data, such as `epoch` or the `config` that was saved with it. */
  readonly extras: ReadonlyMap<string, PlainValue>;
  readonly #source: ByteSource;
  readonly #opened: OpenedContainer;
  readonly #refs: ReadonlyMap<string, TensorRef>;
  readonly #path: string | null;

  /** Use `openWeights`. */
  constructor(
    source: ByteSource,
    container: string,
    opened: OpenedContainer,
    { path, refs }: FoundStateDict,
    file: string | null,
  ) {
    this.container = container;
    this.writer = opened.writer;
    this.fileSize = source.size;
    this.key = path.join('.');
    this.tensors = new Map([...refs].map(([key, { shape, dtype }]) => [key, { shape, dtype }]));
    this.extras = new Map([...opened.metadata, ...plainEntries(opened.root)]);
    this.#source = source;
    this.#opened = opened;
    this.#refs = refs;
    this.#path = file;
  }

  /**
   * One tensor as it is stored.
   * @throws PthError when there is none of that key, or its numbers are damaged.
   */
  async read(key: string): Promise<StoredTensor> {
    return inFile(this.#path, async () => {
      const ref = this.#ref(key);
      const data = await this.#reader().stored(ref, key);
      return { data, shape: ref.shape, dtype: ref.dtype };
    });
  }

  /**
   * One tensor as float32, whatever it is stored as.
   * @throws PthError when there is none of that key, or its numbers are damaged.
   */
  async tensor(key: string): Promise<Tensor> {
    return inFile(this.#path, async () => {
      const ref = this.#ref(key);
      return new Tensor(await this.#reader().float32(ref, key), ref.shape);
    });
  }

  /**
   * All tensors as float32. Those that shared memory in PyTorch share it here.
   * @throws PthError when numbers are damaged.
   */
  async stateDict(): Promise<Map<string, Tensor>> {
    return inFile(this.#path, async () => {
      const reader = this.#reader();
      const tensors = [...this.#refs].map(async ([key, ref]) => {
        return [key, new Tensor(await reader.float32(ref, key), ref.shape)] as const;
      });
      return new Map(await Promise.all(tensors));
    });
  }

  #reader(): TensorReader {
    return new TensorReader(this.#opened, new Budget(this.#source.size));
  }

  #ref(key: string): TensorRef {
    const ref = this.#refs.get(key);
    if (ref !== undefined) return ref;
    throw new PthError('ERR_PTH_NO_KEY', `The file holds no tensor "${key}"`, { key });
  }
}

async function inFile<T>(path: string | null, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw error instanceof PthError && path !== null ? error.inFile(path) : error;
  }
}
