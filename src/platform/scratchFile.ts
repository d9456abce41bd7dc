import { builtin, requireBuiltin } from './builtin.js';
import { byteCount, roundedBytes } from './byteCount.js';
import { crc32 } from './crc32.js';
import { errorCode, FileError, fileError } from './fileError.js';
import { thisPlace } from './lockOwner.js';
import { isAlive } from './processes.js';
import { readJournalHeader } from './scratchJournal.js';
import { utf8Bytes } from './text.js';

/** A file for values that have no place in memory. It goes with its owner, unless a journal beside it says how a run can go on. */
export interface ScratchFile {
  readonly path: string;
  readonly folder: string;
  readonly bytes: number;
  /** Where the journal of a run is that is not done (`scratchJournal.ts`), if there is one. */
  readonly journal: string;
  /** Whether there is one. */
  readonly isLeft: boolean;
  /**
   * Takes over file and journal of a run that was ended with that key, if the folder has such ones.
   * @returns Whether another file has taken this one's place, be it without its journal: threads that have this one open have to open
   * it anew then.
   */
  adopt(key: string): boolean;
  /**
   * Before a run that begins anew.
   * @throws FileError `ERR_SCRATCH` where the disk has not so much left as it needs.
   */
  refuseFullDisk(): void;
  /** Removes the journal: the run is done, or cannot go on. */
  forget(): void;
  /** Removes the file; one that has a journal stays, for the run that resumes it. */
  remove(): void;
}

/** `.cyclegan-PID-PLACE-TOKEN`: processes of other machines and containers, which nothing tells of, are of another place. */
const NAME = /^(\.cyclegan-(\d+)-([\da-f]{1,8})-[\da-f]{8})(\.scratch|\.journal|\.journal-new)$/;
const [DATA, JOURNAL] = ['.scratch', '.journal'];
/** In place of a process id, in names of files whose program has ended: any run may resume them, this process's own included. */
const NOBODY = 0;
const DAY_MS = 86_400_000;
/** For so many days a run that was ended can go on. */
export const RESUMABLE_DAYS = 7;
/** So old, files go whosever they are: no run leaves its own alone for so long. */
const FOREIGN_DAYS = 30;

/** Whether they are removed as the thread ends. */
let isWatching = false;

/**
 * Begins a scratch file in a folder, and removes what processes that are gone have left there.
 * @param bytes How much it will hold.
 * @param resume Whether it may take over what a run that was ended has left (`adopt`).
 * @throws FileError `ERR_SCRATCH` where the folder's disk has not so much left; otherwise what keeps a file from being written there.
 */
export function beginScratch(
  folder: string,
  bytes: number,
  { resume = false }: { readonly resume?: boolean } = {},
): ScratchFile {
  const fs = requireBuiltin('fs', 'A scratch file');
  const { join, resolve } = requireBuiltin('path', 'A scratch file');
  const place = placeName();
  // The process may go elsewhere before the file goes.
  const home = resolve(folder);
  sweepScratch(home, place);
  // What a run that goes on takes over is there already.
  const left = resume ? leftIn(home, place) : [];
  refuseFullDisk(home, bytes, { held: sum(left.map(({ stem }) => heldBy(stem + DATA))) });
  const token = crypto.randomUUID().slice(0, 8);
  const stem = join(home, `.cyclegan-${globalThis.process.pid}-${place}-${token}`);
  const [path, journal] = [stem + DATA, stem + JOURNAL];
  try {
    fs.closeSync(fs.openSync(path, 'wx', 0o600));
  } catch (error) {
    throw fileError('write', path, error);
  }
  if (!isWatching) globalThis.process.once('exit', removeAllOwn);
  isWatching = true;
  ownFiles().add(path);
  return {
    path,
    folder,
    bytes,
    journal,
    get isLeft() {
      return fs.existsSync(journal);
    },
    refuseFullDisk: () => refuseFullDisk(home, bytes, { held: heldBy(path) }),
    adopt: (key) => adopt(home, place, stem, key),
    forget: () => fs.rmSync(journal, { force: true }),
    remove: () => removeOwn(path),
  };
}

/** Files of one owner: what their names begin with, and whose they are. */
interface Found {
  readonly stem: string;
  readonly pid: number;
  readonly place: string;
  /** What follows the stem, of each. */
  readonly kinds: readonly string[];
}

