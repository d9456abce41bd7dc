import {
  type Code,
  f32x4,
  f64,
  f64x2,
  i32,
  joinHalves,
  upperHalf,
  v128,
} from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import { loadArguments, STAGE } from '../stageArguments.js';
import { NORM_ROWS } from './operations.js';

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
    /** Floats from one pixel to the next in `src`, if others. */
    readonly apart?: number;
  },
): FunctionHandle {
  return module.define(`sums ${JSON.stringify(shape)}`, ['i32', 'i32'], (f, src, partial) => {
    const { width, channels, pixel, apart = pixel } = shape;
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
        f.emit(at.set(i32.add(at.value, i32.const(apart * 4))));
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
  /** Real channels, and with padding. */
  readonly planes: number;
  readonly channels: number;
  /** Channels that are normalised together. */
  readonly perGroup: number;
  /** Elements per channel. */
  readonly count: number;
  /** How many items left partial sums. */
  readonly items: number;
  readonly eps: number;
  /** What is taken off the number of elements that squares are divided by. */
  readonly correction: 0 | 1;
  /** Whether `eps` is added to the standard deviation instead of the variance. */
  readonly epsOutside: boolean;
}

export const NORM_ARGS = ['partials', 'weight', 'bias', 'norm'] as const;

/** Bytes of scratch memory: `[2][channels]` doubles. */
export function normScratch({ channels }: Pick<NormShape, 'channels'>): number {
  return 2 * channels * 8;
}

/**
 * Stage: adds up the partial sums, in the order of the items and so alike for every number of threads, merges the channels of
 * a group, and leaves the four rows that a row kernel needs.
 */
export function emitNorm(module: ModuleWriter, shape: NormShape): FunctionHandle {
  const key = `norm ${JSON.stringify(shape)}`;
  return module.define(key, STAGE, (f, _item, args, scratch) => {
    const { partials, weight, bias, norm } = loadArguments(f, args, NORM_ARGS);
    writeChannelMoments(f, shape, partials, scratch);
    writeGroups(f, shape, scratch);
    writeFactors(f, shape, scratch, { weight, bias, norm });
  });
}

export interface VarianceShape extends Pick<NormShape, 'channels' | 'count' | 'items'> {
  readonly correction: 0 | 1;
}

export const VARIANCE_ARGS = ['partials', 'variance'] as const;

/** Stage: the variance of each channel, by the same partial sums. */
export function emitVariance(module: ModuleWriter, shape: VarianceShape): FunctionHandle {
  const { channels, count, correction } = shape;
  return module.define(`variance ${JSON.stringify(shape)}`, STAGE, (f, _item, args, scratch) => {
    const { partials, variance } = loadArguments(f, args, VARIANCE_ARGS);
    writeChannelMoments(f, shape, partials, scratch);
    const share = f.constant(f64x2.splat(1 / (count - correction)));
    const mean = (h: number) => f64x2.mul(v128.load(scratch.value, channels * 8 + 16 * h), share);
    f.repeat(f.local('i32'), channels, 4, () => {
      const means = joinHalves(f32x4.demoteF64x2(mean(0)), f32x4.demoteF64x2(mean(1)));
      f.emit(v128.store(variance.value, means));
      f.advance(scratch, 32);
      f.advance(variance, 16);
    });
  });
}

export const JOIN_SUMS_ARGS = ['partials', 'to'] as const;

/** Stage: partial sums of items, in their order, become those of one item: of a value that is normalised together with others. */
export function emitJoinSums(
  module: ModuleWriter,
  shape: Pick<NormShape, 'channels' | 'items'>,
): FunctionHandle {
  const { channels, items } = shape;
  return module.define(`join sums ${JSON.stringify(shape)}`, STAGE, (f, _item, args) => {
    const { partials, to } = loadArguments(f, args, JOIN_SUMS_ARGS);
    writeItemSums(f, { channels, items }, partials, to);
  });
}

/** Adds up the partial sums of items, `[2][channels]` doubles each. Moves `partials` on. */
export function writeItemSums(
  f: FunctionWriter,
  { channels, items }: Pick<NormShape, 'channels' | 'items'>,
  partials: Local,
  result: Local,
): void {
  const [at, to] = f.locals('i32', 2);
  const sum = f.local('v128');
  f.emit(to.set(result.value));
  f.repeat(f.local('i32'), 2 * channels, 2, () => {
    f.emit(sum.set(v128.zero), at.set(partials.value));
    f.repeat(f.local('i32'), items, 1, () => {
      f.emit(sum.set(f64x2.add(sum.value, v128.load(at.value))));
      f.advance(at, partialBytes(channels));
    });
    f.emit(v128.store(to.value, sum.value));
    for (const pointer of [partials, to]) f.advance(pointer, 16);
  });
}

/** Of each channel, its mean and the squares of what differs from it, added up. */
function writeChannelMoments(
  f: FunctionWriter,
  { channels, count, items }: Pick<NormShape, 'channels' | 'count' | 'items'>,
  partials: Local,
  scratch: Local,
): void {
  const [c, item, at, to] = f.locals('i32', 4);
  const sums = f.locals('v128', 2);
  const squares = f.locals('v128', 2);
  const mean = f.local('v128');
  f.emit(to.set(scratch.value));
  f.repeat(c, channels, 4, () => {
    for (const local of [...sums, ...squares]) f.emit(local.set(v128.zero));
    f.emit(at.set(partials.value));
    f.repeat(item, items, 1, () => {
      for (const h of [0, 1]) {
        f.emit(sums[h].set(f64x2.add(sums[h].value, v128.load(at.value, 16 * h))));
        const square = v128.load(at.value, channels * 8 + 16 * h);
        f.emit(squares[h].set(f64x2.add(squares[h].value, square)));
      }
      f.advance(at, partialBytes(channels));
    });
    for (const h of [0, 1]) {
      f.emit(mean.set(f64x2.mul(sums[h].value, f64x2.splat(1 / count))));
      const rest = f64x2.sub(squares[h].value, f64x2.mul(sums[h].value, mean.value));
      f.emit(v128.store(to.value, mean.value, 16 * h));
      f.emit(v128.store(to.value, f64x2.pmax(rest, v128.zero), channels * 8 + 16 * h));
    }
    for (const pointer of [partials, to]) f.advance(pointer, 32);
  });
}

/**
 * In place of its moments, each channel gets the mean of its group and one over the deviation; padding gets zeros.
 * @see Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances" (1979)
 */
function writeGroups(f: FunctionWriter, shape: NormShape, scratch: Local): void {
  const { planes, channels, perGroup, count, eps, correction, epsOutside } = shape;
  const [group, start, at, i] = f.locals('i32', 4);
  const [mean, squares, distance] = f.locals('f64', 3);
  const second = channels * 8;
  const forEachChannel = (body: () => void) => {
    f.emit(at.set(start.value));
    f.repeat(i, perGroup, 1, () => {
      body();
      f.advance(at, 8);
    });
  };
  f.emit(start.set(scratch.value));
  f.repeat(group, planes / perGroup, 1, () => {
    for (const local of [mean, squares]) f.emit(local.set(f64.const(0)));
    forEachChannel(() => f.emit(mean.set(f64.add(mean.value, f64.load(at.value)))));
    f.emit(mean.set(f64.div(mean.value, f64.const(perGroup))));
    forEachChannel(() => {
      f.emit(distance.set(f64.sub(f64.load(at.value), mean.value)));
      const between = f64.mul(f64.mul(distance.value, distance.value), f64.const(count));
      const both = f64.add(f64.load(at.value, second), between);
      f.emit(squares.set(f64.add(squares.value, both)));
    });
    const variance = f64.div(squares.value, f64.const(perGroup * count - correction));
    const deviation = epsOutside
      ? f64.add(f64.sqrt(variance), f64.const(eps))
      : f64.sqrt(f64.add(variance, f64.const(eps)));
    f.emit(squares.set(f64.div(f64.const(1), deviation)));
    forEachChannel(() => {
      f.emit(f64.store(at.value, mean.value), f64.store(at.value, squares.value, second));
    });
    f.advance(start, 8 * perGroup);
  });
  for (let lane = planes; lane < channels; lane++) {
    for (const row of [0, second]) {
      f.emit(f64.store(scratch.value, f64.const(0), row + 8 * lane));
    }
  }
}

/** Means and one over deviations become rows of float32. */
function writeFactors(
  f: FunctionWriter,
  { channels }: NormShape,
  scratch: Local,
  { weight, bias, norm }: Readonly<Record<'weight' | 'bias' | 'norm', Local>>,
): void {
  const [c, from] = f.locals('i32', 2);
  const high = f.local('v128');
  const row = (index: number) => index * channels * 4;
  const demote = (value: (h: number) => Code) =>
    joinHalves(f32x4.demoteF64x2(value(0)), f32x4.demoteF64x2(value(1)));
  const promote = (value: Code, h: number) => f64x2.promoteLow(h === 0 ? value : upperHalf(value));
  f.emit(from.set(scratch.value));
  f.repeat(c, channels, 4, () => {
    const mean = (h: number) => v128.load(from.value, 16 * h);
    const scale = (h: number) =>
      f64x2.mul(v128.load(from.value, channels * 8 + 16 * h), promote(v128.load(weight.value), h));
    f.emit(high.set(demote(mean)));
    const lost = (h: number) => f64x2.sub(mean(h), promote(high.value, h));
    f.emit(
      v128.store(norm.value, high.value, row(NORM_ROWS.meanHigh)),
      v128.store(norm.value, demote(lost), row(NORM_ROWS.meanLow)),
      v128.store(norm.value, demote(scale), row(NORM_ROWS.scale)),
      v128.store(norm.value, v128.load(bias.value), row(NORM_ROWS.shift)),
    );
    f.advance(from, 32);
    for (const pointer of [weight, bias, norm]) f.advance(pointer, 16);
  });
}
