import { i32, v128 } from '../../../emit/code.js';
import type { FunctionHandle, ModuleWriter } from '../../../emit/module.js';
import type { Window } from '../../shared/fuse/steps.js';
import { defineRowSums, partialBytes } from './norm.js';
import {
  defineRow,
  defineZeroRow,
  otherRowBytes,
  type RowShape,
  rowPixels,
  sourceRowBytes,
} from './rows.js';
import { emitInside } from './stage.js';
import type { Target } from './target.js';

export const COPY_ARGS = ['src', 'norm', 'other', 'dst'] as const;

export interface CopyShape {
  readonly row: RowShape;
  /** Rows of the source, and of the border above it. */
  readonly height: number;
  readonly top: number;
  /** The part of the source that is copied, if not all of it; it has no border then. */
  readonly window: Window | null;
}

/**
 * Stage, one work item per row of the result: writes out a value with what was pending and its border, or a part of it.
 * Only values that no convolution reads need it.
 */
export function defineCopy(
  module: ModuleWriter,
  target: Target,
  { row: whole, height, top, window }: CopyShape,
): FunctionHandle {
  const row = window === null ? whole : { ...whole, width: window.width };
  const left = window?.left ?? 0;
  const make = defineRow(module, target, row);
  const bytes = rowPixels(row) * row.channels * 4;
  const zero = defineZeroRow(module, bytes / 4);
  const key = `copy ${JSON.stringify([target.fma, whole, height, top, window])}`;
  return module.define(key, ['i32', 'i32', 'i32'], (f, item, args) => {
    const y = f.local('i32');
    const dst = f.local('i32');
    f.emit(y.set(i32.add(item.value, i32.const((window?.top ?? 0) - top))));
    f.emit(dst.set(i32.add(i32.load(args.value, 12), i32.mul(item.value, i32.const(bytes)))));
    const rowOf = (pointer: number, rowBytes: number) => {
      const offset = i32.mul(y.value, i32.const(rowBytes));
      const start = i32.add(i32.load(args.value, pointer), offset);
      return left === 0 ? start : i32.add(start, i32.const((rowBytes / whole.width) * left));
    };
    const copy = () => {
      const src = rowOf(0, sourceRowBytes(whole));
      const other = rowOf(8, otherRowBytes(whole));
      f.call(make, src, dst.value, i32.load(args.value, 4), other, i32.const(0));
    };
    emitInside(f, y, height, row.border.mode);
    const isOutside = i32.or(i32.lt(y.value, i32.const(0)), i32.ge(y.value, i32.const(height)));
    if (row.border.mode !== 'zero') copy();
    else f.if(isOutside, () => f.call(zero, dst.value), copy);
  });
}

export const SUMS_ARGS = ['src', 'partials'] as const;

/** Stage, one work item per row: partial sums of a value that no convolution wrote. */
export function defineSums(
  module: ModuleWriter,
  shape: { readonly width: number; readonly channels: number },
): FunctionHandle {
  const sums = defineRowSums(module, { ...shape, pixel: shape.channels });
  const key = `sums stage ${JSON.stringify(shape)}`;
  return module.define(key, ['i32', 'i32', 'i32'], (f, item, args) => {
    const bytes = partialBytes(shape.channels);
    const [partial, at, i] = f.locals('i32', 3);
    const place = i32.mul(item.value, i32.const(bytes));
    f.emit(partial.set(i32.add(i32.load(args.value, 4), place)), at.set(partial.value));
    f.repeat(i, bytes, 16, () => {
      f.emit(v128.store(at.value, v128.zero), at.set(i32.add(at.value, i32.const(16))));
    });
    const offset = i32.mul(item.value, i32.const(shape.width * shape.channels * 4));
    f.call(sums, i32.add(i32.load(args.value, 0), offset), partial.value);
  });
}
