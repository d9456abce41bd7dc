import { ShapeError } from '../errors.js';
import type { Region } from './region.js';
import { formatShape, imageShape, type Pair, type Shape, sizeOf, toPair } from './shape.js';

export interface AdaptivePoolAttributes {
  /** `[height, width]` of the result. */
  readonly outputSize: readonly [number, number];
}

/** @throws ShapeError for sides that are no whole numbers from 1 on. */
export function resolveAdaptivePool(op: string, outputSize: Pair): AdaptivePoolAttributes {
  return { outputSize: toPair(outputSize, `${op}: outputSize`, 1) };
}

/** @throws ShapeError for a picture without pixels. */
export function adaptivePoolShape(
  op: string,
  input: Shape,
  { outputSize }: AdaptivePoolAttributes,
): number[] {
  const { channels, height, width, with: resized } = imageShape(input, op);
  if (height * width === 0) {
    throw new ShapeError(`${op}: input ${formatShape(input)} has no pixels to pool.`);
  }
  return resized(channels, ...outputSize);
}

/** Windows of an axis: from which element each reads, and up to which; neighbours may share some. */
export function adaptiveWindow(size: number, count: number, index: number): [number, number] {
  return [Math.floor((index * size) / count), Math.ceil(((index + 1) * size) / count)];
}

/** The part of a picture that windows read. */
export function adaptiveRegion(
  { top, bottom, left, right }: Region,
  input: Shape,
  { outputSize: [rows, columns] }: AdaptivePoolAttributes,
): Region {
  const [height, width] = input.slice(-2);
  return {
    top: adaptiveWindow(height, rows, top)[0],
    bottom: adaptiveWindow(height, rows, bottom - 1)[1],
    left: adaptiveWindow(width, columns, left)[0],
    right: adaptiveWindow(width, columns, right - 1)[1],
  };
}

/** What each window of a picture's planes comes to, of its elements one after the other. */
export function reduceWindows(
  data: Float32Array,
  input: Shape,
  output: Shape,
  first: number,
  combine: (soFar: number, element: number) => number,
  finish: (result: number, count: number) => number,
): Float32Array {
  const [height, width] = input.slice(-2);
  const [outHeight, outWidth] = output.slice(-2);
  const out = new Float32Array(sizeOf(output));
  for (let i = 0; i < out.length; i++) {
    const row = Math.floor(i / outWidth);
    const plane = Math.floor(row / outHeight) * height * width;
    const [top, bottom] = adaptiveWindow(height, outHeight, row % outHeight);
    const [left, right] = adaptiveWindow(width, outWidth, i % outWidth);
    let result = first;
    for (let y = top; y < bottom; y++) {
      const from = plane + y * width;
      for (let x = left; x < right; x++) result = combine(result, data[from + x]);
    }
    out[i] = finish(result, (bottom - top) * (right - left));
  }
  return out;
}
