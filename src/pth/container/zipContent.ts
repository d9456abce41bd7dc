import type { ByteSource } from '../../platform/byteSource.js';
import { crc32 } from '../../platform/crc32.js';
import { inflateRaw } from '../../platform/inflate.js';
import { Budget } from '../budget.js';
import { PthError } from '../pthError.js';
import type { StorageCheck } from './container.js';
import { readZipEntry, type ZipEntry } from './zipDirectory.js';

/**
 * What an entry holds, inflated where it is packed, and compared with its checksum.
 * @throws PthError when it is damaged.
 */
export async function entryContent(
  source: ByteSource,
  entry: ZipEntry,
  budget: Budget,
): Promise<Uint8Array> {
  const stored = await readZipEntry(source, entry, budget);
  const content = entry.deflated ? inflate(stored, entry, budget) : stored;
  // Entries may lie one in the other, and each is summed up as a whole.
  budget.take(content.length, `The checksum of "${entry.name}"`);
  checkSum(content, entry);
  return content;
}

function checkSum(content: Uint8Array, entry: ZipEntry): void {
  const sum = sumOf(entry);
  sum.add(content);
  sum.end();
}

/** Files exist whose writer left the sum out; PyTorch takes them, too. */
export function sumOf(entry: ZipEntry): StorageCheck {
  let sum = 0;
  return {
    add: (bytes) => {
      if (entry.crc !== 0) sum = crc32(bytes, sum);
    },
    end: () => {
      if (sum === entry.crc) return;
      throw new PthError(
        'ERR_PTH_CHECKSUM',
        `The checksum of "${entry.name}" is wrong: the file is damaged; download it again`,
        { offset: entry.headerAt, key: entry.name },
      );
    },
  };
}

function inflate(stored: Uint8Array, entry: ZipEntry, budget: Budget): Uint8Array {
  budget.take(entry.size + stored.length, `Entry "${entry.name}"`);
  const { bytes, end } = inflateRaw(stored, entry.size);
  if (end === 'whole' && bytes.length === entry.size) return bytes;
  throw new PthError(
    'ERR_PTH_ZIP',
    `Entry "${entry.name}" does not inflate to the ${entry.size} bytes that it claims`,
    { offset: entry.headerAt, key: entry.name },
  );
}

/**
 * Compares all entries with their checksums.
 * @returns How many bytes have none.
 * @throws PthError when one is damaged.
 */
export async function verifyEntries(
  source: ByteSource,
  entries: readonly ZipEntry[],
): Promise<number> {
  let unchecked = 0;
  const budget = new Budget(source.size);
  for (const entry of entries) {
    // One at a time: nothing is kept.
    await entryContent(source, entry, budget);
    if (entry.crc === 0) unchecked += entry.size;
  }
  return unchecked;
}
