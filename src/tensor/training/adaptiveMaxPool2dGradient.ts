import {
  type AdaptivePoolAttributes,
  adaptivePoolShape,
  adaptiveWindow,
} from '../adaptivePooling.js';
import type { Operator } from '../operator.js';
import type { Shape } from '../shape.js';
import { checkSame } from './elementwise.js';
import { type MaxWindows, scatterToMaxima } from './scatterToMaxima.js';

/** The gradient of what `adaptiveMaxPool2d` has read: each window's goes to its largest element, the first of equal ones. */
export const adaptiveMaxPool2dGradientOperator: Operator<
  AdaptivePoolAttributes,
  readonly ['input', 'gradient']
> = {
  op: 'adaptiveMaxPool2dGradient',
  operands: ['input', 'gradient'],

  outputShape([input, gradient], attributes) {
    const pooled = adaptivePoolShape('adaptiveMaxPool2dGradient', input, attributes);
    checkSame('adaptiveMaxPool2dGradient', pooled, gradient);
    return [...input];
  },

  run([input, gradient], attributes) {
    return scatterToMaxima(input, gradient, adaptiveMaxPoolWindows(input.shape, attributes));
  },
};

/** @param input Shape of what is pooled. */
export function adaptiveMaxPoolWindows(
  input: Shape,
  { outputSize }: AdaptivePoolAttributes,
): MaxWindows {
  const windows = (axis: 0 | 1) =>
    Array.from({ length: outputSize[axis] }, (_, i) => {
      const size = input[input.length - 2 + axis];
      const [first, end] = adaptiveWindow(size, outputSize[axis], i);
      return { first, count: end - first };
    });
  return { rows: windows(0), columns: windows(1), dilation: [1, 1] };
}
