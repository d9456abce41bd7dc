import { f32, f32x4, i32, v128 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import { STAGE } from '../stageArguments.js';
import { emitMove, type Target } from '../target.js';
import { emitReadyRow, type RowStageShape } from './readyRow.js';
import { rowPixels } from './rows.js';

/** Where a value's channels go among those of a wider one. */
export interface InsertShape extends RowStageShape {
  /** Real channels of the value. */
  readonly planes: number;
  /** Which of the wider value's channels its first one becomes. */
  readonly firstChannel: number;
  /** Channels of the wider value in memory. */
  readonly pixel: number;
  /** How many of these come behind the last real one: set by the step that writes that one. */
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
  const key = `insert ${JSON.stringify([target.fma, target.joins, shape])}`;
  return module.define(key, STAGE, (f, item, args, scratch) => {
    const { src, dst } = emitReadyRow(f, module, target, shape, { item, args, scratch }, pixel);
    f.advance(dst, firstChannel * 4);
    const x = f.local('i32');
    const vectors = planes >> 2;
    f.repeat(x, rowPixels(row), 1, () => {
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
