import { type ByteSource, memorySource } from '../../platform/byteSource.js';
import { bytesOf } from '../dtypes.js';
import type { ExportedConstant, ExportedProgram } from '../exported/exportedProgram.js';
import { bad, type ProgramText, readJson, readProgram } from '../exported/readProgram.js';
import { SCALAR_TYPES } from '../exported/scalarTypes.js';
import { COSTS } from '../pickle/costs.js';
import { PickleDict, PicklePersistent } from '../pickle/values.js';
import { PthError } from '../pthError.js';
import { findStateDict } from '../stateDict.js';
import { isCount, type StorageRef } from '../storages.js';
import { TensorReader } from '../tensorReader.js';
import { checkedRef, type TensorRef, UnreadableTensor } from '../tensorRef.js';
import type { OpenedContainer } from './container.js';
import { fieldOf, JsonReader, type JsonValue } from './jsonReader.js';
import { isBigEndian, openTorchZip } from './torchZip.js';
import { entryContent, sumOf, verifyEntries } from './zipContent.js';
import { type Archive, locateZipEntry, readZipDirectory, type ZipEntry } from './zipDirectory.js';

/** Numbers of a program that are none of its state dict are means, deviations and small filters. */
const MAX_CONSTANT_BYTES = 1 << 20;
/** A tensor here, with its places in maps. */
const TENSOR_COST = 6 * COSTS.call;

/** Where the parts of a program lie: in one file each, or in one file for each tensor that a list tells of. */
interface Layout {
  readonly program: ZipEntry;
  readonly weights: Part;
  readonly constants: Part | null;
}

type Part =
  | { readonly kind: 'file'; readonly entry: ZipEntry }
  | { readonly kind: 'list'; readonly entry: ZipEntry; readonly folder: string };

/** Whether an archive's entries are those of `torch.export.save`. */
export function isExported(entries: ReadonlyMap<string, ZipEntry>): boolean {
  return [...entries.keys()].some(
    (name) => name === OLD.program || /^[^/]+\/models\/[^/]+\.json$/.test(name),
  );
}

/** Of torch 2.1 to 2.7. */
const OLD = {
  program: 'serialized_exported_program.json',
  weights: 'serialized_state_dict.pt',
  constants: 'serialized_constants.pt',
};

/**
 * Programs of `torch.export.save` (`.pt2`): weights by name, and what is computed with them.
 * @throws PthError when it is damaged.
 * @see torch/export/pt2_archive, and torch.export.load, which reads older layouts
 */
export async function openExported(archive: Archive): Promise<OpenedContainer> {
  const { source, entries, budget } = archive;
  const layout = layoutOf(entries);
  const text = readProgram(await entryContent(source, layout.program, budget), budget);
  const root = layout.program.name.split('/')[0];
  const order = entries.get(`${root}/byteorder`);
  const bigEndian = isBigEndian(
    order === undefined ? null : await entryContent(source, order, budget),
  );
  const weights = await openPart(archive, layout.weights, bigEndian);
  const constants =
    layout.constants === null ? null : await openPart(archive, layout.constants, bigEndian);
  const exported: ExportedProgram = { ...text, constants: await readConstants(text, constants) };
  return {
    ...weights,
    format: 'pt2',
    writer: text.torch === null ? 'torch.export' : `torch ${text.torch.slice(0, 40)}`,
    exported,
    budget,
    verify: () => verifyEntries(source, [...entries.values()]),
  };
}

function layoutOf(entries: ReadonlyMap<string, ZipEntry>): Layout {
  const old = entries.get(OLD.program);
  if (old !== undefined) {
    const constants = entries.get(OLD.constants);
    return {
      program: old,
      weights: { kind: 'file', entry: needed(entries, OLD.weights) },
      constants: constants === undefined ? null : { kind: 'file', entry: constants },
    };
  }
  const programs = [...entries.values()].filter(({ name }) =>
    /^[^/]+\/models\/[^/]+\.json$/.test(name),
  );
  if (programs.length > 1) {
    throw new PthError(
      'ERR_PTH_PT2',
      `The archive holds ${programs.length} programs. In Python: torch.export.save(program, "one.pt2") of the one that is wanted`,
    );
  }
  const [program] = programs;
  const [root, , file] = program.name.split('/');
  const model = file.slice(0, -'.json'.length);
  const part = (folder: string): Part | null => {
    const at = `${root}/data/${folder}/`;
    const whole = entries.get(`${at}${model}.pt`);
    if (whole !== undefined) return { kind: 'file', entry: whole };
    const list = entries.get(`${at}${model}_${folder}_config.json`);
    return list === undefined ? null : { kind: 'list', entry: list, folder: at };
  };
  const weights = part('weights');
  if (weights === null) throw missing(`${root}/data/weights/${model}_weights_config.json`);
  return { program, weights, constants: part('constants') };
}

function needed(entries: ReadonlyMap<string, ZipEntry>, name: string): ZipEntry {
  const entry = entries.get(name);
  if (entry === undefined) throw missing(name);
  return entry;
}

function missing(name: string): PthError {
  return new PthError('ERR_PTH_PT2', `The exported program lacks "${name.slice(0, 200)}"`, {
    key: name,
  });
}

