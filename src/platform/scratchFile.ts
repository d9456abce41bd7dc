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

/** Those of this thread, whichever copy of the library began them: each copy sweeps, and none may take another's. */
const own = ownFiles();
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
  own.add(path);
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
  for (const name of names) {
    const [, pid, place] = NAME.exec(name) ?? [];
    const path = join(folder, name);
    if (place === here && !own.has(path)) removeStale(path, Number(pid));
  }
}

function removeStale(path: string, pid: number): void {
  const { lstatSync, rmSync } = requireBuiltin('fs', 'A scratch file');
  try {
    const isStale =
      pid === globalThis.process.pid ? isOfNamesake(lstatSync(path).mtimeMs) : !isAlive(pid);
    if (isStale) rmSync(path, { force: true });
  } catch {
    // Gone meanwhile, another user's, or no file: who can remove it will, and the file to come has another name.
  }
}

/** So much may the clock of a disk's machine be behind. */
const CLOCK_MS = 60_000;

/** Whether a file of this process's number was last written before this process began. Others are those of other threads. */
function isOfNamesake(written: number): boolean {
  const begun = Date.now() - 1000 * globalThis.process.uptime();
  return written < begun - CLOCK_MS;
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
    own.delete(path);
  } catch {
    // Callers are done with it, or are a finalizer or the process's end, where an error would end the process in place of its result. It
    // is tried again as the thread ends, and then by the next process.
  }
}

function removeAllOwn(): void {
  for (const path of own) removeOwn(path);
}

function ownFiles(): Set<string> {
  const key = Symbol.for('cyclegan-ts.scratchFiles');
  const held = globalThis as { [key]?: Set<string> };
  held[key] ??= new Set();
  return held[key];
}
