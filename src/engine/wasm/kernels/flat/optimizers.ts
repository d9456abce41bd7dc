import { type Code, f32x4 } from '../../../../emit/code.js';
import type { FunctionWriter, Local } from '../../../../emit/module.js';
import type { FlatOperation, OptimizerOperation } from '../../../shared/fuse/steps.js';

const NAMES = ['adamFirstMoment', 'adamSecondMoment', 'adamUpdate', 'sgdMomentum'];

export function isOptimizerOperation(operation: FlatOperation): operation is OptimizerOperation {
  if (operation === 'sgdUpdate') return true;
  return typeof operation === 'object' && NAMES.some((name) => name in operation);
}

/** A vector of what an optimiser's operator makes of its operands, and then of the numbers that go with all elements. */
export function optimizerStep(
  f: FunctionWriter,
  operation: OptimizerOperation,
  values: readonly Local[],
): Code {
  const [a, b, c, d, e] = values.map(({ value }) => value);
  const splat = (number: number) => f.constant(f32x4.splat(number));
  if (operation === 'sgdUpdate') return f32x4.sub(a, f32x4.mul(c, b));
  if ('sgdMomentum' in operation) {
    // Operand 2 is [lr, gradientFactor].
    return f32x4.add(f32x4.mul(splat(operation.sgdMomentum), a), f32x4.mul(d, b));
  }
  if ('adamFirstMoment' in operation) {
    const beta = operation.adamFirstMoment;
    return f32x4.add(f32x4.mul(splat(beta), a), f32x4.mul(splat(1 - beta), b));
  }
  if ('adamSecondMoment' in operation) {
    const beta = operation.adamSecondMoment;
    const square = f32x4.mul(f32x4.mul(splat(1 - beta), b), b);
    return f32x4.add(f32x4.mul(splat(beta), a), square);
  }
  // Of parameter, moments, and [stepSize, correction].
  const denominator = f32x4.add(f32x4.div(f32x4.sqrt(c), e), splat(operation.adamUpdate));
  return f32x4.sub(a, f32x4.div(f32x4.mul(d, b), denominator));
}
