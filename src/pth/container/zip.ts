import { inflateSync } from 'fflate';
import { crc32 } from '../../platform/crc32.js';
import type { Budget } from '../budget.js';
import { bytesOf, swapBytes } from '../dtypes.js';
import { unpickle } from '../pickle/unpickle.js';
import { PthError } from '../pthError.js';
import { collectStorages } from '../storages.js';
import type { ContainerFormat } from './container.js';
import { readZipDirectory, type ZipEntry, zipEntryBytes } from './zipDirectory.js';

/**
 * The zip archive that torch writes since 1.6: `ROOT/data.pkl` holds the object, `ROOT/data/KEY` the
 * numbers of each storage, stored and aligned, so that tensors are windows on the file's own bytes.
 *
 * @see torch.serialization._save
 */
export const zipFormat: ContainerFormat = {
  name: 'zip',

  matches: (bytes) => bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] <= 5 && bytes[3] <= 6,

  open(bytes, budget) {
    const entries = readZipDirectory(bytes);
    const root = rootFolder(entries);
    const content = (name: string): Uint8Array | null => {
      const entry = entries.get(root + name);
      return entry === undefined ? null : entryContent(bytes, entry, budget);
    };
    const bigEndian = isBigEndian(content('byteorder'));
    const object = unpickle(content('data.pkl') as Uint8Array);
    const storages = collectStorages(object.persistents);
    for (const { key, dtype, size } of storages.values()) {
      const entry = entries.get(`${root}data/${key}`);
      const expected = size * bytesOf(dtype);
      if (entry === undefined) {
        throw new PthError('ERR_PTH_STORAGE', `Storage "${key}" is not in the archive`, { key });
      }
      if (entry.size !== expected) {
        throw new PthError(
          'ERR_PTH_STORAGE',
          `Storage "${key}" should have ${expected} bytes, but its entry has ${entry.size}`,
          { offset: entry.headerAt, key },
        );
      }
      // The layout of every entry is checked at once, and its contents when they are read.
      zipEntryBytes(bytes, entry);
    }
    return {
      root: object.value,
      read: ({ key, dtype }) => {
        const data = content(`data/${key}`) as Uint8Array;
        if (!bigEndian) return data;
        budget.take(data.length, `Storage "${key}"`);
        return swapBytes(data, dtype);
      },
    };
  },
};

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
  if (entries.has(`${roots[0]}constants.pkl`)) {
    throw new PthError(
      'ERR_PTH_TORCHSCRIPT',
      'This is a TorchScript archive, a program and not a state dict. In Python: torch.save(torch.jit.load(file).state_dict(), "weights.pth")',
    );
  }
  return roots[0];
}

function isBigEndian(content: Uint8Array | null): boolean {
  const order = content === null ? 'little' : new TextDecoder().decode(content.subarray(0, 16));
  if (order !== 'little' && order !== 'big') {
    throw new PthError('ERR_PTH_ZIP', `Unknown byte order ${JSON.stringify(order)}`);
  }
  return order === 'big';
}

function entryContent(file: Uint8Array, entry: ZipEntry, budget: Budget): Uint8Array {
  const stored = zipEntryBytes(file, entry);
  const content = entry.deflated ? inflate(stored, entry, budget) : stored;
  // Files exist whose writer left the sum out; PyTorch takes them, too.
  if (entry.crc !== 0 && crc32(content) !== entry.crc) {
    throw new PthError(
      'ERR_PTH_CHECKSUM',
      `The checksum of "${entry.name}" is wrong: the file is damaged; download it again`,
      { offset: entry.headerAt, key: entry.name },
    );
  }
  return content;
}

function inflate(stored: Uint8Array, entry: ZipEntry, budget: Budget): Uint8Array {
  budget.take(entry.size, `Entry "${entry.name}"`);
  try {
    // One spare byte tells an entry that inflates to more than it claims from an honest one.
    const out = inflateSync(stored, { out: new Uint8Array(entry.size + 1) });
    if (out.length === entry.size) return out;
  } catch (cause) {
    throw damaged(entry, cause);
  }
  throw damaged(entry, undefined);
}

function damaged(entry: ZipEntry, cause: unknown): PthError {
  return new PthError(
    'ERR_PTH_ZIP',
    `Entry "${entry.name}" does not inflate to the ${entry.size} bytes that it claims`,
    { offset: entry.headerAt, key: entry.name, cause },
  );
}
