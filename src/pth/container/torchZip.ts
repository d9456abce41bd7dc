import type { ByteSource } from '../../platform/byteSource.js';
import { textOf } from '../../platform/text.js';
import type { Budget } from '../budget.js';
import { unpickle } from '../pickle/unpickle.js';
import { type PlainValue, plainFromJson } from '../plainValue.js';
import { PthError } from '../pthError.js';
import { collectStorages, type StorageRef } from '../storages.js';
import { RebuiltTensors } from '../tensorRef.js';
import type { OpenedContainer } from './container.js';
import { zipWriter } from './writers.js';
import { entryContent, sumOf, verifyEntries } from './zipContent.js';
import { locateZipEntry, type ZipEntry } from './zipDirectory.js';

/** The record in which a configuration travels, beside those of torch. */
export const CONFIG_RECORD = 'config.json';
/** A configuration is smaller. */
const MAX_CONFIG = 65_536;

/**
 * The zip archive that torch writes since 1.6: `ROOT/data.pkl` holds the object, `ROOT/data/KEY` the
 * numbers of each storage, stored and aligned, so that tensors are windows on the file's own bytes.
 *
 * @throws PthError when it is damaged, or no archive of torch's.
 * @see torch.serialization._save
 */
export async function openTorchZip(
  source: ByteSource,
  entries: ReadonlyMap<string, ZipEntry>,
  budget: Budget,
): Promise<OpenedContainer> {
  const root = rootFolder(entries);
  const content = async (name: string, use: Budget): Promise<Uint8Array | null> => {
    const entry = entries.get(root + name);
    return entry === undefined ? null : entryContent(source, entry, use);
  };
  const bigEndian = isBigEndian(await content('byteorder', budget));
  const object = unpickle((await content('data.pkl', budget)) as Uint8Array, 0, budget);
  const storages = collectStorages(object.persistents);
  for (const storage of storages.values()) {
    checkEntry(storage, entries.get(`${root}data/${storage.key}`));
  }
  const tensors = new RebuiltTensors(budget);
  return {
    root: object.value,
    writer: zipWriter(new Set([...entries.keys()].map((name) => name.slice(root.length)))),
    metadata: await readConfig(source, entries.get(root + CONFIG_RECORD), budget),
    bigEndian,
    budget,
    tensorRef: (value, key) => tensors.ref(value, key),
    readStorage: async ({ key }, use) => (await content(`data/${key}`, use)) as Uint8Array,
    verify: () => verifyEntries(source, [...entries.values()]),
    locateStorage: async ({ key }, use) => {
      const entry = entries.get(`${root}data/${key}`) as ZipEntry;
      if (entry.deflated) return null;
      const start = await locateZipEntry(source, entry, use);
      return { start, beginCheck: () => sumOf(entry) };
    },
  };
}

/** What is no configuration may have the same name: PyTorch passes over it, too. */
async function readConfig(
  source: ByteSource,
  entry: ZipEntry | undefined,
  budget: Budget,
): Promise<Map<string, PlainValue>> {
  if (entry === undefined || entry.size > MAX_CONFIG) return new Map();
  const content = await entryContent(source, entry, budget);
  const config = plainFromJson(textOf(content));
  return new Map(config === undefined ? [] : [['config', config]]);
}

function checkEntry(storage: StorageRef, entry: ZipEntry | undefined): void {
  if (entry === undefined) throw missingStorage(storage.key);
  if (entry.size !== storage.bytes) throw wrongStorageSize(storage, entry.size, entry.headerAt);
}

export function missingStorage(key: string): PthError {
  return new PthError('ERR_PTH_STORAGE', `Storage "${key}" is not in the archive`, { key });
}

export function wrongStorageSize(
  { key, bytes }: StorageRef,
  found: number,
  offset?: number,
): PthError {
  return new PthError(
    'ERR_PTH_STORAGE',
    `Storage "${key}" should have ${bytes} bytes, but its entry has ${found}`,
    { offset, key },
  );
}

/** The folder that holds `data.pkl`, with its slash; torch names it after the file. */
function rootFolder(entries: ReadonlyMap<string, ZipEntry>): string {
  const roots = [...entries.keys()]
    .filter((name) => /^(?:[^/]+\/)?data\.pkl$/.test(name))
    .map((name) => name.slice(0, -'data.pkl'.length));
  if (roots.length > 1) {
    throw new PthError('ERR_PTH_ZIP', 'The archive holds more than one data.pkl');
  }
  if (roots.length === 0) {
    throw new PthError(
      'ERR_PTH_NOT_TORCH',
      `This is a zip archive, but not one of torch's: it has no data.pkl among its ${entries.size} entries`,
    );
  }
  return roots[0];
}

export function isBigEndian(content: Uint8Array | null): boolean {
  const order = content === null ? 'little' : textOf(content.subarray(0, 16));
  if (order !== 'little' && order !== 'big') {
    throw new PthError('ERR_PTH_ZIP', `Unknown byte order ${JSON.stringify(order)}`);
  }
  return order === 'big';
}