/** All that lie in a folder. */
function foundIn(folder: string): Found[] {
  const { readdirSync } = requireBuiltin('fs', 'A scratch file');
  const { join } = requireBuiltin('path', 'A scratch file');
  let names: string[] = [];
  try {
    names = readdirSync(folder);
  } catch {
    // A folder that can be written to and not be listed is good enough; any other is refused as the file is begun.
  }
  const found = new Map<string, Found>();
  for (const name of names) {
    const [, begin, pid, place, kind] = NAME.exec(name) ?? [];
    if (begin === undefined) continue;
    const stem = join(folder, begin);
    const kinds = [...(found.get(stem)?.kinds ?? []), kind];
    found.set(stem, { stem, pid: Number(pid), place, kinds });
  }
  return [...found.values()];
}

/** Removes files of ended processes of this machine or container that no run can resume. Never fails: nothing depends on it. */
function sweepScratch(folder: string, here: string): void {
  for (const found of foundIn(folder)) {
    if (ownFiles().has(found.stem + DATA)) continue;
    const { stem, kinds, place } = found;
    if (place === here ? isKept(found) || !isGone(found) : !isOlder(found, FOREIGN_DAYS)) {
      continue;
    }
    for (const kind of kinds) removeStale(stem + kind);
  }
}

function removeStale(path: string): void {
  try {
    requireBuiltin('fs', 'A scratch file').rmSync(path, { force: true });
  } catch {
    // Another user's, or no file: who can remove it will, and the file to come has another name.
  }
}

/**
 * Whether a run of which these are left can go on, be it another user's: it was ended not long ago, and not by the end of its machine,
 * which may have lost what was on its way to the disk. Whoever has them may still be at it.
 */
function isKept(found: Found): boolean {
  const { kinds } = found;
  if (!kinds.includes(DATA) || !kinds.includes(JOURNAL)) return false;
  const journal = { ...found, kinds: [JOURNAL] };
  const sinceStart = (requireBuiltin('os', 'A scratch file').uptime() * 1000) / DAY_MS;
  return !isOlder(journal, Math.min(RESUMABLE_DAYS, sinceStart));
}

/** Whether this user can go on with it. */
function isResumable(found: Found): boolean {
  return isKept(found) && [DATA, JOURNAL].every((kind) => isOwn(found.stem + kind));
}

/** Whether none was written for so many days. */
function isOlder({ stem, kinds }: Found, days: number): boolean {
  const { lstatSync } = requireBuiltin('fs', 'A scratch file');
  try {
    return kinds.every((kind) => lstatSync(stem + kind).mtimeMs < Date.now() - days * DAY_MS);
  } catch {
    // Gone meanwhile.
    return false;
  }
}

/** Whether the process that had them is. */
function isGone({ stem, pid, kinds }: Found): boolean {
  if (pid !== globalThis.process.pid) return !isAlive(pid);
  try {
    return kinds.every((kind) => isOfNamesake(stem + kind));
  } catch {
    // Gone meanwhile.
    return false;
  }
}

/** What runs that were ended have left that others can go on with. */
function leftIn(folder: string, here: string): Found[] {
  return foundIn(folder).filter((found) => {
    const isAnother = found.place === here && !ownFiles().has(found.stem + DATA);
    return isAnother && isResumable(found) && isGone(found);
  });
}

/** What the programs of runs that were ended, and can go on, were made with (`JournalHeader.choice`). */
export function choicesLeftIn(folder: string): string[] {
  const { resolve } = requireBuiltin('path', 'A scratch file');
  return leftIn(resolve(folder), placeName()).flatMap(
    ({ stem }) => readJournalHeader(stem + JOURNAL)?.choice ?? [],
  );
}

/** Takes over what another run has left, in place of a file that has nothing yet. @returns Whether that one is gone (`ScratchFile.adopt`). */
function adopt(folder: string, here: string, own: string, key: string): boolean {
  const { renameSync } = requireBuiltin('fs', 'A scratch file');
  for (const { stem } of leftIn(folder, here)) {
    if (readJournalHeader(stem + JOURNAL)?.key !== key) continue;
    try {
      // The file first: two that want it cannot both have it, and a journal alone is of no use.
      renameSync(stem + DATA, own + DATA);
    } catch {
      // Another run was faster.
      continue;
    }
    try {
      renameSync(stem + JOURNAL, own + JOURNAL);
    } catch {
      // One that swept the folder just then took it for one that is alone. The file has taken the other's place all the same.
    }
    return true;
  }
  return false;
}

/** Whether this user has written it: in a folder that others can write to, what they left may be anything. */
function isOwn(path: string): boolean {
  const file = requireBuiltin('fs', 'A scratch file').lstatSync(path, { throwIfNoEntry: false });
  const user = globalThis.process.getuid?.();
  return file?.isFile() === true && (user === undefined || file.uid === user);
}

