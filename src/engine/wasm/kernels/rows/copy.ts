import { type Code, i32, v128 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import type { Window } from '../../../shared/fuse/steps.js';
import { argumentLoads, STAGE } from '../stageArguments.js';
import type { Target } from '../target.js';
import { emitGradientRowSums } from './gradientRowSums.js';
import { emitRowSums, partialBytes } from './norm.js';
import {
  emitRow,
  emitZeroRow,
  otherRowBytes,
  type RowShape,
  rowPixels,
  sourceRowBytes,
} from './rows.js';
import { emitInside } from './stage.js';

export const COPY_ARGS = ['src', 'norm', 'other', 'dst'] as const;

/** Arguments of the stage: behind them, what a norm has read, what it does, and where its gradient's sums go. */
export const COPY_STAGE_ARGS = [...COPY_ARGS, 'of', 'ofNorm', 'partials'] as const;

export interface CopyShape {
  readonly row: RowShape;
  /** Rows of the source, and of the border above it. */
  readonly height: number;
  readonly top: number;
  /** The part of the source that is copied, if not all of it; it has no border then. */
  readonly window: Window | null;
}

/** Bytes of a row of the copy. */
function copiedBytes({ row, window }: CopyShape): number {
  return rowPixels(window === null ? row : { ...row, width: window.width }) * row.channels * 4;
}

/** Writes the code that makes row `item` of a copy, with `COPY_ARGS` at `args`, ready at `dst`. */
export function emitSourceRow(
  f: FunctionWriter,
  module: ModuleWriter,
  target: Target,
  shape: CopyShape,
  { item, args, dst }: Readonly<Record<'item' | 'args' | 'dst', Local>>,
): void {
  const { row, height, top, window } = shape;
  const make = emitRow(module, target, window === null ? row : { ...row, width: window.width });
  const zero = emitZeroRow(module, copiedBytes(shape) / 4);
  const left = window?.left ?? 0;
  const y = f.local('i32');
  f.emit(y.set(i32.add(item.value, i32.const((window?.top ?? 0) - top))));
  const { src, norm, other } = argumentLoads(args, COPY_ARGS);
  const rowOf = (value: Code, rowBytes: number) => {
    const start = i32.add(value, i32.mul(y.value, i32.const(rowBytes)));
    return left === 0 ? start : i32.add(start, i32.const((rowBytes / row.width) * left));
  };
  const copy = () => {
    const otherRow = rowOf(other, otherRowBytes(row));
    f.call(make, rowOf(src, sourceRowBytes(row)), dst.value, norm, otherRow, i32.const(0));
  };
  emitInside(f, y, height, row.border.mode);
  const isOutside = i32.or(i32.lt(y.value, i32.const(0)), i32.ge(y.value, i32.const(height)));
  if (row.border.mode !== 'zero') copy();
  else f.if(isOutside, () => f.call(zero, dst.value), copy);
}

/**
 * Stage, one work item per row of the result: writes out a value with what was pending and its border, or a part of it.
 * Only values that no convolution reads need it.
 * @param hasSums Whether it leaves sums for the gradient of a norm, whose result's gradient the value is.
 */
export function emitCopy(
  module: ModuleWriter,
  target: Target,
  shape: CopyShape,
  hasSums: boolean,
): FunctionHandle {
  const { channels } = shape.row;
  const bytes = copiedBytes(shape);
  const sums = hasSums
    ? emitGradientRowSums(module, target, { width: bytes / (channels * 4), channels })
    : null;
  const key = `copy ${JSON.stringify([target.fma, target.joins, shape, hasSums])}`;
  return module.define(key, STAGE, (f, item, args, scratch) => {
    const dst = f.local('i32');
    const start = i32.mul(item.value, i32.const(bytes));
    const { dst: result, of, ofNorm, partials } = argumentLoads(args, COPY_STAGE_ARGS);
    f.emit(dst.set(i32.add(result, start)));
    emitSourceRow(f, module, target, shape, { item, args, dst });
    if (sums === null) return;
    const partial = i32.mul(item.value, i32.const(partialBytes(channels)));
    const places = [i32.add(of, start), ofNorm, i32.add(partials, partial), scratch.value];
    f.call(sums, i32.add(result, start), ...places);
  });
}

export const SUMS_ARGS = ['src', 'partials'] as const;

/** Stage, one work item per row: partial sums of a value that no convolution wrote. */
export function emitSums(
  module: ModuleWriter,
  shape: { readonly width: number; readonly channels: number },
): FunctionHandle {
  const sums = emitRowSums(module, { ...shape, pixel: shape.channels });
  const key = `sums stage ${JSON.stringify(shape)}`;
  return module.define(key, STAGE, (f, item, args) => {
    const bytes = partialBytes(shape.channels);
    const { src, partials } = argumentLoads(args, SUMS_ARGS);
    const [partial, at, i] = f.locals('i32', 3);
    const place = i32.mul(item.value, i32.const(bytes));
    f.emit(partial.set(i32.add(partials, place)), at.set(partial.value));
    f.repeat(i, bytes, 16, () => {
      f.emit(v128.store(at.value, v128.zero), at.set(i32.add(at.value, i32.const(16))));
    });
    const offset = i32.mul(item.value, i32.const(shape.width * shape.channels * 4));
    f.call(sums, i32.add(src, offset), partial.value);
  });
}
