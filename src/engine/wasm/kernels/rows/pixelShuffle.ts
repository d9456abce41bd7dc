import { f32, f32x4, v128 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import { STAGE } from '../stageArguments.js';
import type { Target } from '../target.js';
import { emitReadyRow, type RowStageShape } from './readyRow.js';
import { rowPixels } from './rows.js';

export interface PixelShuffleShape extends RowStageShape {
  readonly factor: number;
  /** Real channels of the result, and with padding. */
  readonly planes: number;
  readonly pixel: number;
}

/** Stage, one work item per row of the source: each of its pixels becomes a block. */
export function emitPixelShuffle(
  module: ModuleWriter,
  target: Target,
  shape: PixelShuffleShape,
): FunctionHandle {
  const { row, factor, pixel } = shape;
  const key = `pixel shuffle ${JSON.stringify([target.fma, target.joins, shape])}`;
  return module.define(key, STAGE, (f, item, args, scratch) => {
    const floats = pixel * factor * factor;
    const { src, dst } = emitReadyRow(f, module, target, shape, { item, args, scratch }, floats);
    const x = f.local('i32');
    const rowBytes = rowPixels(row) * factor * pixel * 4;
    f.repeat(x, rowPixels(row), 1, () => {
      for (let i = 0; i < factor; i++) {
        for (let j = 0; j < factor; j++) {
          emitPixel(f, shape, { src, dst }, i * factor + j, i * rowBytes + j * pixel * 4);
        }
      }
      f.advance(src, row.channels * 4);
      f.advance(dst, factor * pixel * 4);
    });
  });
}

/** Every so many floats one, from `first` on, become a pixel that lies `to` bytes behind `dst`; the pointers come back. */
function emitPixel(
  f: FunctionWriter,
  { factor, planes }: PixelShuffleShape,
  { src, dst }: Readonly<Record<'src' | 'dst', Local>>,
  first: number,
  to: number,
): void {
  const step = factor * factor * 4;
  const value = f.local('v128');
  const emitVector = (lanes: number) => {
    f.emit(value.set(v128.zero));
    for (let lane = 0; lane < lanes; lane++) {
      const element = f32.load(src.value, first * 4 + lane * step);
      f.emit(value.set(f32x4.replaceLane(value.value, element, lane)));
    }
    f.emit(v128.store(dst.value, value.value, to));
  };
  const whole = planes >> 2;
  f.repeat(f.local('i32'), whole, 1, () => {
    emitVector(4);
    f.advance(src, 4 * step);
    f.advance(dst, 16);
  });
  if (planes % 4 > 0) emitVector(planes % 4);
  f.advance(src, -4 * step * whole);
  f.advance(dst, -16 * whole);
}