/** So much may the clock of a disk's machine be behind. */
const CLOCK_MS = 60_000;

/**
 * Whether a file of this process's number was last written before this process began. Others are those of other threads, as is one that is
 * open: the clock of `uptime` stands still while the machine sleeps.
 */
function isOfNamesake(path: string): boolean {
  const file = requireBuiltin('fs', 'A scratch file').lstatSync(path);
  const begun = Date.now() - 1000 * globalThis.process.uptime();
  return file.mtimeMs < begun - CLOCK_MS && !isOpenHere(file);
}

/** Whether any thread of this process has a file open, where that is told. */
function isOpenHere(file: { readonly dev: number; readonly ino: number }): boolean {
  const { existsSync, fstatSync, readdirSync } = requireBuiltin('fs', 'A scratch file');
  const isIt = (descriptor: string): boolean => {
    try {
      const { dev, ino } = fstatSync(Number(descriptor));
      return dev === file.dev && ino === file.ino;
    } catch {
      // Closed meanwhile, as is the one of the list itself.
      return false;
    }
  };
  const list = '/proc/self/fd';
  return existsSync(list) && readdirSync(list).some(isIt);
}

/** What is told of a disk that is full. */
export function diskFull(folder: string, bytes: number): FileError {
  const free = freeBytes(folder);
  const held = sum(leftIn(folder, placeName()).map(({ stem }) => heldBy(stem + DATA)));
  const ofOthers =
    held === 0
      ? ''
      : `; ${roundedBytes(held)} there are kept for runs that were ended (.cyclegan-*.scratch), which may be removed`;
  const ofQuota = free === null || free < bytes ? '' : ', perhaps beyond what this user may have';
  const left = free === null ? '' : `, and ${byteCount(free)} are free${ofQuota}${ofOthers}`;
  return new FileError(
    'ERR_SCRATCH',
    `${folder}: the disk is too full for values that have no place in memory: they need ${byteCount(bytes)}${left}. Free some, name a folder elsewhere (--scratch; in code: scratch), or allow more memory (--memory; memory).`,
  );
}

/** @param held What it has already. */
function refuseFullDisk(folder: string, bytes: number, { held }: { readonly held: number }): void {
  const free = freeBytes(folder);
  if (free !== null && free + held < bytes) throw diskFull(folder, bytes);
}

/** What a file takes of its disk, which may be less than it is long. */
function heldBy(path: string): number {
  const { statSync } = requireBuiltin('fs', 'A scratch file');
  const file = statSync(path, { throwIfNoEntry: false });
  return (file?.blocks ?? 0) * 512;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

/** `null` where that is not told. */
function freeBytes(folder: string): number | null {
  try {
    const { bavail, bsize } = requireBuiltin('fs', 'A scratch file').statfsSync(folder);
    return bavail * bsize;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw fileError('write', folder, error);
    return null;
  }
}

function placeName(): string {
  return crc32(utf8Bytes(thisPlace())).toString(16);
}

function removeOwn(path: string): void {
  try {
    if (!ownFiles().has(path)) return;
    if (!isLeft(path)) builtin('fs')?.rmSync(path, { force: true });
    ownFiles().delete(path);
  } catch {
    // Callers are done with it, or are a finalizer or the process's end, where an error would end the process in place of its result. It
    // is tried again as the thread ends, and then by the next process.
  }
}

/** Releases a file that has a journal to the run that resumes it. @returns Whether it has one. */
function isLeft(path: string): boolean {
  const { existsSync, renameSync } = requireBuiltin('fs', 'A scratch file');
  const stem = path.slice(0, -DATA.length);
  if (!existsSync(stem + JOURNAL)) return false;
  // This process may live on.
  const left = stem.replace(/\.cyclegan-\d+(?=-[\da-f]+-[\da-f]+$)/, `.cyclegan-${NOBODY}`);
  renameSync(stem + DATA, left + DATA);
  renameSync(stem + JOURNAL, left + JOURNAL);
  return true;
}

function removeAllOwn(): void {
  for (const path of ownFiles()) removeOwn(path);
}

/** Those of this thread, whichever copy of the library began them: each copy sweeps, and none may take another's. */
function ownFiles(): Set<string> {
  const key = Symbol.for('cyclegan-ts.scratchFiles');
  const held = globalThis as { [key]?: Set<string> };
  held[key] ??= new Set();
  return held[key];
}
