import { f32, i32 } from '../../../../emit/code.js';
import type { FunctionHandle, ModuleWriter } from '../../../../emit/module.js';
import { argumentLoads, STAGE } from '../stageArguments.js';
import type { Target } from '../target.js';
import { COPY_ARGS } from './copy.js';
import { emitReadyRow, type RowStageShape } from './readyRow.js';
import { rowPixels } from './rows.js';

export interface PixelUnshuffleShape extends RowStageShape {
  readonly factor: number;
  /** Real channels of the source. */
  readonly planes: number;
  /** Channels of the result, with padding. */
  readonly pixel: number;
}

/** Stage, one work item per row of the result: blocks of the source's pixels become a pixel each. */
export function emitPixelUnshuffle(
  module: ModuleWriter,
  target: Target,
  shape: PixelUnshuffleShape,
): FunctionHandle {
  const { row, factor, planes, pixel } = shape;
  const key = `pixel unshuffle ${JSON.stringify([target.fma, target.joins, shape])}`;
  const width = rowPixels(row) / factor;
  const block = factor * factor;
  return module.define(key, STAGE, (f, item, args, scratch) => {
    const [y, from, to] = f.locals('i32', 3);
    for (let i = 0; i < factor; i++) {
      f.emit(y.set(i32.add(i32.mul(item.value, i32.const(factor)), i32.const(i))));
      const place = { item: y, args, scratch };
      const { src, dst } = emitReadyRow(f, module, target, shape, place, row.channels);
      const start = i32.mul(item.value, i32.const(width * pixel * 4));
      f.emit(dst.set(i32.add(argumentLoads(args, COPY_ARGS).dst, start)));
      f.repeat(f.local('i32'), width, 1, () => {
        for (let j = 0; j < factor; j++) {
          f.emit(from.set(src.value), to.set(dst.value));
          f.repeat(f.local('i32'), planes, 1, () => {
            f.emit(f32.store(to.value, f32.load(from.value), (i * factor + j) * 4));
            f.advance(from, 4);
            f.advance(to, block * 4);
          });
          f.advance(src, row.channels * 4);
        }
        // Of padding, which stays finite.
        for (let c = planes * block; c < pixel; c++)
          f.emit(f32.store(dst.value, f32.const(0), 4 * c));
        f.advance(dst, pixel * 4);
      });
    }
  });
}
