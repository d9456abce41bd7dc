import { f32, f32x4, f64, f64x2, upperHalf, v128 } from '../../../../emit/code.js';
import type { FunctionHandle, ModuleWriter } from '../../../../emit/module.js';
import { STAGE } from '../stageArguments.js';
import type { Target } from '../target.js';
import { emitReadyRow, type RowStageShape } from './readyRow.js';
import { MASK_CHANNELS, rowPixels } from './rows.js';

export interface ChannelSumShape extends RowStageShape {
  /** Real channels. */
  readonly planes: number;
}

/** Stage, one work item per row: the channels of each pixel are added up, in doubles. */
export function emitChannelSum(
  module: ModuleWriter,
  target: Target,
  shape: ChannelSumShape,
): FunctionHandle {
  const { row, planes } = shape;
  const key = `channel sum ${JSON.stringify([target.fma, target.joins, shape])}`;
  return module.define(key, STAGE, (f, item, args, scratch) => {
    const places = { item, args, scratch };
    const { src, dst } = emitReadyRow(f, module, target, shape, places, MASK_CHANNELS);
    const [value, sum] = f.locals('v128', 2);
    f.repeat(f.local('i32'), rowPixels(row), 1, () => {
      f.emit(sum.set(v128.zero));
      for (let c = 0; c < planes; c += 4) {
        const all = v128.load(src.value, 4 * c);
        const lanes = Math.min(4, planes - c);
        f.emit(value.set(lanes === 4 ? all : v128.and(all, v128.laneMask(lanes))));
        const both = f64x2.add(
          f64x2.promoteLow(value.value),
          f64x2.promoteLow(upperHalf(value.value)),
        );
        f.emit(sum.set(f64x2.add(sum.value, both)));
      }
      const lane = (n: number) => f64x2.extractLane(sum.value, n);
      const total = f32.demote(f64.add(lane(0), lane(1)));
      f.emit(v128.store(dst.value, f32x4.replaceLane(v128.zero, total, 0)));
      f.advance(src, row.channels * 4);
      f.advance(dst, MASK_CHANNELS * 4);
    });
  });
}
