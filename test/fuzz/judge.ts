import { CycleganError } from '../../src/errors.js';
import { inspectWeights } from '../../src/generator/inspectWeights.js';
import type { ByteSource } from '../../src/platform/byteSource.js';
import { Budget } from '../../src/pth/budget.js';
import { bytesOf, toFloat32 } from '../../src/pth/dtypes.js';
import { passedOver } from '../../src/pth/passedOver.js';
import { plainEntries } from '../../src/pth/plainValue.js';
import { PthError } from '../../src/pth/pthError.js';
import { findStateDict } from '../../src/pth/stateDict.js';
import { TensorReader } from '../../src/pth/tensorReader.js';
import type { TensorRef } from '../../src/pth/tensorRef.js';
import { openContainer, verifyWeights } from '../../src/pth/weightFile.js';
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

/** More than any message has that people read: a text of a thousand characters, and where it was. */
const LONGEST_MESSAGE = 1200;
/** A file may be charged so many bytes for each of its own, and so many on top. */
const MAX_CHARGED = { factor: 16, slack: 2 ** 20 };

/**
 * Reads a whole file and holds the reader to its promises: one `PthError`, or tensors that lie wholly inside
 * their storages; in bounded time and memory, and with no prototype changed. What users call, `inspectWeights` with
 * statistics and `verifyWeights`, is held to the same.
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
  const verdict = await readAll(file);
  await inspect(file, verdict);
  return verdict;
}

/** Every tensor, and what is told beside them. */
async function readAll(file: Uint8Array): Promise<Verdict> {
  const source = copying(file);
  try {
    const { opened, format, taken } = await openContainer(source);
    const found = findStateDict(opened);
    const { refs } = found;
    // What is told beside the tensors is charged, too.
    const plain = plainEntries(opened.root, opened.budget);
    const beside = passedOver(opened, found, new Set(plain.keys()));
    checkWorth('tells of', JSON.stringify([[...plain], beside]).length, opened.budget, file);
    const budget = new Budget(file.length, taken);
    const storedBudget = new Budget(file.length, taken);
    const reader = new TensorReader(opened, budget);
    const storedReader = new TensorReader(opened, storedBudget);
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
    checkWorth('makes numbers of', memoryOf(tensors.values()), budget, file);
    const charged = budget.taken + storedBudget.taken + opened.budget.taken;
    // Blocks are read for the pieces in them, once when the file is opened and once more for its numbers.
    if (source.given() > charged + 2 * file.length) {
      throw new BrokenPromise(`read ${source.given()} bytes, and charged ${charged}`);
    }
    return { code: null, tensors, format };
  } catch (error) {
    if (error instanceof PthError) return { code: error.code };
    throw error instanceof BrokenPromise ? error : new BrokenPromise(describe(error));
  }
}

/** All that the arrays keep: they can be small windows on large blocks. */
function memoryOf(arrays: Iterable<Float32Array>): number {
  const blocks = new Set([...arrays].map(({ buffer }) => buffer));
  // Node shares a block among small buffers.
  const own = [...blocks].filter(({ byteLength }) => byteLength !== Buffer.poolSize);
  return own.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** What is made of a file is charged first, and what is charged is in proportion to the file: both by count. */
function checkWorth(what: string, made: number, { taken }: Budget, file: Uint8Array): void {
  // Windows on the file's own bytes are not made, and names of classes have a few characters more than is charged.
  if (made > taken + file.length + 1024) {
    throw new BrokenPromise(`${what} ${made} bytes, and charged ${taken}`);
  }
  if (taken > MAX_CHARGED.factor * file.length + MAX_CHARGED.slack) {
    throw new BrokenPromise(`charged ${taken} bytes for a file of ${file.length}`);
  }
}

/** The ways in that users have agree with what was read, or end in one error that people can read. */
async function inspect(file: Uint8Array, verdict: Verdict): Promise<void> {
  const told = await outcomeOf(() => inspectWeights(file, { stats: true }));
  if (told instanceof Error) {
    if (verdict.code === null) throw new BrokenPromise(`is inspected as ${told.message}`);
    if (told.code !== verdict.code) {
      throw new BrokenPromise(`ends in ${verdict.code}, and is inspected as ${told.code}`);
    }
  } else if (verdict.code === null) {
    const keys = JSON.stringify(told.tensors.map(({ key }) => key));
    if (keys !== JSON.stringify([...verdict.tensors.keys()])) {
      throw new BrokenPromise(`is inspected as ${keys}`);
    }
    if ((told.diagnosis ?? '').length > LONGEST_MESSAGE) {
      throw new BrokenPromise(`has a diagnosis of ${told.diagnosis?.length} characters`);
    }
    JSON.stringify(told);
  }
  const unchecked = await outcomeOf(() => verifyWeights(file));
  if (typeof unchecked === 'number' && !(unchecked >= 0)) {
    throw new BrokenPromise(`leaves ${unchecked} bytes unchecked`);
  }
}

async function outcomeOf<T>(action: () => Promise<T>): Promise<T | CycleganError> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof CycleganError)) throw new BrokenPromise(describe(error));
    if (error.message.length > LONGEST_MESSAGE) {
      throw new BrokenPromise(`threw a message of ${error.message.length} characters`);
    }
    return error;
  }
}

/** Memory that is read as a file is: every piece is a copy, and counts. */
function copying(bytes: Uint8Array): ByteSource & { readonly given: () => number } {
  let given = 0;
  return {
    size: bytes.length,
    shared: false,
    given: () => given,
    read: async (start, end) => {
      if (!(start >= 0 && start <= end && end <= bytes.length)) {
        throw new BrokenPromise(`read from ${start} to ${end} of ${bytes.length} bytes`);
      }
      given += end - start;
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
