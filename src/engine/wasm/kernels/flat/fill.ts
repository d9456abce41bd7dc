import { i32, v128 } from '../../../../emit/code.js';
import type { FunctionHandle, ModuleWriter } from '../../../../emit/module.js';
import { loadArguments, STAGE } from '../stageArguments.js';

export interface FillShape {
  /** Real channels. */
  readonly planes: number;
  readonly width: number;
  /** Whether one number goes with all channels. */
  readonly isOne: boolean;
}

export const FILL_ARGS = ['source', 'to'] as const;

/** Stage, one work item per row of pixels: each of them gets the same numbers. */
export function emitFill(module: ModuleWriter, shape: FillShape): FunctionHandle {
  const { planes, width, isOne } = shape;
  const channels = Math.ceil(planes / 4) * 4;
  return module.define(`fill ${JSON.stringify(shape)}`, STAGE, (f, item, args) => {
    const { source, to } = loadArguments(f, args, FILL_ARGS);
    const [row, pixel] = f.locals('i32', 2);
    const value = f.local('v128');
    const rowBytes = width * channels * 4;
    f.emit(row.set(i32.add(to.value, i32.mul(item.value, i32.const(rowBytes)))));
    for (let c = 0; c < channels; c += 4) {
      f.emit(value.set(isOne ? v128.load32Splat(source.value) : v128.load(source.value, 4 * c)));
      // Channels that there are not are zeros.
      const lanes = v128.laneMask(Math.min(4, planes - c));
      f.emit(value.set(v128.bitselect(value.value, v128.zero, lanes)), pixel.set(row.value));
      f.repeat(f.local('i32'), width, 1, () => {
        f.emit(v128.store(pixel.value, value.value, 4 * c));
        f.advance(pixel, channels * 4);
      });
    }
  });
}
