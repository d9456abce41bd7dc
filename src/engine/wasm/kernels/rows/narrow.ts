import { i32, v128 } from '../../../../emit/code.js';
import type { FunctionHandle, ModuleWriter } from '../../../../emit/module.js';
import { STAGE } from '../stageArguments.js';
import { emitMove, type Target } from '../target.js';
import { emitReadyRow, type RowStageShape, readyRowBytes } from './readyRow.js';
import { rowPixels } from './rows.js';

/** Which channels of a value are a value of their own. */
export interface NarrowShape extends RowStageShape {
  readonly firstChannel: number;
  /** Real channels of the result, and with padding. */
  readonly planes: number;
  readonly pixel: number;
}

/** A pixel's last vector is read as a whole, some floats of it behind the row. */
const BEHIND_ROW = 16;

export function narrowScratch(shape: NarrowShape): number {
  return readyRowBytes(shape) + BEHIND_ROW;
}

/** Stage, one work item per row: some channels of a value, with what was pending and its border. */
export function emitNarrow(
  module: ModuleWriter,
  target: Target,
  shape: NarrowShape,
): FunctionHandle {
  const { row, firstChannel, planes, pixel } = shape;
  const key = `narrow ${JSON.stringify([target.fma, target.joins, shape])}`;
  return module.define(key, STAGE, (f, item, args, scratch) => {
    const { src, dst } = emitReadyRow(f, module, target, shape, { item, args, scratch }, pixel);
    f.advance(src, firstChannel * 4);
    const x = f.local('i32');
    const moved = planes & ~3;
    f.repeat(x, rowPixels(row), 1, () => {
      emitMove(f, src, dst, moved);
      if (moved < planes) {
        const last = v128.bitselect(v128.load(src.value), v128.zero, v128.laneMask(planes - moved));
        f.emit(v128.store(dst.value, last));
      }
      f.emit(src.set(i32.add(src.value, i32.const((row.channels - moved) * 4))));
      f.emit(dst.set(i32.add(dst.value, i32.const((pixel - moved) * 4))));
    });
  });
}
