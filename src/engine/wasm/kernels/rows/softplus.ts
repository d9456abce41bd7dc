import { type Code, f32x4, v128 } from '../../../../emit/code.js';
import type { FunctionWriter, Local } from '../../../../emit/module.js';
import { writeExponential } from './exponential.js';

/** ln 2 in two parts, of which multiples of the first are exact. */
const LN2 = [0.693359375, -2.121944400546906e-4] as const;
/** ln(1 + z) = z − z² / 2 + z³ · p(z) for √½ ≤ 1 + z ≤ √2, highest power first. @see Cephes, logf.c */
const POLYNOMIAL = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1,
  -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
];

/** Writes the code that replaces a vector of numbers x by ln(1 + eˣ), without overflow. NaN passes. */
export function writeSoftplus(f: FunctionWriter, value: Local): void {
  const [power, sum, half, z, log] = f.locals('v128', 5);
  const splat = (number: number): Code => f.constant(f32x4.splat(number));
  f.emit(power.set(f32x4.sub(v128.zero, f32x4.abs(value.value))));
  // Of numbers up to 0, so between 0 and 1.
  writeExponential(f, power);
  f.emit(sum.set(f32x4.add(power.value, splat(1))));
  const isLarge = f32x4.gt(sum.value, splat(Math.SQRT2));
  f.emit(half.set(isLarge));
  f.emit(z.set(v128.bitselect(f32x4.mul(sum.value, splat(0.5)), sum.value, half.value)));
  f.emit(z.set(f32x4.sub(z.value, splat(1))));
  const [highest, ...others] = POLYNOMIAL;
  f.emit(log.set(splat(highest)));
  for (const coefficient of others) {
    f.emit(log.set(f32x4.add(f32x4.mul(log.value, z.value), splat(coefficient))));
  }
  const square = f32x4.mul(z.value, z.value);
  f.emit(log.set(f32x4.mul(f32x4.mul(log.value, z.value), square)));
  const whole = (part: number) => v128.and(splat(part), half.value);
  f.emit(log.set(f32x4.add(log.value, whole(LN2[1]))));
  f.emit(log.set(f32x4.sub(log.value, f32x4.mul(square, splat(0.5)))));
  f.emit(log.set(f32x4.add(f32x4.add(log.value, z.value), whole(LN2[0]))));
  // What rounding has taken off the sum.
  const lost = f32x4.sub(power.value, f32x4.sub(sum.value, splat(1)));
  f.emit(log.set(f32x4.add(log.value, f32x4.div(lost, sum.value))));
  f.emit(value.set(f32x4.add(f32x4.pmax(value.value, v128.zero), log.value)));
}
