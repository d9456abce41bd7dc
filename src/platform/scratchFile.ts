import { builtin, requireBuiltin } from './builtin.js';
import { crc32 } from './crc32.js';
import { errorCode, FileError, fileError } from './fileError.js';
import { thisPlace } from './lockOwner.js';
import { isAlive } from './processes.js';
import { utf8Bytes } from './text.js';

/** A file for values that have no place in memory. It goes with its owner. */
export interface ScratchFile {
  readonly path: string;
  readonly folder: string;
  readonly bytes: number;
  remove(): void;
}

/** `.cyclegan-PID-PLACE-TOKEN.scratch`: processes of other machines and containers, which nothing tells of, are of another place. */
const NAME = /^\.cyclegan-(\d+)-([\da-f]{1,8})-[\da-f]{8}\.scratch$/;

/** Whether they are removed as the thread ends. */
let isWatching = false;

/**
 * Begins a scratch file in a folder, and removes what processes that are gone have left there.
 * @param bytes How much it will hold.
 * @throws FileError `ERR_SCRATCH` where the folder's disk has not so much left; otherwise what keeps a file from being written there.
 */
export function beginScratch(folder: string, bytes: number): ScratchFile {
  const fs = requireBuiltin('fs', 'A scratch file');
  const { join, resolve } = requireBuiltin('path', 'A scratch file');
  const place = placeName();
  // The process may go elsewhere before the file goes.
  const home = resolve(folder);
  sweepScratch(home, place);
  refuseFullDisk(folder, bytes);
  const token = crypto.randomUUID().slice(0, 8);
  const path = join(home, `.cyclegan-${globalThis.process.pid}-${place}-${token}.scratch`);
  try {
    fs.closeSync(fs.openSync(path, 'wx', 0o600));
  } catch (error) {
    throw fileError('write', path, error);
  }
  if (!isWatching) globalThis.process.once('exit', removeAllOwn);
  isWatching = true;
  ownFiles().add(path);
  return { path, folder, bytes, remove: () => removeOwn(path) };
}

/** Removes scratch files of processes of this place that are gone; nothing else is touched. Never fails: nothing depends on it. */
function sweepScratch(folder: string, here: string): void {
  const { readdirSync } = requireBuiltin('fs', 'A scratch file');
  const { join } = requireBuiltin('path', 'A scratch file');
  let names: string[] = [];
  try {
    names = readdirSync(folder);
  } catch {
    // A folder that can be written to and not be listed is good enough; any other is refused as the file is begun.
  }
  const own = ownFiles();
  for (const name of names) {
    const [, pid, place] = NAME.exec(name) ?? [];
    const path = join(folder, name);
    if (place === here && !own.has(path)) removeStale(path, Number(pid));
  }
}

function removeStale(path: string, pid: number): void {
  const { rmSync } = requireBuiltin('fs', 'A scratch file');
  try {
    const isStale = pid === globalThis.process.pid ? isOfNamesake(path) : !isAlive(pid);
    if (isStale) rmSync(path, { force: true });
  } catch {
    // Gone meanwhile, another user's, or no file: who can remove it will, and the file to come has another name.
  }
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
export function diskFull(folder: string, bytes: number, cause?: unknown): FileError {
  const needed = formatBytes(bytes);
  return new FileError(
    'ERR_SCRATCH',
    `${folder}: the disk is too full for values that have no place in memory: they need ${needed} (${bytes} bytes). Free some, name a folder elsewhere (--scratch; in code: scratch), or allow more memory (--memory; memory).`,
    { cause },
  );
}

function formatBytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

function refuseFullDisk(folder: string, bytes: number): void {
  const free = freeBytes(folder);
  if (free !== null && free < bytes) throw diskFull(folder, bytes);
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
    builtin('fs')?.rmSync(path, { force: true });
    ownFiles().delete(path);
  } catch {
    // Callers are done with it, or are a finalizer or the process's end, where an error would end the process in place of its result. It
    // is tried again as the thread ends, and then by the next process.
  }
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
