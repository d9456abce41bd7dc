import {
  type ByteInput,
  type ByteInputOptions,
  isPath,
  openBytes,
  sourceName,
} from '../platform/byteInput.js';
import type { ByteSource } from '../platform/byteSource.js';
import { checkOptions } from '../tensor/callerValues.js';
import { describeValue } from '../tensor/describeValue.js';
import { type ElementReader, type ElementSource, elementSource } from '../tensor/elementSource.js';
import { Tensor } from '../tensor/tensor.js';
import { BlockSource } from './blockSource.js';
import { Budget } from './budget.js';
import type { Neighbours, OpenedContainer } from './container/container.js';
import { detectFormat } from './container/formats.js';
import { openUnpackedFolder } from './container/unpackedFolder.js';
import type { Dtype, StoredData } from './dtypes.js';
import type { ExportedProgram } from './exported/exportedProgram.js';
import type { ModuleTree } from './moduleTree.js';
import { neighboursOf } from './neighbours.js';
import type { OnnxModel } from './onnx/onnxModel.js';
import { type PassedOver, passedOver } from './passedOver.js';
import { type PlainValue, plainEntries, plainFromJson } from './plainValue.js';
import { PthError } from './pthError.js';
import { type Describe, type FoundStateDict, findStateDict } from './stateDict.js';
import { TensorReader } from './tensorReader.js';
import type { TensorRef, UnreadableTensor } from './tensorRef.js';

/**
 * A path (Node only; of a folder, too, that an archive was unpacked to), an http(s), `file:`, `data:` or `blob:` address, the
 * bytes of a file, a `Blob` or `File`, a `Response`, or a stream, which is read to its end. Only a path or a `Blob` is read
 * piece by piece, as it is needed.
 */
export type WeightSource = ByteInput;

export interface OpenWeightsOptions extends ByteInputOptions {
  /**
   * Where in a checkpoint the state dict is, `netG` or `models.netG`, or what its keys begin with. Default: it is
   * searched under the usual names.
   */
  readonly key?: string;
  /**
   * Says what a state dict is, `null` for one that is not wanted: asked where the file holds several. Default: all are wanted.
   */
  readonly describe?: Describe;
}

export interface StateDictOptions {
  /**
   * Whether large float32 tensors stay in the file until somebody asks for their `data`, or for them with `copyInto`, as engines do:
   * that saves memory. What is wrong with numbers comes out only then, as the same errors, and so does a file that was
   * changed or is gone. Has no effect on what does not come from a path. Default: false.
   */
  readonly late?: boolean;
}

/** What a file tells of a tensor without its numbers. */
export interface TensorInfo {
  readonly shape: readonly number[];
  /** How its numbers are stored. */
  readonly dtype: Dtype;
}

