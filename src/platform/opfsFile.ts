import { byteCount } from './byteCount.js';
import { FileError, fileError } from './fileError.js';

/** A file for values that have no place in memory, in the private file system of a page's origin (OPFS). */
export interface OpfsFile {
  readonly path: string;
  /** @returns How many bytes were there. */
  read(part: Uint8Array, at: number): number;
  /**
   * @returns How many bytes were written.
   * @throws What `isQuotaError` tells of where there is no room.
   */
  write(part: Uint8Array, at: number): number;
  /** Closes it, and removes it a moment later. */
  remove(): void;
}

/** @see https://fs.spec.whatwg.org/#api-filesystemsyncaccesshandle */
interface SyncAccessHandle {
  read(part: Uint8Array, place: { readonly at: number }): number;
  write(part: Uint8Array, place: { readonly at: number }): number;
  truncate(bytes: number): void;
  getSize(): number;
  close(): void;
}

const NAME = /^cyclegan-[\da-f]{8}\.scratch$/;
/** Of all threads of the origin: none sweeps while another has made a file that it is yet to open. */
const LOCK = 'cyclegan-ts.scratch';

/**
 * Begins a file in a folder, and removes what threads that are gone have left there. Only dedicated workers have such files.
 * @param folder A path in the private file system; `/` is all of it.
 * @param bytes How much the file will hold.
 * @throws FileError `ERR_SCRATCH` where the browser has not so much room left for the page; otherwise what keeps a file from being
 * written there.
 */
export async function beginOpfsFile(folder: string, bytes: number): Promise<OpfsFile> {
  const name = `cyclegan-${crypto.randomUUID().slice(0, 8)}.scratch`;
  const path = `${folder.replace(/\/*$/, '')}/${name}`;
  try {
    const directory = await openFolder(folder);
    return await alone(async () => {
      await sweep(directory);
      const handle = await openNew(directory, name, bytes);
      return {
        path,
        read: (part, at) => {
          const read = handle.read(part, { at });
          if (read > part.length) throw new Error(`It reads ${read}.`);
          return read;
        },
        write: (part, at) => {
          const written = handle.write(part, { at });
          // Chromium throws nothing where there is no room: it gives the number of an error, as one of 32 bits without a sign.
          if (written > part.length) throw noRoom();
          return written;
        },
        remove: () => {
          handle.close();
          removeStale(directory, name);
        },
      };
    });
  } catch (error) {
    if (isQuotaError(error)) throw opfsFull(path, bytes, await freeBytes());
    throw fileError('write', path, error);
  }
}

/** Removes what threads that are gone have left in a folder. Never fails: nothing depends on it. */
export async function sweepOpfs(folder: string): Promise<void> {
  try {
    const directory = await openFolder(folder);
    await alone(() => sweep(directory));
  } catch {
    // Without such a folder, nothing is left there.
  }
}

export function isQuotaError(error: unknown): boolean {
  return (error as { readonly name?: unknown }).name === 'QuotaExceededError';
}

function alone<T>(job: () => Promise<T>): Promise<T> {
  const { locks } = navigator as { readonly locks?: LockManager };
  return locks === undefined ? job() : locks.request(LOCK, job);
}

async function openFolder(folder: string): Promise<FileSystemDirectoryHandle> {
  let directory = await navigator.storage.getDirectory();
  for (const name of folder.split('/').filter((part) => part !== '' && part !== '.')) {
    try {
      directory = await directory.getDirectoryHandle(name);
    } catch (cause) {
      throw new FileError(
        'ERR_FILE_NOT_FOUND',
        `${folder}: there is no such folder in the page's private file system (OPFS); / is all of it.`,
        { cause },
      );
    }
  }
  return directory;
}

/** Files that are open are locked, and stay. */
async function sweep(directory: FileSystemDirectoryHandle): Promise<void> {
  const names: string[] = [];
  for await (const name of directory.keys()) if (NAME.test(name)) names.push(name);
  for (const name of names) await removeStale(directory, name);
}

async function removeStale(directory: FileSystemDirectoryHandle, name: string): Promise<void> {
  try {
    await directory.removeEntry(name);
  } catch {
    // Another thread has it open, or has removed it: the next one tries again.
  }
}

function noRoom(): DOMException {
  return new DOMException('There is no room.', 'QuotaExceededError');
}

/** What the page may still keep, by the browser's estimate; `null` where that is not told. */
async function freeBytes(): Promise<number | null> {
  const { quota, usage = 0 } = (await navigator.storage.estimate?.()) ?? {};
  return quota === undefined ? null : Math.max(0, quota - usage);
}

/** A file of that length, so that the browser says now whether there is room. */
async function openNew(
  directory: FileSystemDirectoryHandle,
  name: string,
  bytes: number,
): Promise<SyncAccessHandle> {
  const file = (await directory.getFileHandle(name, { create: true })) as FileSystemFileHandle & {
    createSyncAccessHandle(): Promise<SyncAccessHandle>;
  };
  let handle: SyncAccessHandle | null = null;
  try {
    handle = await file.createSyncAccessHandle();
    handle.truncate(bytes);
    // Chromium throws nothing here, either.
    if (handle.getSize() < bytes) throw noRoom();
    return handle;
  } catch (error) {
    handle?.close();
    await removeStale(directory, name);
    throw error;
  }
}

/** What is told of a file system that is full. @param free What the page may still keep, where that is told. */
export function opfsFull(path: string, bytes: number, free: number | null = null): FileError {
  const ofDisk = free === null || free < bytes ? '' : '; the disk may be full';
  const left = free === null ? '' : `, and ${byteCount(free)} are left for this page${ofDisk}`;
  return new FileError(
    'ERR_SCRATCH',
    `${path}: the browser has too little room for values that have no place in memory: they need ${byteCount(bytes)}${left}. Free some, allow more memory (memory), or take a smaller picture.`,
  );
}
