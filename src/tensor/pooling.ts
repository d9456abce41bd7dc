import { ShapeError } from '../errors.js';
import type { Region } from './region.js';
import { formatShape, imageShape, type Pair, type Shape, toPair } from './shape.js';

export interface PoolOptions {
  /** One step for both directions, or `[vertical, horizontal]`. Default: the kernel's size. */
  readonly stride?: Pair;
  /** At most half of the kernel. Default: 0. */
  readonly padding?: Pair;
  /** Whether a last window may reach beyond the padding. Default: false. */
  readonly ceilMode?: boolean;
}

export interface PoolAttributes {
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly ceilMode: boolean;
}

export function resolvePool(op: string, kernelSize: Pair, options: PoolOptions): PoolAttributes {
  const kernel = toPair(kernelSize, `${op}: kernelSize`, 1);
  const padding = toPair(options.padding ?? 0, `${op}: padding`, 0);
  if (padding.some((side, axis) => side > kernel[axis] / 2)) {
    throw new ShapeError(
      `${op}: padding may be half of the kernel at most, but they are (${padding.join(', ')}) and (${kernel.join(', ')}).`,
    );
  }
  const stride = toPair(options.stride ?? kernel, `${op}: stride`, 1);
  return { kernelSize: kernel, stride, padding, ceilMode: options.ceilMode ?? false };
}

const ONE: readonly [number, number] = [1, 1];

/** @throws ShapeError where no window fits. */
export function pooledShape(
  op: string,
  input: Shape,
  attributes: PoolAttributes,
  dilation = ONE,
): number[] {
  const { channels, height, width, with: resized } = imageShape(input, op);
  const [outHeight, outWidth] = [height, width].map((size, axis) =>
    windowCount(size, attributes, axis, dilation[axis]),
  );
  if (Math.min(outHeight, outWidth) < 1) {
    throw new ShapeError(
      `${op}: a kernel of ${attributes.kernelSize.join(' x ')} does not fit into input ${formatShape(input)} with its padding.`,
    );
  }
  return resized(channels, outHeight, outWidth);
}

/**
 * Whether PyTorch leaves out a last window of `ceilMode`, since it would begin behind the picture.
 * @param axis 0 for rows, 1 for columns.
 */
export function leavesOutWindow(
  size: number,
  attributes: PoolAttributes,
  axis: number,
  dilation = 1,
): boolean {
  const { stride, padding, ceilMode } = attributes;
  const count = fittingCount(size, attributes, axis, dilation);
  return ceilMode && (count - 1) * stride[axis] >= size + padding[axis];
}

function windowCount(
  size: number,
  attributes: PoolAttributes,
  axis: number,
  dilation: number,
): number {
  const count = fittingCount(size, attributes, axis, dilation);
  return leavesOutWindow(size, attributes, axis, dilation) ? count - 1 : count;
}

function fittingCount(
  size: number,
  { kernelSize, stride, padding, ceilMode }: PoolAttributes,
  axis: number,
  dilation: number,
): number {
  const rest = size + 2 * padding[axis] - dilation * (kernelSize[axis] - 1) - 1;
  const steps = rest / stride[axis];
  return (ceilMode ? Math.ceil(steps) : Math.floor(steps)) + 1;
}

/** What windows of an axis read: elements from `first` on, `count` of them, a dilation apart. */
export interface PoolWindow {
  readonly first: number;
  readonly count: number;
  /** Elements with padding, up to its end. */
  readonly padded: number;
}

/** @param axis 0 for rows, 1 for columns. */
export function poolWindow(
  { kernelSize, stride, padding }: Omit<PoolAttributes, 'ceilMode'>,
  axis: number,
  size: number,
  index: number,
  dilation = 1,
): PoolWindow {
  const start = index * stride[axis] - padding[axis];
  const skipped = start < 0 ? Math.ceil(-start / dilation) : 0;
  const taps = Math.min(kernelSize[axis], Math.ceil((size - start) / dilation));
  return {
    first: start + skipped * dilation,
    count: Math.max(0, taps - skipped),
    padded: Math.min(start + kernelSize[axis], size + padding[axis]) - start,
  };
}

/** Whether a window reads nothing but padding, as dilated ones may. */
export function hasEmptyWindow(
  input: Shape,
  output: Shape,
  attributes: PoolAttributes & { readonly dilation: readonly [number, number] },
): boolean {
  return [0, 1].some((axis) => {
    const [size, count] = [input, output].map((shape) => shape[shape.length - 2 + axis]);
    return Array.from({ length: count }, (_, i) => i).some(
      (i) => poolWindow(attributes, axis, size, i, attributes.dilation[axis]).count === 0,
    );
  });
}

/** The part of a picture that windows read; some of it may lie in the padding. */
export function pooledRegion(
  { top, bottom, left, right }: Region,
  { kernelSize, stride, padding }: PoolAttributes,
  dilation = ONE,
): Region {
  const start = (index: number, axis: number) => index * stride[axis] - padding[axis];
  const end = (index: number, axis: number) =>
    start(index - 1, axis) + (kernelSize[axis] - 1) * dilation[axis] + 1;
  return { top: start(top, 0), bottom: end(bottom, 0), left: start(left, 1), right: end(right, 1) };
}

/**
 * Goes through the windows of a picture's planes, in the order of the result.
 * @param visit Gets the rows' and the columns' windows, and where in the input the plane begins.
 */
export function poolPlanes(
  input: Shape,
  output: Shape,
  attributes: PoolAttributes,
  dilation: readonly [number, number],
  visit: (rows: PoolWindow, columns: PoolWindow, plane: number) => number,
): Float32Array {
  const [height, width] = input.slice(-2);
  const [outHeight, outWidth] = output.slice(-2);
  const windows = (axis: number, count: number, size: number) =>
    Array.from({ length: count }, (_, i) => poolWindow(attributes, axis, size, i, dilation[axis]));
  const [rows, columns] = [windows(0, outHeight, height), windows(1, outWidth, width)];
  const out = new Float32Array(output.reduce((a, b) => a * b, 1));
  for (let i = 0; i < out.length; i++) {
    const row = Math.floor(i / outWidth);
    const plane = Math.floor(row / outHeight) * height * width;
    out[i] = visit(rows[row % outHeight], columns[i % outWidth], plane);
  }
  return out;
}