/** What a file tells of a tensor whose numbers cannot be read. */
export interface UnreadableInfo {
  /** `torch.complex64`, `sparse_tensor`. */
  readonly type: string;
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
 * ```ts
 * const file = await openWeights('horse2zebra.pth');
 * file.tensors.get('model.1.weight'); // { shape: [24, 3, 7, 7], dtype: 'float16' }
 * (await file.tensor('model.1.weight')).size; // 3528
 * ```
 *
 * @throws PthError when the file is damaged, forbidden, or no weight file; FileError when it cannot be read; DownloadError
 * when an address does not give it; the signal's reason after it fired.
 */
export async function openWeights(
  source: WeightSource,
  opening: OpenWeightsOptions = {},
): Promise<WeightFile> {
  checkOptions('openWeights', opening);
  const { key, describe, ...options } = opening;
  checkKey(key);
  const path = sourceName(source);
  return inFile(path, async () => {
    const folder = isPath(source) ? await openUnpackedFolder(source) : null;
    const file =
      folder === null
        ? await openContainer(await openBytes(source, options), neighboursOf(source))
        : { format: 'folder', source: null, taken: folder.opened.budget.taken, ...folder };
    return new WeightFile(file, findStateDict(file.opened, key, describe), path);
  });
}

/** Not every caller has a compiler that checks. */
function checkKey(key: unknown): void {
  if (key === undefined || typeof key === 'string') return;
  throw new PthError(
    'ERR_PTH_NO_KEY',
    `key is a text, such as "netG" or "models.netG", but got ${describeValue(key)}`,
  );
}

/** A file before its state dict is found. */
export interface ContainerFile {
  readonly format: string;
  /** `null` where it is many files. */
  readonly source: ByteSource | null;
  /** In bytes. */
  readonly size: number;
  readonly opened: OpenedContainer;
  /** Bytes that opening it took. */
  readonly taken: number;
}

/** @throws PthError when the file is damaged, forbidden, or no weight file. */
export async function openContainer(
  source: ByteSource,
  neighbours?: Neighbours,
): Promise<ContainerFile> {
  const bytes = source.shared ? source : new BlockSource(source);
  const budget = new Budget(bytes.size);
  const format = await detectFormat(bytes);
  const opened = await format.open(bytes, budget, neighbours);
  if (bytes instanceof BlockSource) bytes.forget();
  return {
    format: opened.format ?? format.name,
    source: bytes,
    size: bytes.size,
    opened,
    taken: budget.taken,
  };
}

/** Formats that hold only texts beside the tensors: a configuration is JSON there. */
const TEXT_FORMATS: ReadonlySet<string> = new Set(['safetensors', 'onnx', 'hdf5', 'keras', 'tfjs']);

/**
 * Compares all that a weight file says of its own bytes with them: a zip archive's checksums, a legacy stream's counts.
 * @returns How many bytes nothing in the file tells of.
 * @throws PthError when anything is wrong, or it is no weight file; FileError when it cannot be read.
 */
export async function verifyWeights(source: WeightSource): Promise<number> {
  return inFile(sourceName(source), async () => {
    const bytes = await openBytes(source);
    const { opened } = await openContainer(bytes, neighboursOf(source));
    return opened.verify?.() ?? bytes.size;
  });
}

/** An opened weight file. Nothing needs to be closed. */
export class WeightFile {
  /** `zip`, `folder` (such an archive, unpacked), `pt2`, `ptl`, `legacy`, `tar`, `safetensors`, `onnx`, `npz`, `paddle`, `hdf5`, `keras` or `tfjs`. */
  readonly container: string;
  /** What wrote the file, as far as can be told: `torch 0.4.0`. */
  readonly writer: string;
  /** In bytes. */
  readonly fileSize: number;
  /** The names that lead to the state dict within a checkpoint: `state_dict`; empty when it is the whole. */
  readonly key: string;
  /** Names of state dicts with the very same keys, which `{ key }` takes instead: of an average over training, mostly. */
  readonly alike: readonly string[];
  /** Names of the other networks that stand beside it, as discriminators do, where it was not asked for by its name. */
  readonly beside: readonly string[];
  /** By PyTorch's keys, in the file's order. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** What else the file holds that is plain data, such as `epoch` or the `config` that was saved with it. */
  readonly extras: ReadonlyMap<string, PlainValue>;
  /** The configuration that was saved with the weights, in whatever format; `undefined` when there is none. */
  readonly config: PlainValue | undefined;
  /** Tensors of the state dict whose numbers cannot be read, by their keys; all others can. */
  readonly unreadable: ReadonlyMap<string, UnreadableInfo>;
  /** The modules of a model that was saved as a whole, whose state dict this is; `null` where it is a state dict alone. */
  readonly modules: ModuleTree | null;
  /** The graph of an ONNX model; `null` for other files. */
  readonly onnx: OnnxModel | null;
  /** What a program of `torch.export` computes; `null` for other files. */
  readonly exported: ExportedProgram | null;
  /** What stands in the file beside the tensors and is not read, such as objects of classes that are not known. */
  readonly passedOver: readonly PassedOver[];
  readonly #file: ContainerFile;
  readonly #refs: ReadonlyMap<string, TensorRef>;
  readonly #kinds: ReadonlyMap<string, UnreadableTensor>;
  /** Keys of the storages that several tensors are windows on: they are read once, for all of them. */
  readonly #shared: ReadonlySet<string>;
  /** What the file had cost when it was opened. */
  readonly #opened: Budget;
  /** For one tensor after the other: all of them are charged to one budget. */
  readonly #inTurn: TensorReader;
  readonly #asked = new Set<string>();
  readonly #path: string | null;

