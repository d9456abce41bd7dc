import type { OpfsFile } from '../../../platform/opfsFile.js';
import { accessBy, lostValues, type Move, SCRATCH_FAILURES, type Scratch } from './transfer.js';

/** So many bytes at a time go through memory that no other thread has. */
const PIECE_BYTES = 2 ** 20;

/** A file of the page's private file system. One thread at a time has such a file open: this one, which moves bytes for the others. */
export async function beginOpfsScratch(folder: string, bytes: number): Promise<Scratch> {
  const { beginOpfsFile, isQuotaError, opfsFull } = await import('../../../platform/opfsFile.js');
  const file = await beginOpfsFile(folder, bytes);
  const { path } = file;
  const errorOf = (failure: number) =>
    failure === SCRATCH_FAILURES.full ? opfsFull(path, bytes) : lostValues(failure, path);
  return {
    sharedPath: null,
    journaled: null,
    open: (buffer) => ({
      ...accessBy(buffer, { move: moveOf(file), isFull: isQuotaError, errorOf }),
      close: () => undefined,
    }),
    errorOf,
    remove: () => file.remove(),
  };
}

/** Not every browser reads into shared memory, or writes from there. */
function moveOf(file: OpfsFile): Move {
  let own = new Uint8Array(0);
  return (part, at, isStore) => {
    if (own.length === 0) own = new Uint8Array(PIECE_BYTES);
    const length = Math.min(part.length, own.length);
    const piece = own.subarray(0, length);
    if (isStore) {
      piece.set(part.subarray(0, length));
      return file.write(piece, at);
    }
    const read = file.read(piece, at);
    part.set(piece.subarray(0, read));
    return read;
  };
}
