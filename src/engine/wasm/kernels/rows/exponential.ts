import { type Code, f32x4, i32, i32x4, v128 } from '../../../../emit/code.js';
import type { FunctionWriter, Local } from '../../../../emit/module.js';

/** Below, the exponential is no normal float32, and counts as 0. */
const LEAST = -87.33;
/** ln 2 in two parts, of which multiples of the first are exact. */
const LN2 = [0.693359375, -2.121944400546906e-4] as const;
/** exp(r) = 1 + r + r² · p(r) for |r| ≤ ln 2 / 2, highest power first. @see Cephes, expf.c */
const POLYNOMIAL = [
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1,
  5.0000001201e-1,
];

/** Writes the code that replaces a vector of numbers up to 0 by its exponential, exact to 2e-7 of it. NaN passes. */
export function writeExponential(f: FunctionWriter, value: Local): void {
  const [x, power, rest] = f.locals('v128', 3);
  const splat = (number: number): Code => f.constant(f32x4.splat(number));
  const times = (a: Code, b: number) => f32x4.mul(a, splat(b));
  f.emit(
    x.set(value.value),
    value.set(f32x4.pmax(x.value, splat(LEAST))),
    power.set(f32x4.nearest(times(value.value, Math.LOG2E))),
    rest.set(f32x4.sub(value.value, times(power.value, LN2[0]))),
    rest.set(f32x4.sub(rest.value, times(power.value, LN2[1]))),
  );
  const [highest, ...others] = POLYNOMIAL;
  f.emit(value.set(splat(highest)));
  for (const coefficient of others) {
    f.emit(value.set(f32x4.add(f32x4.mul(value.value, rest.value), splat(coefficient))));
  }
  const square = f32x4.mul(rest.value, rest.value);
  f.emit(value.set(f32x4.add(f32x4.mul(value.value, square), rest.value)));
  f.emit(value.set(f32x4.add(value.value, splat(1))));
  // Two to a power: the number whose exponent that is.
  const exponent = i32x4.add(i32x4.truncate(power.value), i32x4.const(127));
  f.emit(value.set(f32x4.mul(value.value, i32x4.shiftLeft(exponent, i32.const(23)))));
  const isLess = f32x4.gt(splat(LEAST), x.value);
  f.emit(value.set(v128.bitselect(v128.zero, value.value, isLess)));
}
