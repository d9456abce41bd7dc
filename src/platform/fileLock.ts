import { requireBuiltin } from './builtin.js';
import { errorCode, FileError, fileError, foreignFile } from './fileError.js';
import { describeOwner, isHeld, isLockText, type LockOwner, thisOwner } from './lockOwner.js';

/** Those that this very process holds. */
const held = new Set<string>();

/** How often a lock is touched while it is held: other machines see by that that its owner lives. */
const TOUCH_MS = 10_000;
/** Whoever lost so often against others that came and went gives up. */
const MAX_TRIES = 20;
/** A lock has a number, a place and a token in it. */
const MAX_LOCK_BYTES = 1 << 14;

/**
 * Keeps others out while `action` runs, by a file with its owner in it. The file is complete when it gets its name, and
 * gets it only where there is none. One whose owner is gone does not count: where that can be told, at once, and else
 * when it was not touched for a while.
 *
 * @throws FileError `ERR_FILE_BUSY` when somebody else is at work there; `ERR_FILE_EXISTS` where a file of that name is no lock.
 */
export async function withFileLock<T>(file: string, action: () => Promise<T>): Promise<T> {
  if (held.has(file)) throw busy(file, 'This process');
  held.add(file);
  try {
    const release = await acquire(file, file);
    try {
      await removeStaleDrafts(file);
      return await action();
    } finally {
      await release();
    }
  } finally {
    held.delete(file);
  }
}

/**
 * @param base The lock that it is all about: those for removing others lie beside it.
 * @returns What releases it.
 */
async function acquire(file: string, base: string): Promise<() => Promise<void>> {
  const fs = requireBuiltin('fs/promises', 'A lock');
  const owner = thisOwner();
  const draft = `${base}.${owner.token}`;
  try {
    // Under a name of its own: a disk that is full leaves no lock, and nobody ever sees half of one.
    await writeNew(draft, JSON.stringify(owner));
  } catch (error) {
    throw fileError('write', file, error);
  }
  try {
    for (let i = 0; i < MAX_TRIES; i++) {
      if (await claim(draft, file, owner)) return await holding(file, owner);
      const found = await look(file, draft);
      if (found === null) continue;
      if (isHeld(found.text, found.age)) throw busy(file, describeOwner(found.text));
      await removeAbandoned(file, base, found);
    }
    throw busy(file, 'Another process');
  } catch (error) {
    throw fileError('write', file, error);
  } finally {
    await fs.rm(draft, { force: true });
  }
}

/** Gives the draft the lock's name as well. @returns Whether nobody else had it. */
async function claim(draft: string, file: string, owner: LockOwner): Promise<boolean> {
  const fs = requireBuiltin('fs/promises', 'A lock');
  const taken = (error: unknown) => {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  };
  return fs.link(draft, file).then(
    () => true,
    (error: unknown) =>
      errorCode(error) === 'EEXIST'
        ? false
        : // Some file systems have no links.
          writeNew(file, JSON.stringify(owner)).then(() => true, taken),
  );
}

/** A new file, or none. @throws What the file system said, `EEXIST` among it. */
async function writeNew(file: string, text: string): Promise<void> {
  const fs = requireBuiltin('fs/promises', 'A lock');
  const made = await fs.open(file, 'wx');
  try {
    await made.writeFile(text);
    await made.close();
  } catch (error) {
    await made.close().catch(() => undefined);
    await fs.rm(file, { force: true });
    throw error;
  }
}

interface Found {
  readonly text: string;
  /** Of the very file, whatever it says. */
  readonly identity: string;
  /** Milliseconds by the clock of the disk, which other machines share. */
  readonly age: number;
}

/**
 * @param justWritten Any file beside it that is a moment old.
 * @throws FileError `ERR_FILE_EXISTS` for what is no lock.
 */
async function look(file: string, justWritten: string): Promise<Found | null> {
  const fs = requireBuiltin('fs/promises', 'A lock');
  try {
    const now = (await fs.stat(justWritten)).mtimeMs;
    // A pipe would keep its reader waiting.
    if (!(await fs.lstat(file)).isFile()) throw noLock(file);
    // All from one and the same file: by the next look at the name, it may be another's.
    const handle = await fs.open(file, 'r');
    try {
      const { ino, mtimeMs, size } = await handle.stat();
      const text = size > MAX_LOCK_BYTES ? null : await handle.readFile('utf8');
      if (text === null || !isLockText(text)) throw noLock(file);
      return { text, identity: `${ino}`, age: now - mtimeMs };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Removes a lock whose owner is gone. Of several that see this, one alone may do it, or the second would remove what the
 * first has put in its place: so there is a lock for it, named after what is to be removed. While one holds that, the
 * abandoned lock stays what it is.
 */
async function removeAbandoned(file: string, base: string, abandoned: Found): Promise<void> {
  const fs = requireBuiltin('fs/promises', 'A lock');
  const release = await acquire(`${base}.${nameOf(abandoned)}`, base);
  try {
    const found = await look(file, `${base}.${nameOf(abandoned)}`);
    if (found === null || nameOf(found) !== nameOf(abandoned)) return;
    if (!isHeld(found.text, found.age)) await fs.rm(file, { force: true });
  } finally {
    await release();
  }
}

function nameOf({ text, identity }: Found): string {
  const { createHash } = requireBuiltin('crypto', 'A lock');
  return createHash('sha256').update(`${identity} ${text}`).digest('hex').slice(0, 32);
}

/** Touches the lock, by writing what it says already: the time is then the disk's. @returns What releases it. */
async function holding(file: string, owner: LockOwner): Promise<() => Promise<void>> {
  const fs = requireBuiltin('fs/promises', 'A lock');
  const text = JSON.stringify(owner);
  const handle = await fs.open(file, 'r+').catch(async (error: unknown) => {
    await fs.rm(file, { force: true });
    throw error;
  });
  const touch = setInterval(() => {
    // Where that fails, the next time may do.
    handle.write(text, 0).catch(() => undefined);
  }, TOUCH_MS);
  touch.unref();
  return async () => {
    clearInterval(touch);
    await handle.close();
    // Somebody may have removed it by hand, and another be at work now.
    const found = await fs.readFile(file, 'utf8').catch(() => '');
    if (found === text) await fs.rm(file, { force: true });
  };
}

/** Removes what was left beside the lock by processes that were ended while they took it. */
async function removeStaleDrafts(file: string): Promise<void> {
  const fs = requireBuiltin('fs/promises', 'A lock');
  const { basename, dirname, join } = requireBuiltin('path', 'A lock');
  const own = `${basename(file)}.`;
  const names = await fs.readdir(dirname(file)).catch(() => []);
  const others = names.filter(
    (name) => name.startsWith(own) && /^[\da-f-]{32,36}$/.test(name.slice(own.length)),
  );
  await Promise.all(
    others.map(async (name) => {
      const path = join(dirname(file), name);
      const found = await look(path, file).catch(() => null);
      if (found !== null && !isHeld(found.text, found.age)) await fs.rm(path, { force: true });
    }),
  );
}

function noLock(file: string): FileError {
  return foreignFile(file, 'While a download runs, a file of this name keeps others out');
}

function busy(file: string, who: string): FileError {
  return new FileError(
    'ERR_FILE_BUSY',
    `${who} is at work on this already; wait for it, or, if it does something else, remove ${file}.`,
  );
}
