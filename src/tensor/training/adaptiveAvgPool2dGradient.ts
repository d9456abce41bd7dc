import {
  type AdaptivePoolAttributes,
  adaptivePoolShape,
  adaptiveWindow,
} from '../adaptivePooling.js';
import type { Operator } from '../operator.js';
import { imageShape } from '../shape.js';
import { Tensor } from '../tensor.js';
import { type AxisAdjoint, type AxisTap, axisAdjoint, gatherAxes } from './axisAdjoint.js';
import { checkSame } from './elementwise.js';

export interface AdaptivePoolGradientAttributes extends AdaptivePoolAttributes {
  /** `[height, width]` of what was pooled. */
  readonly inputSize: readonly [number, number];
}

/** The adjoint of `adaptiveAvgPool2d`: each pixel gathers its share of the windows that it lies in. */
export const adaptiveAvgPool2dGradientOperator: Operator<
  AdaptivePoolGradientAttributes,
  readonly ['gradient']
> = {
  op: 'adaptiveAvgPool2dGradient',
  operands: ['gradient'],

  outputShape([gradient], attributes) {
    const { inputSize } = attributes;
    const { channels, with: resized } = imageShape(gradient, 'adaptiveAvgPool2dGradient');
    const input = resized(channels, inputSize[0], inputSize[1]);
    const pooled = adaptivePoolShape('adaptiveAvgPool2dGradient', input, attributes);
    checkSame('adaptiveAvgPool2dGradient', pooled, gradient);
    return input;
  },

  run([gradient], attributes) {
    const out = Tensor.zeros(this.outputShape([gradient.shape], attributes));
    const [rows, columns] = adaptiveAvgPoolAdjoints(attributes);
    gatherAxes(gradient, out, rows, columns);
    return out;
  },
};

export function adaptiveAvgPoolAdjoints({
  inputSize,
  outputSize,
}: AdaptivePoolGradientAttributes): [rows: AxisAdjoint, columns: AxisAdjoint] {
  const adjoint = (axis: 0 | 1) => {
    const [inSize, outSize] = [inputSize[axis], outputSize[axis]];
    const taps = Array.from({ length: outSize }, (_, to): AxisTap[] => {
      const [first, end] = adaptiveWindow(inSize, outSize, to);
      const count = end - first;
      return Array.from({ length: count }, (_, i) => [to, first + i, 1 / count]);
    });
    return axisAdjoint(inSize, taps.flat());
  };
  return [adjoint(0), adjoint(1)];
}
