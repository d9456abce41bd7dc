import { type Code, f32x4, shuffle, v128 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import { STAGE } from '../stageArguments.js';
import type { Target } from '../target.js';
import { writeExponential } from './exponential.js';
import { eachVector, firstLanes } from './lanes.js';
import { emitReadyRow, type RowStageShape } from './readyRow.js';
import { rowPixels } from './rows.js';

export interface SoftmaxShape extends RowStageShape {
  /** Real channels. */
  readonly planes: number;
}

/** Stage, one work item per row: the channels of each pixel as shares of 1. Channels that are padding are zeros. */
export function emitSoftmax(
  module: ModuleWriter,
  target: Target,
  shape: SoftmaxShape,
): FunctionHandle {
  const { row, planes } = shape;
  const { channels } = row;
  const key = `softmax ${JSON.stringify([target.fma, target.joins, shape])}`;
  return module.define(key, STAGE, (f, item, args, scratch) => {
    const { src, dst } = emitReadyRow(f, module, target, shape, { item, args, scratch }, channels);
    const x = f.local('i32');
    const [most, sum, value] = f.locals('v128', 3);
    const lowest = f.constant(f32x4.splat(Number.NEGATIVE_INFINITY));
    f.repeat(x, rowPixels(row), 1, () => {
      f.emit(most.set(lowest), sum.set(v128.zero));
      eachVector(f, planes, [src], (lanes) => {
        const loaded = firstLanes(v128.load(src.value), lowest, lanes);
        f.emit(most.set(f32x4.max(most.value, loaded)));
      });
      writeAcross(f, most, f32x4.max);
      eachVector(f, planes, [src, dst], (lanes) => {
        f.emit(value.set(f32x4.sub(v128.load(src.value), most.value)));
        writeExponential(f, value);
        f.emit(value.set(firstLanes(value.value, v128.zero, lanes)));
        f.emit(sum.set(f32x4.add(sum.value, value.value)));
        f.emit(v128.store(dst.value, value.value));
      });
      writeAcross(f, sum, f32x4.add);
      eachVector(f, planes, [dst], (lanes) => {
        const share = f32x4.div(v128.load(dst.value), sum.value);
        f.emit(v128.store(dst.value, firstLanes(share, v128.zero, lanes)));
      });
      for (const pointer of [src, dst]) f.advance(pointer, channels * 4);
    });
  });
}

/** All lanes become what the four come to. */
function writeAcross(f: FunctionWriter, vector: Local, combine: (a: Code, b: Code) => Code): void {
  for (const bytes of [8, 4]) {
    const turned = Array.from({ length: 16 }, (_, i) => (i + bytes) % 16);
    const { value } = vector;
    f.emit(vector.set(combine(value, shuffle(value, value, turned))));
  }
}
