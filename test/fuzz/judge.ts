import type { ByteSource } from '../../src/platform/byteSource.js';
import { Budget } from '../../src/pth/budget.js';
import { bytesOf, toFloat32 } from '../../src/pth/dtypes.js';
import { passedOver } from '../../src/pth/passedOver.js';
import { plainEntries } from '../../src/pth/plainValue.js';
import { PthError } from '../../src/pth/pthError.js';
import { findStateDict } from '../../src/pth/stateDict.js';
import { TensorReader } from '../../src/pth/tensorReader.js';
import type { TensorRef } from '../../src/pth/tensorRef.js';
import { openContainer } from '../../src/pth/weightFile.js';
import { statisticsOf } from '../../src/tensor/statistics.js';

/** What became of a file: its tensors, or the code of the one error that may come. */
export type Verdict =
  | {
      readonly code: null;
      readonly tensors: ReadonlyMap<string, Float32Array>;
      readonly format: string;
    }
  | { readonly code: string };

/** Reading took more of a processor's time than any file of some kilobytes may. Other processes do not count. */
const LIMIT_MS = 2000;

/** The reader broke a promise that holds for every file there can be. */
export class BrokenPromise extends Error {}

/**
 * Reads a whole file and holds the reader to its promises: one `PthError`, or tensors that lie wholly inside
 * their storages; in bounded time and memory, and with no prototype changed.
 */
export async function judge(file: Uint8Array): Promise<Verdict> {
  const begin = process.cpuUsage();
  const verdict = await read(file);
  const { user, system } = process.cpuUsage(begin);
  const milliseconds = (user + system) / 1000;
  if (milliseconds > LIMIT_MS) throw new BrokenPromise(`took ${milliseconds.toFixed(0)} ms`);
  if (Object.keys(Object.prototype).length > 0 || Object.keys(Array.prototype).length > 0) {
    throw new BrokenPromise('changed a prototype');
  }
  return verdict;
}

async function read(file: Uint8Array): Promise<Verdict> {
  try {
    const { opened, format, taken } = await openContainer(copying(file));
    const found = findStateDict(opened);
    const { refs } = found;
    // What is told beside the tensors is charged, too.
    const plain = plainEntries(opened.root, opened.budget);
    passedOver(opened, found, new Set(plain.keys()));
    JSON.stringify([...plain]);
    const budget = new Budget(file.length, taken);
    const reader = new TensorReader(opened, budget);
    const storedReader = new TensorReader(opened, new Budget(file.length, taken));
    const tensors = new Map<string, Float32Array>();
    for (const [key, ref] of refs) {
      checkInside(key, ref);
      const stored = await storedReader.stored(ref, key);
      const floats = await reader.float32(ref, key);
      if (stored.length !== ref.size || floats.length !== ref.size) {
        throw new BrokenPromise(`"${key}" has ${floats.length} numbers in place of ${ref.size}`);
      }
      if (!Object.is(toFloat32(stored, ref.dtype)[0], floats[0])) {
        throw new BrokenPromise(`"${key}" reads differently as float32`);
      }
      statisticsOf(floats);
      tensors.set(key, floats);
    }
    for (const { taken: all } of [budget, opened.budget]) {
      if (all > 16 * file.length + 2 ** 20) {
        throw new BrokenPromise(`allocated ${all} bytes for a file of ${file.length}`);
      }
    }
    return { code: null, tensors, format };
  } catch (error) {
    if (error instanceof PthError) return { code: error.code };
    throw error instanceof BrokenPromise ? error : new BrokenPromise(describe(error));
  }
}

/** Memory that is read as a file is: every piece is a copy, and counts. */
function copying(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    shared: false,
    read: async (start, end) => {
      if (!(start >= 0 && start <= end && end <= bytes.length)) {
        throw new BrokenPromise(`read from ${start} to ${end} of ${bytes.length} bytes`);
      }
      return bytes.slice(start, end);
    },
  };
}

function checkInside(key: string, { storage, dtype, offset, shape, strides, size }: TensorRef) {
  if (size === 0) return;
  const last = shape.reduce((at, side, axis) => at + (side - 1) * strides[axis], offset);
  if (!(offset >= 0 && last >= offset && (last + 1) * bytesOf(dtype) <= storage.bytes)) {
    throw new BrokenPromise(`"${key}" reaches beyond its storage`);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? `threw ${error.stack}` : `threw ${String(error)}`;
}
