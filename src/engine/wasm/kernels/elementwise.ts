import { i32, v128 } from '../../../emit/code.js';
import type { FunctionHandle, ModuleWriter } from '../../../emit/module.js';
import { defineRowSums, partialBytes } from './norm.js';
import { defineRow, type RowShape, rowPixels } from './rows.js';
import type { Target } from './target.js';

export const APPLY_ARGS = ['src', 'norm', 'residual', 'dst'] as const;

/**
 * Stage, an item a row of the result: writes out a value whose norm, activation, residual or mirrored
 * border were still to be applied. Only values that no convolution reads need it.
 */
export function defineApply(
  module: ModuleWriter,
  target: Target,
  row: RowShape,
  rows: { readonly height: number; readonly reflectTop: number },
): FunctionHandle {
  const make = defineRow(module, target, row);
  const key = `apply ${JSON.stringify([target.fma, row, rows])}`;
  return module.define(key, ['i32', 'i32', 'i32'], (f, item, args) => {
    const { height, reflectTop } = rows;
    const y = f.local('i32');
    f.emit(y.set(i32.sub(item.value, i32.const(reflectTop))));
    f.if(i32.lt(y.value, i32.const(0)), () => f.emit(y.set(i32.sub(i32.const(0), y.value))));
    f.if(i32.ge(y.value, i32.const(height)), () =>
      f.emit(y.set(i32.sub(i32.const(2 * (height - 1)), y.value))),
    );
    const offset = i32.mul(y.value, i32.const(row.width * row.channels * 4));
    const to = i32.mul(item.value, i32.const(rowPixels(row) * row.channels * 4));
    f.call(
      make,
      i32.add(i32.load(args.value, 0), offset),
      i32.add(i32.load(args.value, 12), to),
      i32.load(args.value, 4),
      i32.add(i32.load(args.value, 8), offset),
      i32.const(0),
    );
  });
}

export const SUMS_ARGS = ['src', 'partials'] as const;

/** Stage, an item a row: partial sums of a value that no convolution wrote. */
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