function openPart(archive: Archive, part: Part, bigEndian: boolean): Promise<OpenedContainer> {
  return part.kind === 'file'
    ? openFileWithin(archive, part.entry)
    : openList(archive, part.entry, part.folder, bigEndian);
}

/** A file of `torch.save` within the archive. */
async function openFileWithin(
  { source, budget }: Archive,
  entry: ZipEntry,
): Promise<OpenedContainer> {
  const within = entry.deflated
    ? await entryContent(source, entry, budget)
    : await locateZipEntry(source, entry, budget);
  const inner =
    typeof within === 'number' ? stretchOf(source, within, entry.size) : memorySource(within);
  const opened = await openTorchZip(inner, await readZipDirectory(inner, budget), budget);
  // Places within are not those of the archive.
  return { ...opened, locateStorage: async () => null };
}

function stretchOf(source: ByteSource, from: number, size: number): ByteSource {
  return {
    size,
    shared: source.shared,
    read: (start, end) => source.read(from + start, from + end),
  };
}

/** `{ config: { KEY: { path_name, use_pickle, tensor_meta } } }`, and a file for each tensor. */
async function openList(
  { source, entries, budget }: Archive,
  list: ZipEntry,
  folder: string,
  bigEndian: boolean,
): Promise<OpenedContainer> {
  const root = new PickleDict();
  const refs = new Map<PicklePersistent, TensorRef | UnreadableTensor>();
  const bytes = await entryContent(source, list, budget);
  readJson(() => {
    const json = new JsonReader(bytes, budget);
    json.object((field) => {
      if (field !== 'config') return json.skip();
      json.object((key) => {
        budget.takeValues(TENSOR_COST, 'A tensor');
        const place = new PicklePersistent(key, list.headerAt);
        root.items.push(key, place);
        refs.set(place, listedTensor(key, json.value(), entries, folder));
      });
    });
    json.end();
  });
  const entryOf = ({ key }: StorageRef) => entries.get(key) as ZipEntry;
  return {
    root,
    writer: '',
    metadata: new Map(),
    bigEndian,
    budget,
    tensorRef: (value) => (value instanceof PicklePersistent ? (refs.get(value) ?? null) : null),
    readStorage: (storage, use) => entryContent(source, entryOf(storage), use),
    locateStorage: async (storage, use) => {
      const entry = entryOf(storage);
      if (entry.deflated) return null;
      return { start: await locateZipEntry(source, entry, use), beginCheck: () => sumOf(entry) };
    },
  };
}

function listedTensor(
  key: string,
  item: JsonValue,
  entries: ReadonlyMap<string, ZipEntry>,
  folder: string,
): TensorRef | UnreadableTensor {
  const path = fieldOf(item, 'path_name');
  const meta = fieldOf(item, 'tensor_meta');
  if (typeof path !== 'string' || fieldOf(item, 'use_pickle') === true || meta === null) {
    return new UnreadableTensor('a pickled object');
  }
  const entry = needed(entries, folder + path);
  const type = fieldOf(meta, 'dtype');
  const dtype = typeof type === 'number' ? SCALAR_TYPES.get(type) : undefined;
  if (dtype === undefined || fieldOf(meta, 'layout') !== STRIDED) {
    return new UnreadableTensor(`type ${String(type)} of torch.export`);
  }
  const [shape, strides] = [countsOf(fieldOf(meta, 'sizes')), countsOf(fieldOf(meta, 'strides'))];
  const offset = countsOf([fieldOf(meta, 'storage_offset')])?.[0];
  if (shape === null || strides === null || offset === undefined) {
    throw bad(`tensor "${key.slice(0, 100)}" has no shape, strides or offset`, entry.headerAt);
  }
  const storage = { key: entry.name, dtype: null, width: bytesOf(dtype), bytes: entry.size };
  const window = { storage, start: 0, bytes: entry.size };
  return checkedRef(window, { dtype, offset, shape, strides }, { key, at: entry.headerAt });
}

const STRIDED = 7;

/** `[{ as_int: 3 }, …]`. */
function countsOf(list: JsonValue): number[] | null {
  if (!Array.isArray(list)) return null;
  const counts = (list as readonly JsonValue[]).map((item) => fieldOf(item, 'as_int'));
  return counts.every((count): count is number => typeof count === 'number' && isCount(count))
    ? counts
    : null;
}

/** The numbers of tensors that are none of the state dict. */
async function readConstants(
  { tensors }: ProgramText,
  file: OpenedContainer | null,
): Promise<ReadonlyMap<string, ExportedConstant>> {
  const constants = new Map<string, ExportedConstant>();
  const wanted = [...tensors.values()].filter(({ kind }) => kind === 'constant');
  if (file === null || wanted.length === 0) return constants;
  const { refs } = findStateDict(file);
  const reader = new TensorReader(file, file.budget);
  for (const { key } of wanted) {
    const ref = refs.get(key);
    if (ref === undefined || constants.has(key)) continue;
    if (4 * ref.size > MAX_CONSTANT_BYTES) continue;
    const { shape, dtype } = ref;
    constants.set(key, { shape, dtype, values: await reader.float32(ref, key) });
  }
  return constants;
}
