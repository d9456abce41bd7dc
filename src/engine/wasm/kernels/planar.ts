import { f32, f32x4, i32, v128 } from '../../../emit/code.js';
import type { FunctionHandle, ModuleWriter } from '../../../emit/module.js';
import { defineRow, otherRowBytes, type RowShape } from './rows.js';
import type { Target } from './target.js';

/** A tensor's `[C][H][W]` on one side, the engine's `[H][W][channels]` on the other. */
export interface PlanarShape {
  /** Real channels; the engine's own are these, rounded up to a multiple of 4. */
  readonly planes: number;
  readonly height: number;
  readonly width: number;
}

export const IMPORT_ARGS = ['planar', 'rows'] as const;

/** Stage, one work item per row: planes to pixels; channels that exist only as padding become zero. */
export function defineImport(
  module: ModuleWriter,
  { planes, height, width }: PlanarShape,
  channels: number,
): FunctionHandle {
  const key = `import ${planes} ${height} ${width} ${channels}`;
  return module.define(key, ['i32', 'i32', 'i32'], (f, item, args) => {
    const [src, dst, x, plane] = f.locals('i32', 4);
    const start = i32.mul(item.value, i32.const(width * 4));
    f.emit(src.set(i32.add(i32.load(args.value, 0), start)));
    const row = i32.mul(item.value, i32.const(width * channels * 4));
    f.emit(dst.set(i32.add(i32.load(args.value, 4), row)));
    f.repeat(x, width, 1, () => {
      f.emit(v128.store(dst.value, v128.zero, (channels - 4) * 4));
      f.emit(plane.set(src.value));
      for (let c = 0; c < planes; c++) {
        f.emit(f32.store(dst.value, f32.load(plane.value), c * 4));
        f.emit(plane.set(i32.add(plane.value, i32.const(height * width * 4))));
      }
      f.emit(src.set(i32.add(src.value, i32.const(4))));
      f.emit(dst.set(i32.add(dst.value, i32.const(channels * 4))));
    });
  });
}

export const EXPORT_ARGS = ['src', 'norm', 'other', 'planar'] as const;

/**
 * Stage, one work item per row: pixels to planes, through a row kernel that applies what is still to be
 * applied. The row is made in the thread's scratch memory.
 */
export function defineExport(
  module: ModuleWriter,
  target: Target,
  { planes, height, width }: PlanarShape,
  row: RowShape,
): FunctionHandle {
  const make = defineRow(module, target, row);
  const key = `export ${JSON.stringify([target.fma, planes, height, width, row])}`;
  return module.define(key, ['i32', 'i32', 'i32'], (f, item, args, scratch) => {
    const [src, dst, x, plane, from] = f.locals('i32', 5);
    const rowBytes = row.width * row.channels * 4;
    const offset = i32.mul(item.value, i32.const(rowBytes));
    f.emit(src.set(i32.add(i32.load(args.value, 0), offset)));
    const otherOffset = i32.mul(item.value, i32.const(otherRowBytes(row)));
    const other = i32.add(i32.load(args.value, 8), otherOffset);
    f.call(make, src.value, scratch.value, i32.load(args.value, 4), other, i32.const(0));
    const start = i32.mul(item.value, i32.const(width * 4));
    f.emit(dst.set(i32.add(i32.load(args.value, 12), start)));
    f.emit(from.set(scratch.value));
    f.repeat(x, width, 1, () => {
      f.emit(plane.set(dst.value));
      for (let c = 0; c < planes; c++) {
        f.emit(f32.store(plane.value, f32.load(from.value, c * 4)));
        f.emit(plane.set(i32.add(plane.value, i32.const(height * width * 4))));
      }
      f.emit(from.set(i32.add(from.value, i32.const(row.channels * 4))));
      f.emit(dst.set(i32.add(dst.value, i32.const(4))));
    });
  });
}

export interface ShiftAddShape {
  /** Output pixels of the row. */
  readonly width: number;
  /** Kernel columns: that many partial results are added up. */
  readonly columns: number;
  /** Real output channels, at most 4. */
  readonly outChannels: number;
  /** Floats of one pixel of `src`. */
  readonly n: number;
}

/**
 * `(src, dst, bias)`: `dst[x][oc] = bias[oc] + Σ_kx src[x + kx][kx · outChannels + oc]`, a row of `[width][4]`
 * of `[width + columns − 1][n]`. What is loaded beyond the real channels is masked away.
 */
export function defineShiftAdd(module: ModuleWriter, shape: ShiftAddShape): FunctionHandle {
  const key = `shift ${JSON.stringify(shape)}`;
  return module.define(key, ['i32', 'i32', 'i32'], (f, src, dst, bias) => {
    const { width, columns, outChannels, n } = shape;
    const x = f.local('i32');
    const sum = f.local('v128');
    const mask = v128.laneMask(outChannels);
    f.repeat(x, width, 1, () => {
      f.emit(sum.set(v128.load(bias.value)));
      for (let kx = 0; kx < columns; kx++) {
        const part = v128.load(src.value, (kx * n + kx * outChannels) * 4);
        f.emit(sum.set(f32x4.add(sum.value, part)));
      }
      f.emit(v128.store(dst.value, v128.bitselect(sum.value, v128.zero, mask)));
      f.emit(src.set(i32.add(src.value, i32.const(n * 4))));
      f.emit(dst.set(i32.add(dst.value, i32.const(16))));
    });
  });
}
