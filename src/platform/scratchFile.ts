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

/** Those of this process. */
const own = new Set<string>();
/** Whether they are removed as the process ends. */
let isWatching = false;

/**
 * Begins a scratch file in a folder, and removes what processes that are gone have left there.
 * @param bytes How much it will hold.
 * @throws FileError `ERR_SCRATCH` where the folder's disk has not so much left; otherwise what keeps a file from being written there.
 */
export function beginScratch(folder: string, bytes: number): ScratchFile {
  const fs = requireBuiltin('fs', 'A scratch file');
  const { join } = requireBuiltin('path', 'A scratch file');
  sweepScratch(folder);
  refuseFullDisk(folder, bytes);
  const token = crypto.randomUUID().slice(0, 8);
  const path = join(folder, `.cyclegan-${globalThis.process.pid}-${placeName()}-${token}.scratch`);
  try {
    fs.closeSync(fs.openSync(path, 'wx', 0o600));
  } catch (error) {
    throw fileError('write', path, error);
  }
  if (!isWatching) globalThis.process.once('exit', removeOwn);
  isWatching = true;
  own.add(path);
  const remove = () => {
    own.delete(path);
    fs.rmSync(path, { force: true });
  };
  return { path, folder, bytes, remove };
}

/** Removes scratch files of processes that are gone; nothing else is touched. */
export function sweepScratch(folder: string): void {
  const { readdirSync, rmSync } = requireBuiltin('fs', 'A scratch file');
  const { join } = requireBuiltin('path', 'A scratch file');
  const names = (() => {
    try {
      return readdirSync(folder);
    } catch (error) {
      throw fileError('write', folder, error);
    }
  })();
  for (const name of names) {
    const [, pid, place] = NAME.exec(name) ?? [];
    const path = join(folder, name);
    if (place !== placeName() || own.has(path)) continue;
    // One of this process's number that it knows nothing of is a namesake's.
    const isHeld = Number(pid) !== globalThis.process.pid && isAlive(Number(pid));
    if (!isHeld) rmSync(path, { force: true });
  }
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

function removeOwn(): void {
  for (const path of own) builtin('fs')?.rmSync(path, { force: true });
  own.clear();
}
