import {
  type Code,
  f32x4,
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
import { multiplyAdd, type Target } from '../target.js';

export interface LinearShape {
  /** Features with padding: weights are rows of so many floats, padded with zeros. */
  readonly features: number;
  /** Rows of weights a work item, a multiple of 4. */
  readonly rowsPerItem: number;
  /** All of them, with padding. */
  readonly rows: number;
}

export const LINEAR_ARGS = ['src', 'weights', 'bias', 'out'] as const;

/** Results that are added up side by side. */
const LINEAR_ROWS = 4;
/** Vectors whose products are added up in float32, before doubles take the sum: rounding does not grow with the features. */
const BLOCK = 64;

/** Products that are worth a work item. */
const ITEM_PRODUCTS = 1 << 16;

/** `rows` is a multiple of 4, as are the features. */
export function linearShape(features: number, rows: number): LinearShape {
  const most = Math.max(1, Math.floor(ITEM_PRODUCTS / features / LINEAR_ROWS)) * LINEAR_ROWS;
  return { features, rows, rowsPerItem: Math.min(rows, most) };
}

/** Stage, so many results a work item: weighted sums of all features. */
export function emitLinear(
  module: ModuleWriter,
  target: Target,
  shape: LinearShape,
): FunctionHandle {
  const { features, rowsPerItem, rows } = shape;
  const key = `linear ${JSON.stringify([target.fma, shape])}`;
  return module.define(key, STAGE, (f, item, args) => {
    const { src, weights, bias, out } = loadArguments(f, args, LINEAR_ARGS);
    const [row, end, at, from] = f.locals('i32', 4);
    const totals = f.locals('v128', LINEAR_ROWS);
    f.emit(row.set(i32.mul(item.value, i32.const(rowsPerItem))));
    f.emit(end.set(i32.add(row.value, i32.const(rowsPerItem))));
    f.for(row, row.value, i32.min(end.value, i32.const(rows)), LINEAR_ROWS, () => {
      const offset = i32.mul(row.value, i32.const(features * 4));
      f.emit(from.set(src.value), at.set(i32.add(weights.value, offset)));
      for (const total of totals) f.emit(total.set(v128.zero));
      emitProducts(f, target, features, { from, at, totals });
      const place = i32.mul(row.value, i32.const(4));
      const sum = f32x4.add(inOneVector(totals), v128.load(i32.add(bias.value, place)));
      f.emit(v128.store(i32.add(out.value, place), sum));
    });
  });
}

/** Adds the products of all features to the totals, each two doubles; moves both pointers behind them. */
function emitProducts(
  f: FunctionWriter,
  target: Target,
  features: number,
  { from, at, totals }: { from: Local; at: Local; totals: readonly Local[] },
): void {
  const value = f.local('v128');
  const sums = f.locals('v128', LINEAR_ROWS);
  const block = (vectors: number) => {
    for (const sum of sums) f.emit(sum.set(v128.zero));
    f.repeat(f.local('i32'), vectors, 1, () => {
      f.emit(value.set(v128.load(from.value)));
      for (const [r, sum] of sums.entries()) {
        const weight = v128.load(at.value, r * features * 4);
        f.emit(sum.set(multiplyAdd(target, value.value, weight, sum.value)));
      }
      for (const pointer of [from, at]) f.advance(pointer, 16);
    });
    for (const [r, { value: sum }] of sums.entries()) {
      const both = f64x2.add(f64x2.promoteLow(sum), f64x2.promoteLow(upperHalf(sum)));
      f.emit(totals[r].set(f64x2.add(totals[r].value, both)));
    }
  };
  const vectors = features / 4;
  f.repeat(f.local('i32'), Math.floor(vectors / BLOCK), 1, () => block(BLOCK));
  if (vectors % BLOCK > 0) block(vectors % BLOCK);
}

/** Four totals of two doubles each as four floats. */
function inOneVector(totals: readonly Local[]): Code {
  const [a, b, c, d] = totals.map(({ value }) => f64x2.add(value, upperHalf(value)));
  return joinHalves(f32x4.demoteF64x2(joinHalves(a, b)), f32x4.demoteF64x2(joinHalves(c, d)));
}
