import { bytesOf, type Dtype } from '../dtypes.js';
import type { PickleCall, PickleValue } from '../pickle/values.js';
import { PthError } from '../pthError.js';
import { MAX_DIMENSIONS } from '../storages.js';
import { checkedRef, type TensorRef, UnreadableTensor } from '../tensorRef.js';
import type { OpenedContainer } from './container.js';
import { fieldOf, JsonError, JsonReader, type JsonValue } from './jsonReader.js';
import { scriptedObject, ToldTensors } from './scriptedModules.js';
import { entryContent, sumOf, verifyEntries } from './zipContent.js';
import { type Archive, locateZipEntry, type ZipEntry } from './zipDirectory.js';

/** Modules nest no deeper. */
const MAX_DEPTH = 64;

/** Types by caffe2's names. */
const DTYPES: ReadonlyMap<string, Dtype> = new Map([
  ['FLOAT', 'float32'],
  ['DOUBLE', 'float64'],
  ['FLOAT16', 'float16'],
  ['BFLOAT16', 'bfloat16'],
  ['INT64', 'int64'],
  ['INT32', 'int32'],
  ['INT16', 'int16'],
  ['INT8', 'int8'],
  ['UINT8', 'uint8'],
  ['BYTE', 'uint8'],
  ['BOOL', 'bool'],
]);

/**
 * The description of a TorchScript program of torch 1.0 to 1.3, if an archive has one; `null` for others. TensorFlow.js has a `model.json`,
 * too, with its weights beside it.
 */
export function oldScript(entries: ReadonlyMap<string, ZipEntry>): ZipEntry | null {
  const found = [...entries.values()].filter(({ name }) => /^[^/]+\/model\.json$/.test(name));
  const root = found[0]?.name.split('/')[0];
  const hasTensors = [...entries.keys()].some((name) => name.startsWith(`${root}/tensors/`));
  return found.length === 1 && hasTensors && !entries.has(`${root}/data.pkl`) ? found[0] : null;
}

/**
 * TorchScript programs of torch 1.0 to 1.3: `model.json` tells of modules and tensors, each tensor in a file of its own. Code is passed
 * over.
 *
 * @throws PthError when it is damaged.
 * @see torch/csrc/jit/serialization/import_legacy.cpp of torch 1.13
 */
export async function openOldScript(archive: Archive, program: ZipEntry): Promise<OpenedContainer> {
  const { source, entries, budget } = archive;
  const model = jsonOf(await entryContent(source, program, budget), archive);
  const root = program.name.slice(0, -'model.json'.length);
  const told = new ToldTensors(budget);
  const table = listOf(fieldOf(model, 'tensors')).map((tensor, i) =>
    told.add(tensorOf(tensor, String(i), entries, root, program)),
  );
  const main = moduleOf(fieldOf(model, 'mainModule'), table, archive, 0);
  const entryAt = (key: string) => entries.get(key) as ZipEntry;
  return {
    root: main,
    writer: 'TorchScript of torch 1.0 to 1.3',
    metadata: new Map(),
    bigEndian: false,
    budget,
    tensorRef: (value) => told.ref(value),
    readStorage: ({ key }, use) => entryContent(source, entryAt(key), use),
    verify: () => verifyEntries(source, [...entries.values()]),
    locateStorage: async ({ key }, use) => {
      const entry = entryAt(key);
      if (entry.deflated) return null;
      return { start: await locateZipEntry(source, entry, use), beginCheck: () => sumOf(entry) };
    },
  };
}

function jsonOf(bytes: Uint8Array, { budget }: Archive): JsonValue {
  try {
    const json = new JsonReader(bytes, budget);
    const value = json.value();
    json.end();
    return value;
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw bad(error.message, error.at);
  }
}

function moduleOf(
  module: JsonValue,
  tensors: readonly PickleCall[],
  archive: Archive,
  depth: number,
): PickleCall {
  if (depth > MAX_DEPTH) throw bad(`modules nest more than ${MAX_DEPTH} deep`, 0);
  const named = (item: JsonValue) => {
    const name = fieldOf(item, 'name');
    if (typeof name !== 'string') throw bad('a module or a parameter has no name', 0);
    return name;
  };
  const own = listOf(fieldOf(module, 'parameters')).map((parameter) => {
    const tensor = tensors[countOf(fieldOf(parameter, 'tensorId')) ?? -1];
    if (tensor === undefined)
      throw bad(`parameter "${named(parameter).slice(0, 100)}" has no tensor`, 0);
    return [named(parameter), tensor] as const;
  });
  const within = listOf(fieldOf(module, 'submodules')).map(
    (inner): readonly [string, PickleValue] => [
      named(inner),
      moduleOf(inner, tensors, archive, depth + 1),
    ],
  );
  return scriptedObject('__torch__.Module', [...own, ...within], archive.budget);
}

function tensorOf(
  tensor: JsonValue,
  key: string,
  entries: ReadonlyMap<string, ZipEntry>,
  root: string,
  program: ZipEntry,
): TensorRef | UnreadableTensor {
  const type = fieldOf(tensor, 'dataType');
  const dtype = typeof type === 'string' ? DTYPES.get(type) : undefined;
  if (dtype === undefined || fieldOf(tensor, 'isQuantized') === true) {
    return new UnreadableTensor(`type ${String(type)} of TorchScript`);
  }
  const name = fieldOf(fieldOf(tensor, 'data'), 'key');
  const entry = typeof name === 'string' ? entries.get(root + name) : undefined;
  if (entry === undefined)
    throw bad(`the numbers of tensor ${key} are not in the archive`, program.headerAt);
  const [shape, strides] = [
    countsOf(fieldOf(tensor, 'dims')),
    countsOf(fieldOf(tensor, 'strides')),
  ];
  const offset = countOf(fieldOf(tensor, 'offset') ?? 0);
  if (shape === null || strides === null || offset === null) {
    throw bad(`tensor ${key} has no shape, strides or offset`, program.headerAt);
  }
  const storage = { key: entry.name, dtype: null, width: bytesOf(dtype), bytes: entry.size };
  const window = { storage, start: 0, bytes: entry.size };
  return checkedRef(window, { dtype, offset, shape, strides }, { key, at: entry.headerAt });
}

function listOf(value: JsonValue): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

/** Protocol Buffers write whole numbers of 64 bits as texts. */
function countOf(value: JsonValue): number | null {
  const count = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : null;
}

/** Of a scalar, there are none. */
function countsOf(value: JsonValue): number[] | null {
  const list = listOf(value);
  if (list.length > MAX_DIMENSIONS) return null;
  const counts = list.map(countOf);
  return counts.every((count): count is number => count !== null) ? counts : null;
}

function bad(message: string, offset: number): PthError {
  return new PthError(
    'ERR_PTH_TORCHSCRIPT',
    `The description of the TorchScript program is wrong: ${message}`,
    {
      offset,
    },
  );
}
