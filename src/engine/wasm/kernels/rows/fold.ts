import { type Code, f32x4, i32, v128 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import { inside } from '../../../../tensor/pad.js';
import type { Border } from '../../../shared/fuse/lazyValue.js';
import { argumentLoads, STAGE } from '../stageArguments.js';
import { storeSideBySide, type Target, vectorsAtATime } from '../target.js';
import { COPY_STAGE_ARGS } from './copy.js';
import { emitGradientRowSums, gradientSumsScratch } from './gradientRowSums.js';
import { partialBytes } from './norm.js';
import { emitRow, type RowShape } from './rows.js';
import { emitInside } from './stage.js';

/** A value whose outer rows and columns are added to those that a border would repeat there: the adjoint of a border. */
export interface FoldShape {
  /** Rows of the result, without a border, and what is done to each element afterwards. */
  readonly row: RowShape;
  /** Rows of the result. */
  readonly height: number;
  readonly fold: Border;
  /** Whether it leaves sums for the gradient of a norm, whose result's gradient the value is. */
  readonly hasSums: boolean;
}

function foldedBytes({ row, fold }: FoldShape): number {
  return (fold.left + row.width + fold.right) * row.channels * 4;
}

/** Scratch memory: a row with its border, a pixel, and sums. */
export function foldScratch(shape: FoldShape): number {
  const { channels } = shape.row;
  return foldedBytes(shape) + channels * 4 + gradientSumsScratch(channels);
}

/**
 * Stage, one work item per row of the result, with `COPY_STAGE_ARGS`. Most rows are read where they are; those that rows of the
 * border belong to are summed up in scratch memory first. Operations go over the whole row, and then once more over the pixels
 * that columns of the border belong to.
 */
export function emitFold(module: ModuleWriter, target: Target, shape: FoldShape): FunctionHandle {
  const { row, fold, hasSums } = shape;
  const { width, channels } = row;
  const pixel = channels * 4;
  const pitch = foldedBytes(shape);
  const make = emitRow(module, target, row);
  const makePixel = emitRow(module, target, { ...row, width: 1 });
  const sums = hasSums ? emitGradientRowSums(module, target, { width, channels }) : null;
  const key = `fold ${JSON.stringify([target.fma, target.joins, shape])}`;
  return module.define(key, STAGE, (f, item, args, scratch) => {
    const { src, norm, other, dst, of, ofNorm, partials } = argumentLoads(args, COPY_STAGE_ARGS);
    const [base, start] = f.locals('i32', 2);
    const line = i32.mul(i32.add(item.value, i32.const(fold.top)), i32.const(pitch));
    f.emit(base.set(i32.add(src, line)), start.set(i32.mul(item.value, i32.const(width * pixel))));
    writeRowsOfBorder(f, module, target, shape, { item, base, scratch, src });
    const behind = (pointer: Code, bytes: number) => i32.add(pointer, i32.const(bytes));
    const call = (row: FunctionHandle, from: Code, at: number) => {
      const to = behind(i32.add(dst, start.value), at);
      f.call(row, from, to, norm, behind(i32.add(other, start.value), at), i32.const(0));
    };
    call(make, behind(base.value, fold.left * pixel), 0);
    const folded = behind(scratch.value, pitch);
    for (const [x, columns] of columnsOfBorder(shape)) {
      const add = emitPixelSum(module, channels, [fold.left + x, ...columns]);
      f.call(add, folded, base.value);
      call(makePixel, folded, x * pixel);
    }
    if (sums === null) return;
    const partial = i32.add(partials, i32.mul(item.value, i32.const(partialBytes(channels))));
    const [result, value] = [dst, of].map((pointer) => i32.add(pointer, start.value));
    f.call(sums, result, value, ofNorm, partial, behind(folded, pixel));
  });
}

/** If rows of the border belong to this one, their sum in scratch memory takes the place of `base`. */
function writeRowsOfBorder(
  f: FunctionWriter,
  module: ModuleWriter,
  target: Target,
  shape: FoldShape,
  { item, base, scratch, src }: { item: Local; base: Local; scratch: Local; src: Code },
): void {
  const { height, fold } = shape;
  if (fold.mode === 'zero') return;
  const pitch = foldedBytes(shape);
  const add = emitAddRow(module, target, pitch / 4);
  const [y, belongs] = f.locals('i32', 2);
  for (const [from, to] of [
    [-fold.top, 0],
    [height, height + fold.bottom],
  ]) {
    if (from === to) continue;
    f.for(y, i32.const(from), i32.const(to), 1, () => {
      f.emit(belongs.set(y.value));
      emitInside(f, belongs, height, fold.mode);
      f.if(i32.eq(belongs.value, item.value), () => {
        const line = i32.mul(i32.add(y.value, i32.const(fold.top)), i32.const(pitch));
        f.call(add, scratch.value, base.value, i32.add(src, line));
        f.emit(base.set(scratch.value));
      });
    });
  }
}

/** Pixels of the result that columns of the border belong to, and those columns. */
function columnsOfBorder({ row, fold }: FoldShape): Map<number, number[]> {
  const columns = new Map<number, number[]>();
  if (fold.mode === 'zero') return columns;
  for (let x = -fold.left; x < row.width + fold.right; x++) {
    if (x >= 0 && x < row.width) continue;
    const belongs = inside(fold.mode, x, row.width);
    columns.set(belongs, [...(columns.get(belongs) ?? []), fold.left + x]);
  }
  return columns;
}

/** `(dst, a, b)`: the sum of two rows of so many floats. */
function emitAddRow(module: ModuleWriter, target: Target, floats: number): FunctionHandle {
  const vectors = vectorsAtATime(target, floats);
  const key = `add row ${JSON.stringify([target.joins, floats])}`;
  return module.define(key, ['i32', 'i32', 'i32'], (f, dst, a, b) => {
    const values = f.locals('v128', vectors);
    f.repeat(f.local('i32'), floats, 4 * vectors, () => {
      for (const [v, value] of values.entries()) {
        f.emit(value.set(f32x4.add(v128.load(a.value, 16 * v), v128.load(b.value, 16 * v))));
      }
      storeSideBySide(f, dst, values, 0);
      for (const pointer of [dst, a, b]) f.advance(pointer, 16 * vectors);
    });
  });
}

/** `(dst, row)`: the sum of some pixels of a row. */
function emitPixelSum(
  module: ModuleWriter,
  channels: number,
  pixels: readonly number[],
): FunctionHandle {
  const key = `add pixels ${JSON.stringify([channels, pixels])}`;
  return module.define(key, ['i32', 'i32'], (f, dst, row) => {
    f.repeat(f.local('i32'), channels, 4, () => {
      const loads = pixels.map((pixel) => v128.load(row.value, pixel * channels * 4));
      f.emit(v128.store(dst.value, loads.reduce(f32x4.add)));
      for (const pointer of [dst, row]) f.advance(pointer, 16);
    });
  });
}
