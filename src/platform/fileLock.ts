import { requireBuiltin } from './builtin.js';
import { errorCode, FileError, fileError } from './fileError.js';
import { isAlive } from './processes.js';

/** Those that this very process holds. */
const held = new Set<string>();

/**
 * Keeps others out while `action` runs, by a file with this process's number in it. One that a process left
 * behind when it was ended does not count.
 *
 * @throws FileError `ERR_FILE_BUSY` when somebody else is at work there.
 */
export async function withFileLock<T>(file: string, action: () => Promise<T>): Promise<T> {
  if (held.has(file)) throw busy(file, 'This process');
  held.add(file);
  try {
    await acquire(file);
    try {
      return await action();
    } finally {
      await requireBuiltin('fs/promises', 'A lock').rm(file, { force: true });
    }
  } finally {
    held.delete(file);
  }
}

async function acquire(file: string): Promise<void> {
  const fs = requireBuiltin('fs/promises', 'A lock');
  const create = () => fs.writeFile(file, String(process.pid), { flag: 'wx' });
  try {
    await create().catch(async (error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
      const holder = await fs.readFile(file, 'utf8');
      // Its maker is about to write the number.
      if (holder === '') throw busy(file, 'Another process');
      if (Number(holder) !== process.pid && isAlive(Number(holder)))
        throw busy(file, `Process ${holder}`);
      await fs.rm(file, { force: true });
      await create();
    });
  } catch (error) {
    throw fileError('write', file, error);
  }
}

function busy(file: string, who: string): FileError {
  return new FileError(
    'ERR_FILE_BUSY',
    `${who} is at work on this already; wait for it, or, if it does something else, remove ${file}.`,
  );
}
