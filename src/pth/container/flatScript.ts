import type { Budget } from '../budget.js';
import { bytesOf, type Dtype } from '../dtypes.js';
import { COSTS } from '../pickle/costs.js';
import {
  type PickleCall,
  PickleDict,
  PickleList,
  PickleTuple,
  type PickleValue,
} from '../pickle/values.js';
import { checkedRef, UnreadableTensor } from '../tensorRef.js';
import type { ContainerFormat } from './container.js';
import { bad, FlatBuffer, type Table } from './flatBuffer.js';
import { scriptedObject, ToldTensors } from './scriptedModules.js';

/** Objects nest no deeper than modules do. */
const MAX_DEPTH = 64;

/** Numbers of fields in mobile_bytecode.fbs. */
const MODULE = { version: 0, state: 3, values: 4, storages: 6, types: 7 };
const TYPE = { name: 0, attributes: 2 };
const OBJECT = { type: 0, attributes: 2 };
const TENSOR = { storage: 0, type: 1, offset: 2, sizes: 3, strides: 4, quantized: 6 };

/** Kinds of values, as the union counts them. */
const KIND = {
  integer: 1,
  truth: 2,
  float: 3,
  tensor: 5,
  text: 6,
  list: 7,
  tuple: 8,
  dict: 9,
  object: 10,
  /** Of numbers and of truths alone; what those are is not asked. */
  plainLists: [11, 12, 13],
};

/** `ScalarType`s of c10. */
const DTYPES: ReadonlyMap<number, Dtype> = new Map([
  [0, 'uint8'],
  [1, 'int8'],
  [2, 'int16'],
  [3, 'int32'],
  [4, 'int64'],
  [5, 'float16'],
  [6, 'float32'],
  [7, 'float64'],
  [11, 'bool'],
  [15, 'bfloat16'],
]);

/**
 * Mobile programs of TorchScript as FlatBuffers, `_save_for_lite_interpreter(…, _use_flatbuffer=True)`: the objects that modules
 * are, and their tensors. Code is passed over.
 * @see torch/csrc/jit/serialization/mobile_bytecode.fbs
 */
export const flatScriptFormat: ContainerFormat = {
  name: 'ptl',

  matches: (start) => [0x50, 0x54, 0x4d, 0x46].every((byte, i) => start[4 + i] === byte),

  async open(source, budget) {
    const bytes = await budget.read(source, 0, source.size, 'The program');
    const reading = new ProgramReading(new FlatBuffer(bytes, budget), budget);
    return {
      root: reading.root(),
      writer: 'torch 1.12 or later',
      metadata: new Map(),
      bigEndian: false,
      budget,
      tensorRef: (value) => reading.tensors.ref(value),
      readStorage: async ({ inline }) => inline?.() ?? new Uint8Array(0),
    };
  },
};

interface FlatStorage {
  readonly length: number;
  readonly inline: () => Uint8Array;
}

class ProgramReading {
  readonly tensors: ToldTensors;
  readonly #buffer: FlatBuffer;
  readonly #budget: Budget;
  readonly #values: readonly Table[];
  readonly #storages: readonly Table[];
  readonly #types: readonly Table[];
  /** Objects that were read, by their numbers: several may hold one. */
  readonly #known = new Map<number, PickleValue>();
  readonly #read = new Map<number, FlatStorage>();

  constructor(buffer: FlatBuffer, budget: Budget) {
    this.#buffer = buffer;
    this.#budget = budget;
    this.tensors = new ToldTensors(budget);
    this.#values = buffer.tables(buffer.root, MODULE.values);
    this.#storages = buffer.tables(buffer.root, MODULE.storages);
    this.#types = buffer.tables(buffer.root, MODULE.types);
  }

  root(): PickleValue {
    return this.#value(this.#buffer.number(this.#buffer.root, MODULE.state, 'uint32'), 0);
  }

  #value(index: number, depth: number): PickleValue {
    const known = this.#known.get(index);
    if (known !== undefined) return known;
    const table = this.#values[index];
    if (table === undefined) throw bad(`There is no value ${index}`, this.#buffer.root.at);
    if (depth > MAX_DEPTH) throw bad(`Values nest more than ${MAX_DEPTH} deep`, table.at);
    const made = this.#made(table, depth);
    this.#known.set(index, made);
    return made;
  }

