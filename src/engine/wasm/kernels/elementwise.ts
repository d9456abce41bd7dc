import { i32, v128 } from '../../../emit/code.js';
import type { FunctionHandle, ModuleWriter } from '../../../emit/module.js';
import { defineRowSums, partialBytes } from './norm.js';
import { defineRow, defineZeroRow, otherRowBytes, type RowShape, rowPixels } from './rows.js';
import { emitInside } from './stage.js';
import type { Target } from './target.js';

export const COPY_ARGS = ['src', 'norm', 'other', 'dst'] as const;

export interface CopyShape {
  readonly row: RowShape;
  /** Rows of the source, and of the border above it. */
  readonly height: number;
  readonly top: number;
}

/**
 * Stage, one work item per row of the result: writes out a value with what was pending and its border. Only values that
 * no convolution reads need it.
 */
export function defineCopy(
  module: ModuleWriter,
  target: Target,
  { row, height, top }: CopyShape,
): FunctionHandle {
  const make = defineRow(module, target, row);
  const zero = defineZeroRow(module, rowPixels(row) * row.channels);
  const key = `copy ${JSON.stringify([target.fma, row, height, top])}`;
  return module.define(key, ['i32', 'i32', 'i32'], (f, item, args) => {
    const y = f.local('i32');
    const dst = f.local('i32');
    const bytes = rowPixels(row) * row.channels * 4;
    f.emit(y.set(i32.sub(item.value, i32.const(top))));
    f.emit(dst.set(i32.add(i32.load(args.value, 12), i32.mul(item.value, i32.const(bytes)))));
    const copy = () => {
      const offset = i32.mul(y.value, i32.const(row.width * row.channels * 4));
      f.call(
        make,
        i32.add(i32.load(args.value, 0), offset),
        dst.value,
        i32.load(args.value, 4),
        i32.add(i32.load(args.value, 8), i32.mul(y.value, i32.const(otherRowBytes(row)))),
        i32.const(0),
      );
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
