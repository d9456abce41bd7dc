import { ShapeError } from '../../errors.js';
import type { NoAttributes, Operator } from '../operator.js';
import { formatShape, type Shape, sameShape } from '../shape.js';
import { Tensor } from '../tensor.js';

type Unary = Operator<NoAttributes, readonly ['input']>;

/** An operator that makes each element of the result of one of its operand. */
function unary(op: string, f: (value: number) => number): Unary {
  return {
    op,
    operands: ['input'],
    outputShape: ([input]) => [...input],
    run: ([{ data, shape }]) => new Tensor(data.map(f), shape),
    inputRegions: (region) => [region],
  };
}

/** Magnitudes. @see torch.abs */
export const absOperator = unary('abs', Math.abs);
/** −1, 0 or 1; NaN stays. @see torch.sign */
export const signOperator = unary('sign', Math.sign);
/** Square roots. @see torch.sqrt */
export const sqrtOperator = unary('sqrt', Math.sqrt);
/** `ln(1 + eˣ)`, without overflow. @see torch.nn.functional.softplus */
export const softplusOperator = unary(
  'softplus',
  (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
);

/** @throws ShapeError unless a gradient has the shape of the value that it belongs to. */
export function checkSame(op: string, value: Shape, gradient: Shape): number[] {
  if (sameShape(value, gradient)) return [...value];
  throw new ShapeError(
    `${op}: a gradient has the shape of its value, but got ${formatShape(gradient)} for ${formatShape(value)}.`,
  );
}

export interface GateAttributes {
  /** Bounds of the value; may be infinite. */
  readonly above: number;
  readonly below: number;
  /** What the gradient is multiplied by elsewhere. */
  readonly outside: number;
  /** Whether a value that lies on a bound is between them. */
  readonly closed: boolean;
}

/**
 * The gradient where a value lies between two bounds, and `outside` times it elsewhere, and where the value is NaN; 0 times
 * anything is 0.
 *
 * @see torch.nn.functional.relu, leaky_relu and hardtanh, whose gradients it is
 */
export const gateOperator: Operator<GateAttributes, readonly ['value', 'gradient']> = {
  op: 'gate',
  operands: ['value', 'gradient'],
  outputShape: ([value, gradient]) => checkSame('gate', value, gradient),
  run([value, gradient], { above, below, outside, closed }) {
    const out = Tensor.zeros(value.shape);
    for (let i = 0; i < out.size; i++) {
      const v = value.data[i];
      const isInside = closed ? v >= above && v <= below : v > above && v < below;
      if (isInside) out.data[i] = gradient.data[i];
      else if (outside !== 0) out.data[i] = gradient.data[i] * outside;
    }
    return out;
  },
  inputRegions: (region) => [region, region],
};
