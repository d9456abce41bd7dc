import { f32, f32x4, i32, v128 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import { argumentLoads, STAGE } from '../stageArguments.js';
import { emitMove, type Target } from '../target.js';
import { COPY_ARGS, type CopyShape, emitSourceRow } from './copy.js';
import { rowPixels } from './rows.js';

/** Where a value's channels go among those of a wider one. */
export interface InsertShape extends CopyShape {
  /** Rows of the value with its border. */
  readonly rows: number;
  /** Real channels of the value. */
  readonly planes: number;
  /** Which of the wider value's channels its first one becomes. */
  readonly firstChannel: number;
  /** Channels of the wider value in memory. */
  readonly pixel: number;
  /** How many of these come behind the last real one: set by whoever writes that one. */
  readonly padding: number;
}

/**
 * Stage, one work item per row: a value, with what was pending and its border, becomes some of the channels of a wider one.
 * The row is made in the thread's scratch memory, unless it is there.
 */
export function emitInsert(
  module: ModuleWriter,
  target: Target,
  shape: InsertShape,
): FunctionHandle {
  const { row, pixel, firstChannel, planes, padding } = shape;
  const isReady =
    row.operations.length === 0 && rowPixels(row) === row.width && shape.rows === shape.height;
  const key = `insert ${JSON.stringify([target.fma, target.joins, shape])}`;
  return module.define(key, STAGE, (f, item, args, scratch) => {
    const value = argumentLoads(args, COPY_ARGS);
    const [src, dst, x] = f.locals('i32', 3);
    if (isReady) {
      const offset = i32.mul(item.value, i32.const(row.width * row.channels * 4));
      f.emit(src.set(i32.add(value.src, offset)));
    } else {
      emitSourceRow(f, module, target, shape, { item, args, dst: scratch });
      f.emit(src.set(scratch.value));
    }
    const width = rowPixels(row);
    const start = i32.mul(item.value, i32.const(width * pixel * 4));
    f.emit(dst.set(i32.add(value.dst, start)));
    f.emit(dst.set(i32.add(dst.value, i32.const(firstChannel * 4))));
    const vectors = planes >> 2;
    f.repeat(x, width, 1, () => {
      emitMove(f, src, dst, 4 * vectors);
      emitLanes(f, src, dst, planes % 4, padding);
      f.emit(src.set(i32.add(src.value, i32.const((row.channels - 4 * vectors) * 4))));
      f.emit(dst.set(i32.add(dst.value, i32.const((pixel - 4 * vectors) * 4))));
    });
  });
}

/** The last channels, one by one: behind them are those of the next operand, or of the next pixel. */
function emitLanes(
  f: FunctionWriter,
  src: Local,
  dst: Local,
  lanes: number,
  padding: number,
): void {
  const last = f.local('v128');
  if (lanes > 0) f.emit(last.set(v128.load(src.value)));
  for (let lane = 0; lane < lanes; lane++) {
    f.emit(f32.store(dst.value, f32x4.extractLane(last.value, lane), 4 * lane));
  }
  for (let lane = 0; lane < padding; lane++) {
    f.emit(f32.store(dst.value, f32.const(0), 4 * (lanes + lane)));
  }
}