  #made(table: Table, depth: number): PickleValue {
    const buffer = this.#buffer;
    const kind = buffer.number(table, 0, 'uint8');
    if (kind === KIND.integer) return Number(buffer.struct(table, 1, 'int64'));
    if (kind === KIND.truth) return buffer.struct(table, 1, 'bool') as boolean;
    if (kind === KIND.float) return buffer.struct(table, 1, 'float64') as number;
    const inner = buffer.table(table, 1);
    if (inner === null) return null;
    if (kind === KIND.text) return buffer.text(inner, 0);
    if (kind === KIND.tensor) return this.#tensor(inner);
    if (kind === KIND.object) return this.#object(inner, depth);
    return this.#collection(kind, inner, depth);
  }

  /** Lists, tuples and dicts: what modules do not keep their parameters in, so that it can be told. */
  #collection(kind: number, table: Table, depth: number): PickleValue {
    const items = (field: number) =>
      this.#buffer.numbers(table, field, 'uint32').map((index) => this.#value(index, depth + 1));
    this.#budget.takeValues(COSTS.dict, 'A list');
    if (kind === KIND.list) return new PickleList(items(0));
    if (kind === KIND.tuple) return new PickleTuple(items(0));
    if (KIND.plainLists.includes(kind)) return new PickleList();
    if (kind !== KIND.dict) return null;
    const [keys, values] = [items(0), items(1)];
    this.#budget.takeValues(keys.length * COSTS.dictEntry, 'A dict');
    const dict = new PickleDict();
    for (const [i, key] of keys.entries()) dict.items.push(key, values[i] ?? null);
    return dict;
  }

  #object(table: Table, depth: number): PickleCall {
    const type = this.#types[this.#buffer.number(table, OBJECT.type, 'uint32')];
    if (type === undefined) throw bad('An object has no class', table.at);
    const names = this.#buffer.texts(type, TYPE.attributes);
    const values = this.#buffer.numbers(table, OBJECT.attributes, 'uint32');
    const count = Math.min(names.length, values.length);
    const entries = Array.from(
      { length: count },
      (_, i) => [names[i], this.#value(values[i], depth + 1)] as const,
    );
    return scriptedObject(this.#buffer.text(type, TYPE.name), entries, this.#budget);
  }

  /** Several may be of the same bytes, and each is copied, so that its numbers are aligned. */
  #storage(index: number, of: Table): FlatStorage {
    const known = this.#read.get(index);
    if (known !== undefined) return known;
    const table = this.#storages[index];
    const bytes = table === undefined ? null : this.#buffer.bytesOf(table, 0);
    if (bytes === null) throw bad(`There is no storage ${index}`, of.at);
    this.#budget.take(bytes.length, `Storage "${index}"`);
    const storage = { length: bytes.length, inline: () => bytes.slice() };
    this.#read.set(index, storage);
    return storage;
  }

  #tensor(table: Table): PickleCall {
    const buffer = this.#buffer;
    const index = buffer.number(table, TENSOR.storage, 'uint32');
    const type = buffer.number(table, TENSOR.type, 'int8');
    const dtype = DTYPES.get(type);
    if (dtype === undefined || buffer.table(table, TENSOR.quantized) !== null) {
      return this.tensors.add(new UnreadableTensor(`type ${type} of a mobile program`));
    }
    const { length, inline } = this.#storage(index, table);
    const width = bytesOf(dtype);
    const storage = { key: String(index), dtype: null, width, bytes: length, inline };
    const shape = buffer.numbers(table, TENSOR.sizes, 'int32');
    const strides = buffer.numbers(table, TENSOR.strides, 'int32');
    const offset = buffer.number(table, TENSOR.offset, 'int32');
    if ([offset, ...shape, ...strides].some((number) => number < 0)) {
      throw bad('A tensor has a side, a stride or an offset below nothing', table.at);
    }
    const window = { storage, start: 0, bytes: length };
    const place = { key: String(index), at: table.at };
    return this.tensors.add(checkedRef(window, { dtype, offset, shape, strides }, place));
  }
}
