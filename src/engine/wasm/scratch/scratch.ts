import { builtin } from '../../../platform/builtin.js';
import { FileError } from '../../../platform/fileError.js';
import { isPageThread } from '../../../platform/pause.js';
import { beginNodeScratch } from './nodeScratch.js';
import { beginOpfsScratch } from './opfsScratch.js';
import type { Scratch } from './transfer.js';

/** Why this thread can have no scratch file, for people; `null` where it can. */
export function scratchRefusal(): string | null {
  if (isPageThread()) {
    return "the window's main thread has no files that can be read synchronously, and a dedicated worker has (new Worker): call the library there";
  }
  if (builtin('fs') !== null || 'FileSystemSyncAccessHandle' in globalThis) return null;
  return 'this thread has no files that can be read synchronously; dedicated workers of pages that come by https have them';
}

/**
 * Begins a scratch file: on the disk in Node, and in a page in the private file system of its origin (OPFS).
 * @param folder A path, in a page one of that file system.
 * @param resume Whether it may take over what a run that was ended has left, in Node.
 * @throws FileError `ERR_SCRATCH` where there can be none, or too little room; otherwise what keeps a file from being written there.
 */
export async function beginScratch(
  folder: string,
  bytes: number,
  options: { readonly resume: boolean },
): Promise<Scratch> {
  const refusal = scratchRefusal();
  if (refusal !== null) {
    throw new FileError(
      'ERR_SCRATCH',
      `Values that do not fit into memory are to lie in a file, but ${refusal}. Or allow more memory (memory).`,
    );
  }
  if (builtin('fs') !== null) return beginNodeScratch(folder, bytes, options);
  return beginOpfsScratch(folder, bytes);
}
