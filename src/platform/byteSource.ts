import { isAbortion } from './abortion.js';
import { requireBuiltin } from './builtin.js';
import { FileError, fileError } from './fileError.js';
import { readPipe } from './pipes.js';
import type { AbortSignalLike } from './webTypes.js';

/** What is read into memory as a whole, for want of another way, may have so many bytes unless the caller says otherwise. */
export const MAX_STREAM_BYTES = 2 ** 31;

/** Bytes that lie somewhere, to be read piece by piece. */
export interface ByteSource {
  readonly size: number;
  /** Whether `read` gives windows on bytes that somebody else holds, or bytes of their own. */
  readonly shared: boolean;
  /**
   * The bytes from `start` up to `end`, both of which must lie within the source.
   * @throws FileError when a file cannot be read, or was changed since it was opened.
   */
  read(start: number, end: number): Promise<Uint8Array>;
  /**
   * Fills `to` with the bytes from `start` on, which must lie within the source, before it returns; absent where
   * there is no such way.
   * @throws FileError as `read` does.
   */
  readonly readInto?: (start: number, to: Uint8Array) => void;
}

export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    shared: true,
    read: async (start, end) => bytes.subarray(start, end),
  };
}

/**
 * A file is opened anew for each piece: nothing has to be closed, or stays open when that is forgotten. What comes out of
 * a pipe is read to its end, unless only a regular file will do.
 * @param options `maxBytes` is of a pipe, which has no size; default: 2 GiB. `signal` ends its reading.
 * @throws FileError when it cannot be found or read; the reason of a signal that fired.
 */
export async function openFile(
  path: string,
  {
    maxBytes = MAX_STREAM_BYTES,
    regular = false,
    signal,
  }: { maxBytes?: number; regular?: boolean; signal?: AbortSignalLike } = {},
): Promise<ByteSource> {
  const fs = requireBuiltin('fs/promises', `Reading ${path}`);
  try {
    const found = await fs.stat(path);
    if (!found.isFile()) {
      if (regular || !(found.isFIFO() || found.isDirectory())) throw noRegularFile(path);
      // A pipe has no size and comes once; a folder is refused by the system's own word.
      return memorySource(
        found.isFIFO() ? await readPipe(path, maxBytes, signal) : await fs.readFile(path),
      );
    }
    const inTurn = semaphore(MAX_OPEN);
    return {
      size: found.size,
      shared: false,
      read: (start, end) => inTurn(() => readPiece(path, found, start, end)),
      readInto: (start, to) => readPieceInto(path, found, start, to),
    };
  } catch (error) {
    if (isAbortion(error, signal)) throw error;
    throw fileError('read', path, error);
  }
}

/** A device may never end, and a socket cannot be opened. */
function noRegularFile(path: string): FileError {
  return new FileError('ERR_FILE', `${path}: this is no regular file.`);
}

/** Pieces that are read at once: they keep every thread busy, and are far from the limit of open files. */
const MAX_OPEN = 16;

/** Gives a function that runs actions, so many at once, and lets the others wait in order. */
function semaphore(most: number): <T>(action: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (action) => {
    if (running < most) running++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await action();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}

/** The operating system reads no more in one call. */
const MAX_AT_ONCE = 2 ** 30;

async function readPiece(
  path: string,
  opened: FileVersion,
  start: number,
  end: number,
): Promise<Uint8Array> {
  const { open } = requireBuiltin('fs/promises', `Reading ${path}`);
  const { fstatSync } = requireBuiltin('fs', `Reading ${path}`);
  try {
    const bytes = new Uint8Array(end - start);
    const file = await open(path);
    try {
      // Microseconds; `file.stat()` would wait for a thread behind reads of other pieces, and loading would take a fifth longer.
      refuseOther(path, opened, fstatSync(file.fd));
      let at = 0;
      while (at < bytes.length) {
        const length = Math.min(bytes.length - at, MAX_AT_ONCE);
        const { bytesRead } = await file.read(bytes, at, length, start + at);
        if (bytesRead === 0) throw becameShorter(path);
        at += bytesRead;
      }
      return bytes;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError('read', path, error);
  }
}

/** What tells one content of a file from another. */
interface FileVersion {
  readonly size: number;
  readonly mtimeMs: number;
}

/** @throws FileError when a file has another content than it had: pieces of both would not fit together. */
function refuseOther(path: string, opened: FileVersion, found: FileVersion): void {
  if (found.size === opened.size && found.mtimeMs === opened.mtimeMs) return;
  throw new FileError('ERR_FILE', `${path}: the file was changed since it was opened.`);
}

function readPieceInto(path: string, opened: FileVersion, start: number, to: Uint8Array): void {
  const fs = requireBuiltin('fs', `Reading ${path}`);
  try {
    const file = fs.openSync(path, 'r');
    try {
      refuseOther(path, opened, fs.fstatSync(file));
      let at = 0;
      while (at < to.length) {
        const length = Math.min(to.length - at, MAX_AT_ONCE);
        const bytesRead = fs.readSync(file, to, at, length, start + at);
        if (bytesRead === 0) throw becameShorter(path);
        at += bytesRead;
      }
    } finally {
      fs.closeSync(file);
    }
  } catch (error) {
    throw fileError('read', path, error);
  }
}

function becameShorter(path: string): FileError {
  return new FileError('ERR_FILE', `${path}: the file became shorter while it was read.`);
}
