import { type MaxPool2dAttributes, maxPool2dOperator } from '../maxPool2d.js';
import type { Operator } from '../operator.js';
import { poolWindow } from '../pooling.js';
import type { Shape } from '../shape.js';
import { checkSame } from './elementwise.js';
import { type MaxWindows, scatterToMaxima } from './scatterToMaxima.js';

/** The gradient of what `maxPool2d` has read: each window's goes to its largest element, the first of equal ones. */
export const maxPool2dGradientOperator: Operator<
  MaxPool2dAttributes,
  readonly ['input', 'gradient']
> = {
  op: 'maxPool2dGradient',
  operands: ['input', 'gradient'],

  outputShape([input, gradient], attributes) {
    checkSame('maxPool2dGradient', maxPool2dOperator.outputShape([input], attributes), gradient);
    return [...input];
  },

  run([input, gradient], attributes) {
    const windows = maxPoolWindows(input.shape, gradient.shape, attributes);
    return scatterToMaxima(input, gradient, windows);
  },
};

/** @param output Shape of what was pooled of `input`. */
export function maxPoolWindows(
  input: Shape,
  output: Shape,
  attributes: MaxPool2dAttributes,
): MaxWindows {
  const { dilation } = attributes;
  const windows = (axis: 0 | 1) => {
    const [size, count] = [input, output].map((shape) => shape[shape.length - 2 + axis]);
    return Array.from({ length: count }, (_, i) =>
      poolWindow(attributes, axis, size, i, dilation[axis]),
    );
  };
  return { rows: windows(0), columns: windows(1), dilation };
}
