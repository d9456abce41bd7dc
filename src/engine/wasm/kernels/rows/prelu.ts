import { f32x4, v128 } from '../../../../emit/code.js';
import type { FunctionHandle, ModuleWriter } from '../../../../emit/module.js';
import { argumentLoads, STAGE } from '../stageArguments.js';
import type { Target } from '../target.js';
import { emitReadyRow, ROW_ARGS, type RowStageShape } from './readyRow.js';
import { rowPixels } from './rows.js';

export interface PreluShape extends RowStageShape {
  /** Whether one slope goes with all channels. */
  readonly isOne: boolean;
}

/** Stage, one work item per row: what is below zero times the slope of its channel. */
export function emitPrelu(module: ModuleWriter, target: Target, shape: PreluShape): FunctionHandle {
  const { row, isOne } = shape;
  const { channels } = row;
  const key = `prelu ${JSON.stringify([target.fma, target.joins, shape])}`;
  return module.define(key, STAGE, (f, item, args, scratch) => {
    const { src, dst } = emitReadyRow(f, module, target, shape, { item, args, scratch }, channels);
    const slopes = f.local('i32');
    const value = f.local('v128');
    f.repeat(f.local('i32'), rowPixels(row), 1, () => {
      f.emit(slopes.set(argumentLoads(args, ROW_ARGS).weights));
      f.repeat(f.local('i32'), channels, 4, () => {
        f.emit(value.set(v128.load(src.value)));
        const slope = isOne ? v128.load32Splat(slopes.value) : v128.load(slopes.value);
        const below = f32x4.mul(value.value, slope);
        const isAbove = f32x4.gt(value.value, v128.zero);
        f.emit(v128.store(dst.value, v128.bitselect(value.value, below, isAbove)));
        for (const pointer of isOne ? [src, dst] : [src, dst, slopes]) f.advance(pointer, 16);
      });
    });
  });
}
