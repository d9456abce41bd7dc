import { type Shape, sizeOf } from '../../../tensor/shape.js';
import type { LazyValue } from './lazyValue.js';
import { channelAxis, isPicture } from './pictures.js';

/**
 * Elements that are no picture, one after the other in PyTorch's order: gradients of weights, moments, scalars, and
 * weights as they are. Told from others by identity.
 */
export interface FlatValue {
  /** Elements: one for all of the value's, one for each of its channels, or all of them. */
  readonly size: number;
  /** The weight that it is, by its number; `null` for a value that is computed or given. */
  readonly weight: number | null;
}

/** What becomes of a node. */
export type FusedValue = LazyValue | FlatValue;

export function isFlatValue(value: object): value is FlatValue {
  return 'size' in value;
}

/** How the elements of a flat value go with those of a shape. */
export type FlatRole = 'one' | 'channel' | 'elements';

/**
 * @param size Elements that there are of a value of shape `own`.
 * @returns `null` where they go with `shape` in another way.
 */
export function flatRole(size: number, own: Shape, shape: Shape): FlatRole | null {
  if (size === 1) return 'one';
  if (size === sizeOf(shape)) return 'elements';
  if (!isPicture(shape, true)) return null;
  const axis = channelAxis(shape) - shape.length;
  return own.at(axis) === size && shape.at(axis) === size ? 'channel' : null;
}
