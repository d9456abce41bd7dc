import { type Code, f32, f32x4, v128 } from '../../../../emit/code.js';
import type { FunctionHandle, ModuleWriter } from '../../../../emit/module.js';
import type { ChannelOperation } from '../../../shared/fuse/lazyValue.js';
import { loadArguments, STAGE } from '../stageArguments.js';
import { NORM_ROWS } from './operations.js';

export interface ScaleShape {
  /** Real channels, and with padding. */
  readonly planes: number;
  readonly channels: number;
  readonly operation: ChannelOperation;
  /** Whether there are factors that the operation comes on top of. */
  readonly hasFactors: boolean;
  /** Whether one number goes with all channels. */
  readonly isOne: boolean;
}

export const SCALE_ARGS = ['factors', 'by', 'norm'] as const;

/** Stage: what is done to each channel of a value by one number becomes the factors of a norm. */
export function emitScale(module: ModuleWriter, shape: ScaleShape): FunctionHandle {
  const { planes, channels, operation, hasFactors, isOne } = shape;
  const row = (index: number) => index * channels * 4;
  return module.define(`scale ${JSON.stringify(shape)}`, STAGE, (f, _item, args) => {
    const { factors, by, norm } = loadArguments(f, args, SCALE_ARGS);
    const number = f.local('v128');
    const load = (index: number) => v128.load(factors.value, row(index));
    f.repeat(f.local('i32'), channels, 4, () => {
      f.emit(number.set(isOne ? v128.load32Splat(by.value) : v128.load(by.value)));
      for (const index of [NORM_ROWS.meanHigh, NORM_ROWS.meanLow]) {
        f.emit(v128.store(norm.value, hasFactors ? load(index) : v128.zero, row(index)));
      }
      const before = hasFactors
        ? { scale: load(NORM_ROWS.scale), shift: load(NORM_ROWS.shift) }
        : { scale: f32x4.splat(1), shift: null };
      const { scale, shift } = combined(operation, before, number.value);
      f.emit(
        v128.store(norm.value, scale, row(NORM_ROWS.scale)),
        v128.store(norm.value, shift ?? v128.zero, row(NORM_ROWS.shift)),
      );
      for (const pointer of isOne ? [factors, norm] : [factors, by, norm]) f.advance(pointer, 16);
    });
    // Of padding, which stays finite.
    for (let lane = planes - channels; lane < 0; lane++) {
      for (const index of [NORM_ROWS.scale, NORM_ROWS.shift]) {
        f.emit(f32.store(norm.value, f32.const(0), row(index) + 4 * lane));
      }
    }
  });
}

interface Factors {
  readonly scale: Code;
  /** `null` for none, which is not multiplied: an infinity would make NaN of it. */
  readonly shift: Code | null;
}

function combined(operation: ChannelOperation, { scale, shift }: Factors, by: Code): Factors {
  switch (operation) {
    case 'mul':
      return { scale: f32x4.mul(scale, by), shift: shift && f32x4.mul(shift, by) };
    case 'div':
      return { scale: f32x4.div(scale, by), shift: shift && f32x4.div(shift, by) };
    case 'add':
      return { scale, shift: shift === null ? by : f32x4.add(shift, by) };
    case 'sub':
      return { scale, shift: f32x4.sub(shift ?? v128.zero, by) };
    case 'subFrom':
      return {
        scale: f32x4.sub(v128.zero, scale),
        shift: shift === null ? by : f32x4.sub(by, shift),
      };
  }
}

export interface MergeShape {
  readonly channels: number;
  readonly operation: 'add' | 'sub';
}

export const MERGE_ARGS = ['a', 'b', 'norm'] as const;

/**
 * Stage: the sum or the difference of two norms of a value, as one: `b` as if it took off the mean of `a`, by which its shift is
 * another.
 */
export function emitMerge(module: ModuleWriter, shape: MergeShape): FunctionHandle {
  const { channels, operation } = shape;
  const row = (index: number) => index * channels * 4;
  return module.define(`merge ${JSON.stringify(shape)}`, STAGE, (f, _item, args) => {
    const { a, b, norm } = loadArguments(f, args, MERGE_ARGS);
    const combine = f32x4[operation];
    const moved = f.local('v128');
    f.repeat(f.local('i32'), channels, 4, () => {
      const [ofA, ofB] = [a, b].map(
        (factors) => (index: number) => v128.load(factors.value, row(index)),
      );
      const distance = (index: number) => f32x4.sub(ofA(index), ofB(index));
      const between = f32x4.add(distance(NORM_ROWS.meanHigh), distance(NORM_ROWS.meanLow));
      f.emit(moved.set(f32x4.mul(between, ofB(NORM_ROWS.scale))));
      f.emit(moved.set(f32x4.add(moved.value, ofB(NORM_ROWS.shift))));
      for (const index of [NORM_ROWS.meanHigh, NORM_ROWS.meanLow]) {
        f.emit(v128.store(norm.value, ofA(index), row(index)));
      }
      const scale = combine(ofA(NORM_ROWS.scale), ofB(NORM_ROWS.scale));
      f.emit(v128.store(norm.value, scale, row(NORM_ROWS.scale)));
      f.emit(
        v128.store(norm.value, combine(ofA(NORM_ROWS.shift), moved.value), row(NORM_ROWS.shift)),
      );
      for (const pointer of [a, b, norm]) f.advance(pointer, 16);
    });
  });
}
