import {
  type Code,
  f32,
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
import { emitReadyRow, ROW_ARGS, type RowStageShape } from '../rows/readyRow.js';
import { argumentLoads, loadArguments, STAGE } from '../stageArguments.js';
import type { Target } from '../target.js';
import { FLAT_ITEM } from './elementwise.js';

/*
 * Sums of float32 in doubles, in two stages: a work item leaves one for each channel, and one thread adds these up in the order
 * of the items. So they are the same for every number of threads.
 */

/** Bytes of the partial sums of one item. */
export function sumBytes(channels: number): number {
  return channels * 8;
}

/** Adds a vector of floats to two vectors of doubles. */
function addTo(f: FunctionWriter, sums: readonly Local[], value: Local): void {
  for (const [half, sum] of sums.entries()) {
    const part = half === 0 ? value.value : upperHalf(value.value);
    f.emit(sum.set(f64x2.add(sum.value, f64x2.promoteLow(part))));
  }
}

/** Stage, one work item per row: its channels are added up. It has `ROW_ARGS`; partial sums go to `dst`. */
export function emitRowSum(
  module: ModuleWriter,
  target: Target,
  shape: RowStageShape,
): FunctionHandle {
  const { channels, width } = shape.row;
  const key = `row sum ${JSON.stringify([target.fma, target.joins, shape])}`;
  return module.define(key, STAGE, (f, item, args, scratch) => {
    const { src } = emitReadyRow(f, module, target, shape, { item, args, scratch }, channels);
    const [partial, at] = f.locals('i32', 2);
    const sums = f.locals('v128', 2);
    const value = f.local('v128');
    const place = i32.mul(item.value, i32.const(sumBytes(channels)));
    f.emit(partial.set(i32.add(argumentLoads(args, ROW_ARGS).dst, place)));
    f.repeat(f.local('i32'), channels, 4, () => {
      f.emit(at.set(src.value));
      for (const sum of sums) f.emit(sum.set(v128.zero));
      f.repeat(f.local('i32'), width, 1, () => {
        f.emit(value.set(v128.load(at.value)));
        addTo(f, sums, value);
        f.advance(at, channels * 4);
      });
      for (const [half, sum] of sums.entries()) {
        f.emit(v128.store(partial.value, sum.value, 16 * half));
      }
      f.advance(src, 16);
      f.advance(partial, 32);
    });
  });
}

export const FLAT_SUM_ARGS = ['source', 'partials', 'size'] as const;

/** Lanes of the partial sums of flat values. */
export const FLAT_SUM_CHANNELS = 4;

/** Stage, `FLAT_ITEM` elements per work item: they are added up in four lanes. */
export function emitFlatSum(module: ModuleWriter): FunctionHandle {
  return module.define('flat sum', STAGE, (f, item, args) => {
    const { source, partials, size } = loadArguments(f, args, FLAT_SUM_ARGS);
    const [at, end] = f.locals('i32', 2);
    const value = f.local('v128');
    const sums = f.locals('v128', 2);
    const offset = i32.mul(item.value, i32.const(FLAT_ITEM * 4));
    const place = i32.mul(item.value, i32.const(sumBytes(FLAT_SUM_CHANNELS)));
    f.emit(source.set(i32.add(source.value, offset)));
    f.emit(partials.set(i32.add(partials.value, place)));
    f.emit(at.set(i32.mul(item.value, i32.const(FLAT_ITEM))));
    f.emit(end.set(i32.add(at.value, i32.const(FLAT_ITEM))));
    f.emit(end.set(i32.min(end.value, i32.and(size.value, i32.const(-4)))));
    f.for(at, at.value, end.value, 4, () => {
      f.emit(value.set(v128.load(source.value)));
      addTo(f, sums, value);
      f.advance(source, 16);
    });
    // What fills no vector is there in the last item only.
    f.emit(end.set(i32.add(i32.mul(item.value, i32.const(FLAT_ITEM)), i32.const(FLAT_ITEM))));
    f.for(at, at.value, i32.min(end.value, size.value), 1, () => {
      f.emit(value.set(f32x4.replaceLane(v128.zero, f32.load(source.value), 0)));
      addTo(f, sums, value);
      f.advance(source, 4);
    });
    for (const [half, sum] of sums.entries()) {
      f.emit(v128.store(partials.value, sum.value, 16 * half));
    }
  });
}

export interface TotalShape {
  /** Real channels, whose sums count. */
  readonly planes: number;
  /** Those that there are partial sums of, a multiple of 4. */
  readonly channels: number;
  readonly items: number;
  /** Whether the channels are added up, too. */
  readonly isTotal: boolean;
}

export const TOTAL_ARGS = ['partials', 'to'] as const;

/** Stage: adds up the partial sums of each channel, in the order of the items; or those of all channels, too. */
export function emitTotal(module: ModuleWriter, shape: TotalShape): FunctionHandle {
  const { planes, channels, items, isTotal } = shape;
  return module.define(`total ${JSON.stringify(shape)}`, STAGE, (f, _item, args) => {
    const { partials, to } = loadArguments(f, args, TOTAL_ARGS);
    const at = f.local('i32');
    const sums = f.locals('v128', 2);
    const total = f.local('f64');
    for (let c = 0; c < planes; c += 4) {
      f.emit(at.set(i32.add(partials.value, i32.const(c * 8))));
      for (const sum of sums) f.emit(sum.set(v128.zero));
      f.repeat(f.local('i32'), items, 1, () => {
        for (const [half, sum] of sums.entries()) {
          f.emit(sum.set(f64x2.add(sum.value, v128.load(at.value, 16 * half))));
        }
        f.advance(at, sumBytes(channels));
      });
      const lanes = Math.min(4, planes - c);
      if (isTotal) {
        for (let lane = 0; lane < lanes; lane++)
          f.emit(total.set(f64.add(total.value, laneOf(sums, lane))));
      } else {
        const [low, high] = sums.map(({ value }) => f32x4.demoteF64x2(value));
        const all = joinHalves(low, high);
        const kept = lanes === 4 ? all : v128.and(all, v128.laneMask(lanes));
        f.emit(v128.store(to.value, kept, 4 * c));
      }
    }
    if (isTotal) {
      f.emit(v128.store(to.value, v128.zero), f32.store(to.value, f32.demote(total.value)));
    }
  });
}

function laneOf(sums: readonly Local[], lane: number): Code {
  return f64x2.extractLane(sums[lane >> 1].value, lane & 1);
}
