import { ShapeError } from '../../errors.js';
import type { NoAttributes, Operator } from '../operator.js';
import { formatShape, type Shape } from '../shape.js';
import { Tensor } from '../tensor.js';
import { checkSame } from './elementwise.js';

/** Where the operators below find what changes with every step in their operand `scalars`. */
export const SGD_SCALARS = { lr: 0, gradientFactor: 1 } as const;
/** How many they are. */
export const SGD_SCALAR_COUNT = 2;

/**
 * A momentum buffer after a step: `momentum · b + gradientFactor · g`, where `scalars` are `[lr, gradientFactor]`. The factor
 * is 1 in the first step and 1 − dampening in all others.
 *
 * @see torch.optim.SGD, momentum_buffer
 */
export const sgdMomentumOperator: Operator<
  { readonly momentum: number },
  readonly ['buffer', 'gradient', 'scalars']
> = {
  op: 'sgdMomentum',
  operands: ['buffer', 'gradient', 'scalars'],

  outputShape([buffer, gradient, scalars]) {
    checkScalars('sgdMomentum', scalars);
    return checkSame('sgdMomentum', buffer, gradient);
  },

  run([buffer, gradient, scalars], { momentum }) {
    const factor = scalars.data[SGD_SCALARS.gradientFactor];
    const out = Tensor.zeros(buffer.shape);
    for (let i = 0; i < out.size; i++) {
      out.data[i] = momentum * buffer.data[i] + factor * gradient.data[i];
    }
    return out;
  },

  inputRegions: (region) => [region, region, null],
};

/** A parameter after a step: `p − lr · d`, where `scalars` are `[lr, gradientFactor]`. @see torch.optim.SGD */
export const sgdUpdateOperator: Operator<
  NoAttributes,
  readonly ['parameter', 'direction', 'scalars']
> = {
  op: 'sgdUpdate',
  operands: ['parameter', 'direction', 'scalars'],

  outputShape([parameter, direction, scalars]) {
    checkScalars('sgdUpdate', scalars);
    return checkSame('sgdUpdate', parameter, direction);
  },

  run([{ data, shape }, direction, scalars]) {
    const lr = scalars.data[SGD_SCALARS.lr];
    const out = Tensor.zeros(shape);
    for (let i = 0; i < out.size; i++) out.data[i] = data[i] - lr * direction.data[i];
    return out;
  },

  inputRegions: (region) => [region, region, null],
};

function checkScalars(op: string, scalars: Shape): void {
  if (scalars.length === 1 && scalars[0] === SGD_SCALAR_COUNT) return;
  throw new ShapeError(
    `${op}: scalars are [${SGD_SCALAR_COUNT}], but got ${formatShape(scalars)}.`,
  );
}
