import { requireBuiltin } from '../../platform/builtin.js';
import { FileError, fileError } from '../../platform/fileError.js';
import { diskFull, type ScratchFile } from '../../platform/scratchFile.js';
import { CONTROL } from './kernels/driver.js';
import { TRANSFER_ARGS } from './plan/transfer.js';

/** What went wrong, as threads tell it: in a word of the memory that they share. */
export const SCRATCH_FAILURES = { none: 0, full: 1, short: 2, other: 3 } as const;

/** A scratch file as one thread has it open. */
export interface ScratchAccess {
  /** The function that machine code imports (`plan/transfer.ts`). */
  readonly transfer: (item: number, args: number) => void;
  close(): unknown;
}

/**
 * Opens a scratch file for this thread. Worker threads do the same (`pool/workerSource.ts`).
 * @param buffer The program's memory.
 * @throws FileError where it cannot be opened.
 */
export function openScratchAccess(path: string, buffer: ArrayBufferLike): ScratchAccess {
  const fs = requireBuiltin('fs', 'A scratch file');
  const words = new Uint32Array(buffer);
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
  const transfer = (item: number, args: number) => {
    const at = args / 4;
    const [memory, low, high, itemBytes, bytes, planes, memoryStride, fileStride, isStore] =
      words.subarray(at, at + TRANSFER_ARGS.length);
    const from = item * itemBytes;
    const length = Math.min(itemBytes, bytes - from);
    try {
      openAnew();
      for (let plane = 0; plane < planes; plane++) {
        const part = new Uint8Array(buffer, memory + from + plane * memoryStride, length);
        const offset = high * 2 ** 32 + low + from + plane * fileStride;
        for (let done = 0; done < length; ) {
          const left = [file, part, done, length - done, offset + done] as const;
          const moved = isStore === 1 ? fs.writeSync(...left) : fs.readSync(...left);
          if (moved === 0) throw new Error('short');
          done += moved;
        }
      }
    } catch (error) {
      const { full, short, other } = SCRATCH_FAILURES;
      const { message } = error as Error;
      const failure = isFull(error) ? full : message === 'short' ? short : other;
      Atomics.store(control, CONTROL.scratchFailure / 4, failure);
      Atomics.store(control, CONTROL.stop / 4, 1);
    }
  };
  return { transfer, close: () => file >= 0 && fs.closeSync(file) };
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

/** What a thread has told, for people. */
export function scratchError(failure: number, { path, folder, bytes }: ScratchFile): FileError {
  if (failure === SCRATCH_FAILURES.full) return diskFull(folder, bytes);
  const what = failure === SCRATCH_FAILURES.short ? 'it was cut short' : 'its disk failed';
  return new FileError(
    'ERR_SCRATCH',
    `${path}: values that were put there cannot be had back, or no more be put there: ${what} during the run.`,
  );
}
