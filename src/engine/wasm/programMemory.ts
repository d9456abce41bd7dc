import { suggestCollection } from '../../platform/garbage.js';
import { returnMemory } from './memoryPool.js';
import { newProgramId, type PoolWorker } from './pool/pool.js';
import { REMAINS_AT_A_TIME } from './pool/workerSource.js';

/** What a program leaves behind when it goes: its memory, and workers that hold on to it. */
export interface ProgramMemory {
  readonly id: number;
  readonly memory: WebAssembly.Memory;
  /** Whether other threads can share it. */
  readonly shared: boolean;
  /** Workers that have the program. */
  readonly loadedWorkers: Set<PoolWorker>;
  /** Settles when the workers that were sent last have left the memory. */
  left: Promise<unknown>;
}

let released = 0;

export function holdMemory(memory: WebAssembly.Memory, shared: boolean): ProgramMemory {
  const loadedWorkers = new Set<PoolWorker>();
  return { id: newProgramId(), memory, shared, loadedWorkers, left: Promise.resolve() };
}

/** Gives the memory of a program that is gone back, once no worker is in it. */
export async function releaseMemory({
  id,
  memory,
  shared,
  loadedWorkers,
  left,
}: ProgramMemory): Promise<void> {
  await left;
  for (const worker of loadedWorkers) worker.tell(id, { drop: true });
  loadedWorkers.clear();
  returnMemory(memory, shared);
  if (++released % REMAINS_AT_A_TIME === 0) suggestCollection();
}
