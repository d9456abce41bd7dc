import { type Code, f32, f64, i32, v128 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import { loadArguments, STAGE } from '../stageArguments.js';
import { type NormShape, writeItemSums } from './norm.js';
import { NORM_GRADIENT_ROWS, NORM_ROWS } from './operations.js';

export const NORM_GRADIENT_ARGS = ['partials', 'norm', 'factors'] as const;

/**
 * Stage: adds up the partial sums of a gradient (`gradientSums.ts`), in the order of the items and so alike for every number of
 * threads, and leaves the rows that a row kernel needs: those of the norm, and those of its gradient.
 *
 * With x the value, m its mean, s its deviation with `eps`, and g the gradient of the norm's result, that of x is
 * `(g − mean(g)) / s − (x − m) · Σ g (x − m) / (s² · t · n)`, where t is s, or the deviation itself, if `eps` comes on top of it.
 */
export function emitNormGradient(module: ModuleWriter, shape: NormShape): FunctionHandle {
  return module.define(
    `norm gradient ${JSON.stringify(shape)}`,
    STAGE,
    (f, _item, args, scratch) => {
      const { partials, norm, factors } = loadArguments(f, args, NORM_GRADIENT_ARGS);
      writeNorm(f, shape.channels, norm, factors);
      writeItemSums(f, shape, partials, scratch);
      writeGradientFactors(f, shape, scratch, factors);
    },
  );
}

/** The norm's own factors, and zeros behind them, which stay in the channels that are padding. */
function writeNorm(f: FunctionWriter, channels: number, norm: Local, factors: Local): void {
  const at = f.local('i32');
  f.emit(at.set(factors.value));
  f.repeat(f.local('i32'), NORM_ROWS.count * channels, 4, () => {
    f.emit(v128.store(at.value, v128.load(norm.value)));
    for (const pointer of [at, norm]) f.advance(pointer, 16);
  });
  f.repeat(f.local('i32'), (NORM_GRADIENT_ROWS.count - NORM_ROWS.count) * channels, 4, () => {
    f.emit(v128.store(at.value, v128.zero));
    f.advance(at, 16);
  });
}

/** Group by group, since its channels have mean and deviation in common. */
function writeGradientFactors(
  f: FunctionWriter,
  { planes, channels, perGroup, count, eps, correction, epsOutside }: NormShape,
  scratch: Local,
  factors: Local,
): void {
  const [from, to] = f.locals('i32', 2);
  const [sum, product, inverse, slope, offset] = f.locals('f64', 5);
  const size = perGroup * count;
  const row = (index: number) => index * channels * 4;
  const factor = (at: Code, index: number) => f64.promote(f32.load(at, row(index)));
  f.repeat(f.local('i32'), planes / perGroup, 1, () => {
    f.emit(sum.set(f64.const(0)), product.set(f64.const(0)), from.set(scratch.value));
    f.repeat(f.local('i32'), perGroup, 1, () => {
      f.emit(
        sum.set(f64.add(sum.value, f64.load(from.value))),
        product.set(f64.add(product.value, f64.load(from.value, channels * 8))),
      );
      f.advance(from, 8);
    });
    f.emit(scratch.set(from.value));
    const low = factor(factors.value, NORM_ROWS.meanLow);
    const rest = f64.sub(product.value, f64.mul(low, sum.value));
    const inside = inverse.value;
    const outside = f64.div(
      f64.const(1),
      // A deviation of 0 may not come out as that; what it divides is 0 then.
      f64.max(f64.sub(f64.div(f64.const(1), inverse.value), f64.const(eps)), f64.const(eps * 1e-6)),
    );
    const squared = f64.mul(inverse.value, inverse.value);
    const share = f64.mul(squared, epsOutside ? outside : inside);
    const mean = f64.mul(inverse.value, f64.div(sum.value, f64.const(size)));
    f.emit(
      inverse.set(factor(factors.value, NORM_ROWS.scale)),
      slope.set(f64.div(f64.mul(rest, share), f64.const(size - correction))),
      offset.set(f64.sub(f64.mul(low, slope.value), mean)),
      to.set(i32.add(factors.value, i32.const(4 * perGroup))),
    );
    f.while(i32.lt(factors.value, to.value), () => {
      const { scale, slope: along, offset: constant } = NORM_GRADIENT_ROWS;
      const store = (value: Code, index: number) =>
        f.emit(f32.store(factors.value, f32.demote(value), row(index)));
      store(inverse.value, scale);
      store(f64.sub(f64.const(0), slope.value), along);
      store(offset.value, constant);
      f.advance(factors, 4);
    });
  });
}
