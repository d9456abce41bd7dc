import { ShapeError } from '../errors.js';
import { numbersIn } from './callerValues.js';

export type Shape = readonly number[];

/** A value for both directions, or `[height, width]`. */
export type Pair = number | readonly [number, number];

/** Steps between neighbours of a row-major array, in elements. */
export function rowMajorStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

/** Number of elements: the product of the sides, 1 for a scalar (`[]`). */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const side of shape) size *= side;
  return size;
}

/** `[1, 3, 256, 314]`, as PyTorch prints a size. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((side, axis) => side === b[axis]);
}

/**
 * The number of a dimension, which counts from the end if negative.
 * @throws ShapeError for one that there is not.
 */
export function axisOf(op: string, dim: number, shape: Shape): number {
  const axis = dim < 0 ? dim + shape.length : dim;
  if (!Number.isInteger(axis) || axis < 0 || axis >= shape.length) {
    throw new ShapeError(`${op}: ${formatShape(shape)} has no dimension ${dim}.`);
  }
  return axis;
}

/**
 * `value` as `[height, width]`.
 * @throws ShapeError unless both are whole numbers of at least `minimum`.
 */
export function toPair(value: Pair, what: string, minimum: number): [number, number] {
  const pair = typeof value === 'number' ? [value, value] : [...numbersIn(value)];
  if (
    pair.length !== 2 ||
    !pair.every((part) => Number.isInteger(part) && Number(part) >= minimum)
  ) {
    throw new ShapeError(
      `${what} must be a whole number of at least ${minimum}, or a pair of them, but got ${JSON.stringify(value)}.`,
    );
  }
  return [Number(pair[0]), Number(pair[1])];
}

/** A picture-like shape with its parts named; `[C, H, W]` counts as a batch of one. */
export interface ImageShape {
  readonly batch: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** The same shape with other channels and sides, batched or not as the input was. */
  readonly with: (channels: number, height: number, width: number) => number[];
}

/**
 * Reads `[N, C, H, W]` or, as in PyTorch, an unbatched `[C, H, W]`.
 * @throws ShapeError for any other number of dimensions.
 */
export function imageShape(shape: Shape, op: string): ImageShape {
  if (shape.length !== 3 && shape.length !== 4) {
    throw new ShapeError(
      `${op}: expected a 3D (unbatched) or 4D (batched) input, but got a ${shape.length}D input of size ${formatShape(shape)}.`,
    );
  }
  const batched = shape.length === 4;
  const [channels, height, width] = shape.slice(-3);
  return {
    batch: batched ? shape[0] : 1,
    channels,
    height,
    width,
    with: (c, h, w) => (batched ? [shape[0], c, h, w] : [c, h, w]),
  };
}
