import type { FuserLimits } from '../../shared/fuse/fuser.js';
import type { Border, Pointwise } from '../../shared/fuse/lazyValue.js';
import type { ArenaBuffer, DeviceBuffer } from './buffers.js';

/** How a kernel reads a value: where it lies, and what is yet to be done to it. */
export interface Source {
  /** `[height][width][vectors]` of `vec4f`: four channels each, the last of which may be padding. */
  readonly buffer: ArenaBuffer;
  /** Real channels, and vectors of them. */
  readonly channels: number;
  readonly vectors: number;
  readonly height: number;
  readonly width: number;
  readonly operations: readonly SourceOperation[];
  readonly border: Border;
}

/** Something pending, with what it reads. */
export type SourceOperation =
  | { readonly kind: 'norm'; readonly factors: DeviceBuffer }
  | Extract<Pointwise, { readonly kind: 'activation' }>
  | {
      readonly kind: 'add' | 'mul' | 'sub' | 'subFrom';
      readonly other: ArenaBuffer;
      /** Whether the other has one channel, which goes with all. */
      readonly isMask: boolean;
    };

/** Rows of a norm's factors, each `[vectors]`: `(v − pivot − mean) · scale + shift`. */
export const FACTOR_ROWS = { pivot: 0, mean: 1, scale: 2, shift: 3, count: 4 };

/** Buffers that a source may read besides its own: a device binds eight at least, of which a convolution needs five. */
const MAX_OTHERS = 3;

export const LIMITS: FuserLimits = {
  takesPending: (pending) =>
    pending.filter(({ kind }) => kind !== 'activation').length <= MAX_OTHERS,
};

export function vectorsOf(channels: number): number {
  return Math.ceil(channels / 4);
}
