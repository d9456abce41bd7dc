import { f32x4, i32, v128 } from '../../../../emit/code.js';
import type { FunctionHandle, ModuleWriter } from '../../../../emit/module.js';
import { argumentLoads, STAGE } from '../stageArguments.js';
import { COPY_ARGS } from './copy.js';
import { eachVector, firstLanes } from './lanes.js';
import { MASK_CHANNELS } from './rows.js';

export interface DivideShape {
  readonly width: number;
  /** Real channels, and with padding. */
  readonly planes: number;
  readonly channels: number;
  /** Whether the divisor has one channel, which goes with all. */
  readonly isMask: boolean;
}

/** Stage, one work item per row: a value by another. Channels that are padding, of both, are zeros afterwards. */
export function emitDivide(module: ModuleWriter, shape: DivideShape): FunctionHandle {
  const { width, planes, channels, isMask } = shape;
  return module.define(`divide ${JSON.stringify(shape)}`, STAGE, (f, item, args) => {
    const value = argumentLoads(args, COPY_ARGS);
    const [src, other, dst, x] = f.locals('i32', 4);
    const row = i32.mul(item.value, i32.const(width * channels * 4));
    const masks = i32.mul(item.value, i32.const(width * MASK_CHANNELS * 4));
    f.emit(
      src.set(i32.add(value.src, row)),
      dst.set(i32.add(value.dst, row)),
      other.set(i32.add(value.other, isMask ? masks : row)),
    );
    f.repeat(x, width, 1, () => {
      const pointers = isMask ? [src, dst] : [src, other, dst];
      eachVector(f, planes, pointers, (lanes) => {
        const divisor = isMask ? v128.load32Splat(other.value) : v128.load(other.value);
        const quotient = f32x4.div(v128.load(src.value), divisor);
        f.emit(v128.store(dst.value, firstLanes(quotient, v128.zero, lanes)));
      });
      for (const pointer of [src, dst]) f.advance(pointer, channels * 4);
      f.advance(other, (isMask ? MASK_CHANNELS : channels) * 4);
    });
  });
}
