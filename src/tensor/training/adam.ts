import { ShapeError } from '../../errors.js';
import type { Operator } from '../operator.js';
import { formatShape } from '../shape.js';
import { Tensor } from '../tensor.js';
import { checkSame } from './elementwise.js';

/** Where `adamUpdate` finds what changes with every step in its operand `scalars`. */
export const ADAM_SCALARS = { stepSize: 0, correction: 1 } as const;
/** How many they are. */
export const ADAM_SCALAR_COUNT = 2;

/** A running mean of gradients: `β₁ m + (1 − β₁) g`. @see torch.optim.Adam, exp_avg */
export const adamFirstMomentOperator: Operator<
  { readonly beta1: number },
  readonly ['moment', 'gradient']
> = {
  op: 'adamFirstMoment',
  operands: ['moment', 'gradient'],
  outputShape: ([moment, gradient]) => checkSame('adamFirstMoment', moment, gradient),
  run([moment, gradient], { beta1 }) {
    const out = Tensor.zeros(moment.shape);
    const rest = 1 - beta1;
    for (let i = 0; i < out.size; i++) {
      out.data[i] = beta1 * moment.data[i] + rest * gradient.data[i];
    }
    return out;
  },
  inputRegions: (region) => [region, region],
};

/** A running mean of squared gradients: `β₂ v + (1 − β₂) g²`. @see torch.optim.Adam, exp_avg_sq */
export const adamSecondMomentOperator: Operator<
  { readonly beta2: number },
  readonly ['moment', 'gradient']
> = {
  op: 'adamSecondMoment',
  operands: ['moment', 'gradient'],
  outputShape: ([moment, gradient]) => checkSame('adamSecondMoment', moment, gradient),
  run([moment, gradient], { beta2 }) {
    const out = Tensor.zeros(moment.shape);
    const rest = 1 - beta2;
    for (let i = 0; i < out.size; i++) {
      const g = gradient.data[i];
      out.data[i] = beta2 * moment.data[i] + rest * g * g;
    }
    return out;
  },
  inputRegions: (region) => [region, region],
};

/**
 * A parameter after a step: `p − stepSize · m / (√v / correction + eps)`, where `scalars` are `[stepSize, correction]`, with
 * stepSize = lr / (1 − β₁ᵗ) and correction = √(1 − β₂ᵗ). `eps` is added outside the root of the corrected second moment.
 *
 * @see torch.optim.Adam; Kingma and Ba, arXiv:1412.6980
 */
export const adamUpdateOperator: Operator<
  { readonly eps: number },
  readonly ['parameter', 'firstMoment', 'secondMoment', 'scalars']
> = {
  op: 'adamUpdate',
  operands: ['parameter', 'firstMoment', 'secondMoment', 'scalars'],

  outputShape([parameter, firstMoment, secondMoment, scalars]) {
    checkSame('adamUpdate', parameter, firstMoment);
    checkSame('adamUpdate', parameter, secondMoment);
    if (scalars.length !== 1 || scalars[0] !== ADAM_SCALAR_COUNT) {
      throw new ShapeError(
        `adamUpdate: scalars are [${ADAM_SCALAR_COUNT}], but got ${formatShape(scalars)}.`,
      );
    }
    return [...parameter];
  },

  run([{ data, shape }, firstMoment, secondMoment, scalars], { eps }) {
    const stepSize = scalars.data[ADAM_SCALARS.stepSize];
    const correction = scalars.data[ADAM_SCALARS.correction];
    const out = Tensor.zeros(shape);
    for (let i = 0; i < out.size; i++) {
      const denominator = Math.sqrt(secondMoment.data[i]) / correction + eps;
      out.data[i] = data[i] - (stepSize * firstMoment.data[i]) / denominator;
    }
    return out;
  },

  inputRegions: (region) => [region, region, region, null],
};

/** The larger of two elements; NaN where one is. @see torch.maximum */
export const maximumOperator: Operator<Readonly<Record<never, never>>, readonly ['a', 'b']> = {
  op: 'maximum',
  operands: ['a', 'b'],
  outputShape: ([a, b]) => checkSame('maximum', a, b),
  run([a, b]) {
    const out = Tensor.zeros(a.shape);
    for (let i = 0; i < out.size; i++) out.data[i] = Math.max(a.data[i], b.data[i]);
    return out;
  },
  inputRegions: (region) => [region, region],
};
