import { type ByteSource, openFile } from '../../platform/byteSource.js';
import { isPlainFile, pathKind } from '../../platform/files.js';
import { textOf } from '../../platform/text.js';
import { Budget } from '../budget.js';
import { unpickle } from '../pickle/unpickle.js';
import { PthError } from '../pthError.js';
import { collectStorages, type StorageRef } from '../storages.js';
import { RebuiltTensors } from '../tensorRef.js';
import type { OpenedContainer } from './container.js';
import { isBigEndian, missingStorage, wrongStorageSize } from './torchZip.js';

const OBJECT = 'data.pkl';

/** Storages go by numbers in torch's archives. A name with a slash would lead somewhere else. */
const STORAGE_NAME = /^[\w-][\w.-]{0,199}$/;

/** A folder that was opened: see `ContainerFile`. */
export interface OpenedFolder {
  /** All files together, in bytes. */
  readonly size: number;
  readonly opened: OpenedContainer;
}

/**
 * The folder that torch's zip archive becomes when somebody unpacks it, by its own path or by that of the `data.pkl`
 * within. Besides that file, `byteorder` and `data/KEY` of the storages that it names are read, none of them through a
 * symbolic link.
 *
 * @returns `null` when the path leads to something else.
 * @throws PthError when it is damaged or forbidden.
 */
export async function openUnpackedFolder(path: string): Promise<OpenedFolder | null> {
  const folder = await folderOf(path);
  if (folder === null) return null;
  const object = await openFile(`${folder}/${OBJECT}`);
  const first = new Budget(object.size);
  const { value, persistents } = unpickle(await readWhole(object, first), 0, first);
  const storages = collectStorages(persistents);
  const sources = new Map<string, ByteSource>();
  for (const storage of storages.values()) {
    sources.set(storage.key, await openStorage(folder, storage));
  }
  const size = [...sources.values()].reduce((sum, source) => sum + source.size, object.size);
  const budget = new Budget(size, first.taken);
  const order = `${folder}/byteorder`;
  const tensors = new RebuiltTensors(budget);
  return {
    size,
    opened: {
      root: value,
      writer: 'torch 1.6 or later, unpacked',
      metadata: new Map(),
      bigEndian: isBigEndian(
        (await isPlainFile(order)) ? await readWhole(await openFile(order), budget) : null,
      ),
      budget,
      tensorRef: (item, key) => tensors.ref(item, key),
      readStorage: ({ key }, use) => readWhole(sources.get(key) as ByteSource, use),
    },
  };
}

async function folderOf(path: string): Promise<string | null> {
  if ((await pathKind(path)) === 'folder') {
    return (await isPlainFile(`${path}/${OBJECT}`)) ? path : null;
  }
  const parent = /^(?:(.*)[/\\])?data\.pkl$/.exec(path);
  if (parent === null) return null;
  const folder = parent[1] ?? '.';
  return (await pathKind(`${folder}/data`)) === 'folder' ? folder : null;
}

async function openStorage(folder: string, storage: StorageRef): Promise<ByteSource> {
  const { key, bytes } = storage;
  const path = `${folder}/data/${key}`;
  if (!STORAGE_NAME.test(key) || !(await isPlainFile(path))) throw missingStorage(key);
  const source = await openFile(path);
  if (source.size !== bytes) throw wrongStorageSize(storage, source.size);
  return source;
}

function readWhole(source: ByteSource, budget: Budget): Promise<Uint8Array> {
  return budget.read(source, 0, source.size, 'A file of the folder');
}

/** What a `data.pkl` begins with that lies alone: pickled tensors. */
export function isObjectAlone(start: Uint8Array): boolean {
  if (start[0] !== 0x80 || !(start[1] <= 5)) return false;
  const text = textOf(start, 'latin1');
  return text.includes('torch') && /_rebuild_|storage/.test(text);
}

export function objectAlone(): PthError {
  return new PthError(
    'ERR_PTH_UNPACKED',
    "This is data.pkl, the inner pickle of torch's zip archive, without the numbers, which lie beside it in data/: give the .pth file itself, or the folder with both in it, or pack the folder again",
  );
}
