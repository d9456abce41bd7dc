import { f32, i32, v128 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import type { Border } from '../../../shared/fuse/lazyValue.js';
import { storeSideBySide, type Target, vectorsAtATime } from '../target.js';
import {
  applyOperation,
  hasMask,
  hasNorm,
  hasOther,
  OPERATION_SCRATCH,
  type RowOperation,
} from './operations.js';
import { emitPlanesToPixels } from './transpose.js';

/** Floats of a pixel of one channel. */
export const MASK_CHANNELS = 4;

/**
 * One row of `[W][channels]` (channels a multiple of 4) on its way from where a layer left it to where
 * the next one reads it: normalised, activated, summed with another value and padded in one go, such as
 *
 *     dst[left + x][c] = relu((src[x][c] − mean[c]) · scale[c] + shift[c]) + other[x][c]
 */
export interface RowShape {
  readonly width: number;
  /** A multiple of 4, unless the source is planes. */
  readonly channels: number;
  /**
   * Where the source is the network's input, `[planes][height][width]`. Nothing is left to be done to it but its border. A pixel may
   * have more channels than there are planes, which are zeros.
   */
  readonly planar: PlanarSource | null;
  /** In order. */
  readonly operations: readonly RowOperation[];
  /** Whether the row, without padding, is also written to `keep`. */
  readonly keep: boolean;
  /** Pixels of the border on each side and what they are, then zeros beyond them. */
  readonly border: {
    readonly mode: Border['mode'];
    readonly left: number;
    readonly right: number;
  };
  readonly zeros: readonly [left: number, right: number];
  /** Set where channels are those of several values, one behind the other; `operations` are none then. */
  readonly parts?: readonly RowPart[];
  /** Floats from one pixel of the row to the next, where others' channels lie in between. Default: `channels`. */
  readonly pixel?: number;
}

/** Some channels of a row that come from a value of their own: how many, and what is done to them. */
export type RowPart = Pick<RowShape, 'channels' | 'operations'>;

export interface PlanarSource {
  readonly planes: number;
  /** Bytes from one plane to the next. */
  readonly planeStride: number;
}

export function rowPixels({ width, border, zeros }: RowShape): number {
  return width + border.left + border.right + zeros[0] + zeros[1];
}

/** Bytes from one row of the source to the next. */
export function sourceRowBytes({ width, channels, planar }: RowShape): number {
  return width * 4 * (planar === null ? channels : 1);
}

/** Whether a row is what its source is: nothing is applied to it, and it has no border. */
export function isCopy(shape: RowShape): boolean {
  return shape.operations.length === 0 && rowPixels(shape) === shape.width;
}

/** The same of the other value, that a sum or product reads. */
export function otherRowBytes({ width, channels, operations }: RowShape): number {
  return width * 4 * (hasMask(operations) ? MASK_CHANNELS : channels);
}

/** The row of one value of several whose channels are one behind the other. */
export function rowOfPart(
  { parts, ...row }: RowShape,
  { channels, operations }: RowPart,
): RowShape {
  return { ...row, channels, operations, pixel: row.channels };
}

/** `(src, dst, norm, other, keep)`; what the shape does not need may be anything. */
export function emitRow(module: ModuleWriter, target: Target, shape: RowShape): FunctionHandle {
  const key = `row ${JSON.stringify([target.fma, target.joins, shape])}`;
  return module.define(
    key,
    ['i32', 'i32', 'i32', 'i32', 'i32'],
    (f, src, dst, norm, other, keep) => {
      const { width, channels, planar, border, zeros, operations } = shape;
      if (planar !== null) {
        writePlanarRow(module, f, shape, planar, src, dst);
        return;
      }
      const pixel = channels * 4;
      const apart = (shape.pixel ?? channels) * 4;
      const x = f.local('i32');
      const c = f.local('i32');
      const vectors = vectorsAtATime(target, channels);
      const values = f.locals('v128', vectors);
      const scratch = f.locals('v128', OPERATION_SCRATCH);
      const row = f.local('i32');
      const isNormed = hasNorm(operations);
      const isMasked = hasMask(operations);
      const readsOther = hasOther(operations);
      const stats = f.local('i32');
      f.emit(row.set(i32.add(dst.value, i32.const((zeros[0] + border.left) * apart))));
      f.repeat(x, width, 1, () => {
        if (isNormed) f.emit(stats.set(norm.value));
        f.repeat(c, channels, 4 * vectors, () => {
          for (const [v, value] of values.entries()) {
            const at = 16 * v;
            f.emit(value.set(v128.load(src.value, at)));
            const operands = { stats, other, at, pixel, scratch };
            for (const operation of operations) {
              applyOperation(f, target, operation, value, operands);
            }
          }
          for (const to of shape.keep ? [row, keep] : [row]) {
            storeSideBySide(f, to, values, 0);
          }
          const moving = [src, row];
          if (isNormed) moving.push(stats);
          if (readsOther) moving.push(other);
          if (shape.keep) moving.push(keep);
          for (const pointer of moving) f.advance(pointer, 16 * vectors);
        });
        if (isMasked) f.advance(other, 4 * MASK_CHANNELS);
        if (apart > pixel) f.advance(row, apart - pixel);
      });
      writeEdges(f, shape, dst, c);
    },
  );
}

/** Planes to pixels. */
function writePlanarRow(
  module: ModuleWriter,
  f: FunctionWriter,
  shape: RowShape,
  planar: PlanarSource,
  src: Local,
  dst: Local,
): void {
  const { width, channels, border, zeros } = shape;
  const transpose = emitPlanesToPixels(module, { ...planar, channels, width });
  const inside = (zeros[0] + border.left) * channels * 4;
  f.call(transpose, src.value, i32.add(dst.value, i32.const(inside)));
  const c = f.local('i32');
  if (channels % 4 === 0) {
    writeEdges(f, shape, dst, c);
    return;
  }
  const edges = edgePixels(shape);
  if (edges.length === 0) return;
  f.repeat(c, channels, 1, () => {
    for (const [pixel, mirrored] of edges) {
      const value = mirrored === null ? f32.const(0) : f32.load(dst.value, mirrored * channels * 4);
      f.emit(f32.store(dst.value, value, pixel * channels * 4));
    }
    f.emit(dst.set(i32.add(dst.value, i32.const(4))));
  });
}

/** Pixels of the border, and which written pixel each repeats; `null` for a zero. */
function edgePixels({ width, border, zeros }: RowShape): [pixel: number, from: number | null][] {
  const { mode, left, right } = border;
  const first = zeros[0] + left;
  const last = first + width - 1;
  const sources: [pixel: number, from: number | null][] = [];
  const inwards = mode === 'reflect' ? 1 : 0;
  const repeated = (pixel: number) => (mode === 'zero' ? null : pixel);
  for (let i = 1; i <= left; i++) sources.push([first - i, repeated(first + i * inwards)]);
  for (let i = 1; i <= right; i++) sources.push([last + i, repeated(last - i * inwards)]);
  for (let i = 0; i < zeros[0]; i++) sources.push([i, null]);
  for (let i = 0; i < zeros[1]; i++) sources.push([last + right + 1 + i, null]);
  return sources;
}

/** Mirrors pixels that are written already, and fills up with zeros. */
function writeEdges(f: FunctionWriter, shape: RowShape, dst: Local, c: Local): void {
  const { channels, pixel = channels } = shape;
  const edges = edgePixels(shape);
  if (edges.length === 0) return;
  f.repeat(c, channels, 4, () => {
    for (const [to, from] of edges) {
      const value = from === null ? v128.zero : v128.load(dst.value, from * pixel * 4);
      f.emit(v128.store(dst.value, value, to * pixel * 4));
    }
    f.emit(dst.set(i32.add(dst.value, i32.const(16))));
  });
}

/** `(dst)`: at least `floats` zeros, in whole vectors. */
export function emitZeroRow(module: ModuleWriter, floats: number): FunctionHandle {
  return module.define(`zeros ${floats}`, ['i32'], (f, dst) => {
    const i = f.local('i32');
    f.repeat(i, floats, 4, () => {
      f.emit(v128.store(dst.value, v128.zero), dst.set(i32.add(dst.value, i32.const(16))));
    });
  });
}
