import type { Tensor } from '../../../tensor/tensor.js';
import { type Buffer, newBuffer } from '../../shared/arena.js';

/** Storage bindings begin at multiples of this on every device. */
const BINDING_ALIGNMENT = 256;

/** How elements lie in a buffer. Kernels compute in f32, whatever they read and write. */
export type Format = 'f32' | 'f16';

const ELEMENT_BYTES: Readonly<Record<Format, number>> = { f32: 4, f16: 2 };

/** A piece of the arena, which all steps read and write. */
export interface ArenaBuffer extends Buffer {
  readonly kind: 'arena';
  readonly format: Format;
}

/** Weights as kernels read them, in a buffer of their own. */
export interface WeightBuffer {
  readonly kind: 'weights';
  readonly format: Format;
  readonly elements: number;
  /** The weights that it is made of, by their numbers. */
  readonly of: readonly number[];
  /** Its elements, of those of the weights. */
  readonly pack: (weight: (id: number) => Tensor) => Float32Array;
}

/** What the device computes of weights, before the first run. */
export interface MadeBuffer {
  readonly kind: 'made';
  readonly format: Format;
  readonly elements: number;
}

export type DeviceBuffer = ArenaBuffer | WeightBuffer | MadeBuffer;

export function newArenaBuffer(elements: number, format: Format): ArenaBuffer {
  const size = elementBytes(Math.max(1, elements), format);
  const bytes = Math.ceil(size / BINDING_ALIGNMENT) * BINDING_ALIGNMENT;
  return { ...newBuffer(bytes), kind: 'arena', format };
}

/** Bytes of a buffer on the device. */
export function bytesOf(buffer: DeviceBuffer): number {
  if (buffer.kind === 'arena') return buffer.bytes;
  return Math.max(16, Math.ceil(elementBytes(buffer.elements, buffer.format) / 4) * 4);
}

export function elementBytes(elements: number, format: Format): number {
  return elements * ELEMENT_BYTES[format];
}
