import type { Buffer } from '../../shared/arena.js';
import type { Border } from '../../shared/fuse/lazyValue.js';
import type { RowOperation } from '../kernels/rows/operations.js';

/** How a stage reads a value: where it is, and what is yet to be done to it. */
export interface Source {
  /** `[height][width][channels]`, channels a multiple of 4; or, if `isPlanar`, an input's `[planes][height][width]`, of which
   * `channels` are made, with or without padding. */
  readonly buffer: Buffer;
  readonly isPlanar: boolean;
  /** Real channels. */
  readonly planes: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly operations: readonly RowOperation[];
  /** What the norm and the sum or product among them read. */
  readonly norm: Buffer | null;
  readonly other: Buffer | null;
  readonly border: Border;
  /** Set where the buffer holds a border besides, that is to be added to what it repeats; `height` and `width` are without it. */
  readonly fold: Border | null;
  /** Set where the buffer holds only so many rows at a time, row `y` at `y mod ring`. */
  readonly ring?: number;
  /**
   * Set where channels are those of two values, one behind the other, each with what is yet to be done to it. What is said of the source
   * besides is of the first.
   */
  readonly parts?: readonly [Source, Source];
  /** Magnitude that finite elements keep to. */
  readonly bound: number;
}

/** What a stage reads the second of two values from (`parts`). */
export function behindArguments(second: Source | null) {
  const { buffer = null, norm = null, other = null } = second ?? {};
  return { behindSrc: buffer, behindNorm: norm, behindOther: other };
}

/** Channels in memory: vectors have four lanes. */
export function paddedChannels(planes: number): number {
  return Math.ceil(planes / 4) * 4;
}
