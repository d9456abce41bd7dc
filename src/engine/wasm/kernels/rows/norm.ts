import {
  type Code,
  f32x4,
  f64x2,
  i32,
  joinHalves,
  upperHalf,
  v128,
} from '../../../../emit/code.js';
import type { FunctionHandle, ModuleWriter } from '../../../../emit/module.js';
import { loadArguments, STAGE } from '../stageArguments.js';
import { NORM_ROWS } from './rows.js';

/** Bytes of the partial sums of one item: `[2][channels]` doubles, Σx and Σx². */
export function partialBytes(channels: number): number {
  return 2 * channels * 8;
}

/**
 * `(src, partial)`: adds the first `channels` of each of a row's pixels to partial sums. In doubles, since
 * Σx² − (Σx)²/n loses every digit of a float32 when the mean is far above the deviation.
 */
export function emitRowSums(
  module: ModuleWriter,
  shape: {
    readonly width: number;
    readonly channels: number;
    /** Channels of a whole pixel, as `src` and `partial` have them. */
    readonly pixel: number;
  },
): FunctionHandle {
  return module.define(`sums ${JSON.stringify(shape)}`, ['i32', 'i32'], (f, src, partial) => {
    const { width, channels, pixel } = shape;
    const c = f.local('i32');
    const x = f.local('i32');
    const at = f.local('i32');
    const value = f.local('v128');
    const half = f.local('v128');
    const sums = f.locals('v128', 2);
    const squares = f.locals('v128', 2);
    f.repeat(c, channels, 4, () => {
      for (const h of [0, 1]) {
        f.emit(sums[h].set(v128.load(partial.value, 16 * h)));
        f.emit(squares[h].set(v128.load(partial.value, pixel * 8 + 16 * h)));
      }
      f.emit(at.set(src.value));
      f.repeat(x, width, 1, () => {
        f.emit(value.set(v128.load(at.value)));
        for (const h of [0, 1]) {
          const part = h === 0 ? value.value : upperHalf(value.value);
          f.emit(half.set(f64x2.promoteLow(part)));
          f.emit(sums[h].set(f64x2.add(sums[h].value, half.value)));
          const square = f64x2.mul(half.value, half.value);
          f.emit(squares[h].set(f64x2.add(squares[h].value, square)));
        }
        f.emit(at.set(i32.add(at.value, i32.const(pixel * 4))));
      });
      for (const h of [0, 1]) {
        f.emit(v128.store(partial.value, sums[h].value, 16 * h));
        f.emit(v128.store(partial.value, squares[h].value, pixel * 8 + 16 * h));
      }
      f.emit(src.set(i32.add(src.value, i32.const(16))));
      f.emit(partial.set(i32.add(partial.value, i32.const(32))));
    });
  });
}

export interface NormShape {
  readonly channels: number;
  /** Elements a channel. */
  readonly count: number;
  /** How many items left partial sums. */
  readonly items: number;
  readonly eps: number;
}

export const NORM_ARGS = ['partials', 'weight', 'bias', 'norm'] as const;

/**
 * Stage: adds up the partial sums, in the order of the items and so alike for every number of threads,
 * and leaves the four rows that a row kernel needs.
 */
export function emitNorm(module: ModuleWriter, shape: NormShape): FunctionHandle {
  const key = `norm ${JSON.stringify(shape)}`;
  return module.define(key, STAGE, (f, _item, args) => {
    const { channels, count, items, eps } = shape;
    const { partials, weight, bias, norm } = loadArguments(f, args, NORM_ARGS);
    const c = f.local('i32');
    const item = f.local('i32');
    const at = f.local('i32');
    const mean = f.locals('v128', 2);
    const squares = f.locals('v128', 2);
    const high = f.local('v128');
    const scale = f.locals('v128', 2);
    const row = (index: number) => index * channels * 4;
    f.repeat(c, channels, 4, () => {
      for (const local of [...mean, ...squares]) f.emit(local.set(v128.zero));
      f.emit(at.set(partials.value));
      f.repeat(item, items, 1, () => {
        for (const h of [0, 1]) {
          f.emit(mean[h].set(f64x2.add(mean[h].value, v128.load(at.value, 16 * h))));
          const square = v128.load(at.value, channels * 8 + 16 * h);
          f.emit(squares[h].set(f64x2.add(squares[h].value, square)));
        }
        f.emit(at.set(i32.add(at.value, i32.const(partialBytes(channels)))));
      });
      for (const h of [0, 1]) {
        f.emit(mean[h].set(f64x2.mul(mean[h].value, f64x2.splat(1 / count))));
        const meanSquare = f64x2.mul(squares[h].value, f64x2.splat(1 / count));
        const variance = f64x2.sub(meanSquare, f64x2.mul(mean[h].value, mean[h].value));
        const positive = f64x2.pmax(variance, v128.zero);
        const deviation = f64x2.sqrt(f64x2.add(positive, f64x2.splat(eps)));
        const w = v128.load(weight.value);
        const wide = f64x2.promoteLow(h === 0 ? w : upperHalf(w));
        f.emit(scale[h].set(f64x2.div(wide, deviation)));
      }
      const demote = (low: Code, up: Code) =>
        joinHalves(f32x4.demoteF64x2(low), f32x4.demoteF64x2(up));
      f.emit(high.set(demote(mean[0].value, mean[1].value)));
      const lost = (h: number) =>
        f64x2.sub(mean[h].value, f64x2.promoteLow(h === 0 ? high.value : upperHalf(high.value)));
      f.emit(
        v128.store(norm.value, high.value, row(NORM_ROWS.meanHigh)),
        v128.store(norm.value, demote(lost(0), lost(1)), row(NORM_ROWS.meanLow)),
        v128.store(norm.value, demote(scale[0].value, scale[1].value), row(NORM_ROWS.scale)),
        v128.store(norm.value, v128.load(bias.value), row(NORM_ROWS.shift)),
      );
      f.emit(partials.set(i32.add(partials.value, i32.const(32))));
      for (const pointer of [weight, bias, norm]) {
        f.emit(pointer.set(i32.add(pointer.value, i32.const(16))));
      }
    });
  });
}