  /** Use `openWeights`. */
  constructor(file: ContainerFile, found: FoundStateDict, filePath: string | null) {
    const { path, refs, unreadable } = found;
    const { opened } = file;
    this.container = file.format;
    this.writer = opened.writer;
    this.fileSize = file.size;
    this.key = path.join('.');
    this.alike = found.alike ?? [];
    this.beside = found.beside ?? [];
    this.tensors = new Map([...refs].map(([key, { shape, dtype }]) => [key, { shape, dtype }]));
    this.unreadable = new Map([...unreadable].map(([key, { type }]) => [key, { type }]));
    const plain = plainEntries(opened.root, opened.budget);
    this.extras = new Map([...opened.metadata, ...plain]);
    const config = this.extras.get('config');
    const isText = typeof config === 'string' && TEXT_FORMATS.has(file.format);
    const parsed = isText ? plainFromJson(config) : undefined;
    this.config = parsed === undefined ? config : parsed;
    this.modules = found.tree ?? null;
    this.onnx = opened.onnx ?? null;
    this.exported = opened.exported ?? null;
    this.passedOver = passedOver(opened, found, new Set(plain.keys()));
    this.#file = file;
    this.#refs = refs;
    this.#kinds = unreadable;
    this.#shared = sharedStorages(refs.values());
    this.#opened = opened.budget.fork();
    this.#inTurn = new TensorReader(opened, this.#opened.fork(), this.#shared);
    this.#path = filePath;
  }

  /**
   * One tensor in the type that it is stored in, with the numbers that it has in PyTorch: those of a negated view have the
   * sign that the view has.
   * @throws PthError when there is none of that key, or its numbers are damaged.
   */
  async read(key: string): Promise<StoredTensor> {
    return inFile(this.#path, async () => {
      const ref = this.#ref(key);
      const data = await this.#reader(`stored ${key}`).stored(ref, key);
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
      return new Tensor(await this.#reader(`float32 ${key}`).float32(ref, key), ref.shape);
    });
  }

  /**
   * All tensors as float32, but those that cannot be read. Those that shared memory in PyTorch share it here.
   * @throws PthError when numbers are damaged.
   */
  async stateDict({ late = false }: StateDictOptions = {}): Promise<Map<string, Tensor>> {
    return inFile(this.#path, async () => {
      const { source, opened } = this.#file;
      if (source instanceof BlockSource) source.forget();
      const reader = new TensorReader(opened, this.#opened.fork());
      const tensors = [...this.#refs].map(async ([key, ref]) => {
        const isAlone = !this.#shared.has(ref.storage.key);
        const fetch = late && isAlone && source !== null ? await reader.later(ref, source) : null;
        if (fetch !== null) return [key, new Tensor(this.#naming(fetch), ref.shape)] as const;
        const data = await reader.float32(ref, key);
        // Of bytes in memory it may be a window, and others write to those.
        const isOwn = isAlone && source?.shared === false;
        return [key, isOwn ? Tensor.owning(data, ref.shape) : new Tensor(data, ref.shape)] as const;
      });
      return new Map(await Promise.all(tensors));
    });
  }

  #naming({ begin }: ElementSource): ElementSource {
    return elementSource(() => {
      const read = (begin as () => ElementReader)();
      return (to) => {
        try {
          read(to);
        } catch (error) {
          throw named(error, this.#path);
        }
      };
    });
  }

  /** What was asked for before has been charged: who asks again may have it again. */
  #reader(question: string): TensorReader {
    if (this.#asked.has(question)) {
      return new TensorReader(this.#file.opened, this.#opened.fork(), this.#shared);
    }
    this.#asked.add(question);
    return this.#inTurn;
  }

  #ref(key: string): TensorRef {
    const ref = this.#refs.get(key);
    if (ref !== undefined) return ref;
    const kind = this.#kinds.get(key);
    if (kind !== undefined) throw kind.error(key);
    throw new PthError('ERR_PTH_NO_KEY', `The file holds no tensor "${key}"`, { key });
  }
}

/** Keys of the storages that several tensors are windows on. */
function sharedStorages(refs: Iterable<TensorRef>): Set<string> {
  const seen = new Set<string>();
  const shared = new Set<string>();
  for (const { storage } of refs) (seen.has(storage.key) ? shared : seen).add(storage.key);
  return shared;
}

/** What an action throws about a file names it. */
export async function inFile<T>(path: string | null, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw named(error, path);
  }
}

function named(error: unknown, path: string | null): unknown {
  return error instanceof PthError && path !== null ? error.inFile(path) : error;
}
