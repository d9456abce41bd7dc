import { f32x4, f64x2, i32, joinHalves, upperHalf, v128 } from '../../../../emit/code.js';
import type { FunctionHandle, ModuleWriter } from '../../../../emit/module.js';
import { adaptiveWindow } from '../../../../tensor/adaptivePooling.js';
import { argumentLoads, STAGE } from '../stageArguments.js';
import type { Target } from '../target.js';
import { COPY_ARGS } from './copy.js';
import { emitReadyRow, type RowStageShape } from './readyRow.js';
import { rowPixels } from './rows.js';

export type AdaptiveReduction = 'max' | 'mean';

export interface ColumnsShape extends RowStageShape {
  readonly reduction: AdaptiveReduction;
  /** Pixels of a row of the result. */
  readonly width: number;
}

/** Stage, one work item per row of the source: its windows become a pixel each. */
export function emitPoolColumns(
  module: ModuleWriter,
  target: Target,
  shape: ColumnsShape,
): FunctionHandle {
  const { row, reduction, width } = shape;
  const { channels } = row;
  const pixel = channels * 4;
  const reduce = emitReduce(module, { reduction, floats: channels, stride: pixel });
  const size = rowPixels(row);
  const key = `pool columns ${JSON.stringify([target.fma, target.joins, shape])}`;
  return module.define(key, STAGE, (f, item, args, scratch) => {
    const { src } = emitReadyRow(f, module, target, shape, { item, args, scratch }, channels);
    const to = f.local('i32');
    const start = i32.mul(item.value, i32.const(width * pixel));
    f.emit(to.set(i32.add(argumentLoads(args, COPY_ARGS).dst, start)));
    for (let x = 0; x < width; x++) {
      const [first, end] = adaptiveWindow(size, width, x);
      const from = i32.add(src.value, i32.const(first * pixel));
      f.call(reduce, i32.add(to.value, i32.const(x * pixel)), from, i32.const(end - first));
    }
  });
}

export interface RowsShape {
  readonly reduction: AdaptiveReduction;
  /** Rows of the source, which is as wide as the result, and of the result. */
  readonly rows: number;
  readonly height: number;
  /** Floats of a row. */
  readonly floats: number;
}

/** Stage, one work item per row of the result: that of a window of the source's rows. */
export function emitPoolRows(module: ModuleWriter, shape: RowsShape): FunctionHandle {
  const { reduction, rows, height, floats } = shape;
  const pitch = floats * 4;
  const reduce = emitReduce(module, { reduction, floats, stride: pitch });
  return module.define(`pool rows ${JSON.stringify(shape)}`, STAGE, (f, item, args) => {
    const { src, dst } = argumentLoads(args, COPY_ARGS);
    const [first, end] = f.locals('i32', 2);
    const scaled = i32.mul(item.value, i32.const(rows));
    f.emit(first.set(i32.div(scaled, i32.const(height))));
    const above = i32.add(scaled, i32.const(rows + height - 1));
    f.emit(end.set(i32.div(above, i32.const(height))));
    const from = i32.add(src, i32.mul(first.value, i32.const(pitch)));
    const to = i32.add(dst, i32.mul(item.value, i32.const(pitch)));
    f.call(reduce, to, from, i32.sub(end.value, first.value));
  });
}

interface ReduceShape {
  readonly reduction: AdaptiveReduction;
  readonly floats: number;
  /** Bytes from one to the next that are reduced. */
  readonly stride: number;
}

/** `(dst, src, count)`: so many floats, each of `count`, one or more. Means are added up in doubles. */
function emitReduce(module: ModuleWriter, shape: ReduceShape): FunctionHandle {
  const { reduction, floats, stride } = shape;
  const key = `adaptive ${JSON.stringify(shape)}`;
  return module.define(key, ['i32', 'i32', 'i32'], (f, dst, src, count) => {
    const [i, tap, at] = f.locals('i32', 3);
    const [value, low, high] = f.locals('v128', 3);
    f.repeat(i, floats, 4, () => {
      f.emit(at.set(src.value), low.set(v128.zero), high.set(v128.zero));
      f.emit(value.set(f32x4.splat(Number.NEGATIVE_INFINITY)));
      f.for(tap, i32.const(0), count.value, 1, () => {
        const element = v128.load(at.value);
        if (reduction === 'max') f.emit(value.set(f32x4.max(value.value, element)));
        else {
          f.emit(value.set(element));
          f.emit(low.set(f64x2.add(low.value, f64x2.promoteLow(value.value))));
          f.emit(high.set(f64x2.add(high.value, f64x2.promoteLow(upperHalf(value.value)))));
        }
        f.advance(at, stride);
      });
      if (reduction === 'mean') {
        const [a, b] = [low, high].map((sum) =>
          f32x4.demoteF64x2(f64x2.div(sum.value, f64x2.splatI32(count.value))),
        );
        f.emit(value.set(joinHalves(a, b)));
      }
      f.emit(v128.store(dst.value, value.value));
      for (const pointer of [dst, src]) f.advance(pointer, 16);
    });
  });
}
