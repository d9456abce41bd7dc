import type { Tensor } from '../../../tensor/tensor.js';
import { type Buffer, newBuffer } from '../../shared/arena.js';

/** Storage bindings begin at multiples of this on every device. */
const BINDING_ALIGNMENT = 256;

/** A piece of the arena, which all steps read and write. */
export interface ArenaBuffer extends Buffer {
  readonly kind: 'arena';
}

/** Weights as kernels read them, in a buffer of their own. */
export interface WeightBuffer {
  readonly kind: 'weights';
  readonly floats: number;
  /** The weights that it is made of, by their numbers. */
  readonly of: readonly number[];
  /** Its elements, of those of the weights. */
  readonly pack: (weight: (id: number) => Tensor) => Float32Array;
}

/** What the device computes of weights, before the first run. */
export interface MadeBuffer {
  readonly kind: 'made';
  readonly floats: number;
}

export type DeviceBuffer = ArenaBuffer | WeightBuffer | MadeBuffer;

export function newArenaBuffer(floats: number): ArenaBuffer {
  const bytes = Math.ceil((Math.max(1, floats) * 4) / BINDING_ALIGNMENT) * BINDING_ALIGNMENT;
  return { ...newBuffer(bytes), kind: 'arena' };
}
