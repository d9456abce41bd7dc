import type { AbortSignalLike } from '../../platform/webTypes.js';
import type { RunOptions } from '../engine.js';
import type { WritableMemory } from './writableMemory.js';

/** Steps for the driver of that name. */
export interface StepRange {
  readonly driver: string;
  readonly from: number;
  readonly to: number;
}

/** A part of a program's memory. */
export interface Part {
  readonly address: number;
  readonly bytes: number;
}

/** What runs a program's steps, and has its memory: threads that share it (`threadTeam.ts`), or a worker of its own (`workerTeam.ts`). */
export interface Team {
  /** What is written here is there when the next steps run. */
  readonly memory: WritableMemory;
  /** Whether what lies there can be read without waiting. */
  readonly isReadable: boolean;
  /** Whether the calling thread does it all, without a barrier. */
  isAlone(blocking: boolean): boolean;
  /** Runs a job that other threads take part in when it is this program's turn. */
  inTurn<T>(blocking: boolean, job: () => Promise<T>, signal?: AbortSignalLike): Promise<T>;
  /** Whether a layer got a value beyond what it takes, which ended the last run. */
  readonly isBeyond: boolean;
  /**
   * Runs steps, one after the other.
   * @throws The reason of a signal that fired; WorkerError for a worker that failed.
   */
  run(range: StepRange, options: RunOptions, onStep: (step: number) => void): Promise<void>;
  /**
   * Runs steps that must not be left half done, once all threads are out of the last run: in one go, which nothing ends. It has to be
   * this program's turn.
   * @param alone The driver where one thread does it all.
   * @throws WorkerError after which they are half done.
   */
  runInOneGo(range: StepRange, alone: string): Promise<void>;
  /**
   * Sends workers into steps that do not wait for each other.
   * @returns What takes part in them, and waits for the workers.
   */
  begin(range: StepRange, blocking: boolean): () => Promise<void>;
  /** What the memory holds, until the next run. */
  read(parts: readonly Part[]): Promise<Float32Array[]>;
  /** Copies for callers that cannot wait for them later; `null` where they need not wait. */
  readLater(parts: readonly Part[]): Promise<Float32Array[]> | null;
  /** Gets a memory anew, all zero, when the last one went with a worker. @returns Whether that was so. */
  restore(): Promise<boolean>;
  /** Workers must not wait for the calling thread, which will not come. */
  giveUp(): void;
  /** Gives the memory back. */
  release(): void;
}
