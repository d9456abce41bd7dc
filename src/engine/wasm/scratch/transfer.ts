import { FileError } from '../../../platform/fileError.js';
import type { ScratchFile } from '../../../platform/scratchFile.js';
import { CONTROL } from '../kernels/driver.js';
import { TRANSFER_ARGS } from '../plan/transfer.js';

/** What went wrong, as threads tell it: in a word of the memory that they share. */
export const SCRATCH_FAILURES = { none: 0, full: 1, short: 2, other: 3 } as const;

/** A file for values that have no place in memory, of whichever platform. */
export interface Scratch {
  /** What worker threads open by themselves; `null` where the thread that began it moves bytes for them. */
  readonly sharedPath: string | null;
  /** Where a journal can lie beside it, so that a run can go on in another process. */
  readonly journaled: ScratchFile | null;
  /**
   * Opens it for this thread.
   * @param buffer The program's memory.
   * @throws FileError where that cannot be done.
   */
  open(buffer: ArrayBufferLike): ScratchAccess;
  /** What a thread has told (`SCRATCH_FAILURES`), for people. */
  errorOf(failure: number): FileError;
  /** Removes the file; one that has a journal stays, for the run that resumes it. */
  remove(): void;
}

/** A scratch file as one thread has it open. */
export interface ScratchAccess {
  /** The function that machine code imports (`plan/transfer.ts`). */
  readonly transfer: Transfer;
  /** Writes bytes at a place, or fills them with what is there. @throws FileError `ERR_SCRATCH`. */
  readonly move: (part: Uint8Array, at: number, isStore: boolean) => void;
  close(): unknown;
}

export type Transfer = (item: number, args: number) => void;

const SHORT = new Error('The file ends there.');

/** Moves bytes to a place in a file, or from there. @returns How many, at least one unless the file ends there. */
export type Move = (part: Uint8Array, at: number, isStore: boolean) => number;

/** A file, and what can be told of its errors. */
interface Moving {
  readonly move: Move;
  /** Whether an error of `move` says that there is no room. */
  readonly isFull: (error: unknown) => boolean;
  readonly errorOf: Scratch['errorOf'];
}

function moveAll(move: Move, part: Uint8Array, at: number, isStore: boolean): void {
  for (let done = 0; done < part.length; ) {
    const moved = move(part.subarray(done), at + done, isStore);
    if (moved === 0) throw SHORT;
    done += moved;
  }
}

function failureOf(error: unknown, { isFull }: Moving): number {
  const { full, short, other } = SCRATCH_FAILURES;
  if (error === SHORT) return short;
  return isFull(error) ? full : other;
}

/** How the thread that has the file open, and machine code that it runs, get at it. */
export function accessBy(
  buffer: ArrayBufferLike,
  moving: Moving,
): Pick<ScratchAccess, 'transfer' | 'move'> {
  return {
    transfer: transferBy(buffer, moving),
    move: (part, at, isStore) => {
      try {
        moveAll(moving.move, part, at, isStore);
      } catch (error) {
        throw moving.errorOf(failureOf(error, moving));
      }
    },
  };
}

function transferBy(buffer: ArrayBufferLike, moving: Moving): Transfer {
  const words = new Uint32Array(buffer);
  const control = new Int32Array(buffer);
  return (item, args) => {
    const start = args / 4;
    const [
      memory,
      low,
      high,
      itemBytes,
      bytes,
      planes,
      memoryStride,
      strideLow,
      strideHigh,
      isStore,
    ] = words.subarray(start, start + TRANSFER_ARGS.length);
    const from = item * itemBytes;
    const length = Math.min(itemBytes, bytes - from);
    const stride = strideHigh * 2 ** 32 + strideLow;
    try {
      for (let plane = 0; plane < planes; plane++) {
        const part = new Uint8Array(buffer, memory + from + plane * memoryStride, length);
        const at = high * 2 ** 32 + low + from + plane * stride;
        moveAll(moving.move, part, at, isStore === 1);
      }
    } catch (error) {
      Atomics.store(control, CONTROL.scratchFailure / 4, failureOf(error, moving));
      Atomics.store(control, CONTROL.stop / 4, 1);
    }
  };
}

/** What is told of a file that has failed, but was not full. */
export function lostValues(failure: number, path: string): FileError {
  const what = failure === SCRATCH_FAILURES.short ? 'it was cut short' : 'its disk failed';
  return new FileError(
    'ERR_SCRATCH',
    `${path}: values that were written there cannot be read back, or no more can be written: ${what} during the run.`,
  );
}
