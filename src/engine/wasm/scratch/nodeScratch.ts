import { requireBuiltin } from '../../../platform/builtin.js';
import { fileError } from '../../../platform/fileError.js';
import { beginScratch, diskFull } from '../../../platform/scratchFile.js';
import { CONTROL } from '../kernels/driver.js';
import {
  accessBy,
  lostValues,
  type Move,
  SCRATCH_FAILURES,
  type Scratch,
  type ScratchAccess,
} from './transfer.js';

/** A file in a folder of the disk, which each thread opens for itself. */
export function beginNodeScratch(
  folder: string,
  bytes: number,
  options: { readonly resume: boolean },
): Scratch {
  const file = beginScratch(folder, bytes, options);
  const { path } = file;
  const errorOf = (failure: number) =>
    failure === SCRATCH_FAILURES.full ? diskFull(folder, bytes) : lostValues(failure, path);
  return {
    sharedPath: path,
    journaled: file,
    open: (buffer) => openAccess(path, buffer, errorOf),
    errorOf,
    remove: () => file.remove(),
  };
}

/** Worker threads do the same (`pool/workerSource.ts`). */
function openAccess(
  path: string,
  buffer: ArrayBufferLike,
  errorOf: Scratch['errorOf'],
): ScratchAccess {
  const fs = requireBuiltin('fs', 'A scratch file');
  const control = new Int32Array(buffer);
  let file = open(path);
  let opened = Atomics.load(control, CONTROL.scratchFile / 4);
  const openAnew = () => {
    const current = Atomics.load(control, CONTROL.scratchFile / 4);
    if (current === opened) return;
    if (file >= 0) fs.closeSync(file);
    file = -1;
    file = open(path);
    opened = current;
  };
  const move: Move = (part, at, isStore) => {
    openAnew();
    const place = [file, part, 0, part.length, at] as const;
    return isStore ? fs.writeSync(...place) : fs.readSync(...place);
  };
  return {
    ...accessBy(buffer, { move, isFull, errorOf }),
    close: () => file >= 0 && fs.closeSync(file),
  };
}

/** Whether the disk has no room, or no more for this user: Node has no name for the second. */
function isFull(error: unknown): boolean {
  const { code, errno = 0 } = error as { readonly code?: string; readonly errno?: number };
  return code === 'ENOSPC' || -errno === requireBuiltin('os', 'A quota').constants.errno.EDQUOT;
}

function open(path: string): number {
  const { constants, openSync } = requireBuiltin('fs', 'A scratch file');
  try {
    // Not what a link leads to, which others may have put there. Windows has no such flag.
    return openSync(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    throw fileError('write', path, error);
  }
}
