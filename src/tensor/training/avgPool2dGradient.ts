import { type AvgPool2dAttributes, avgPool2dOperator } from '../avgPool2d.js';
import type { Operator } from '../operator.js';
import { poolWindow } from '../pooling.js';
import { imageShape } from '../shape.js';
import { Tensor } from '../tensor.js';
import { type AxisAdjoint, type AxisTap, axisAdjoint, gatherAxes } from './axisAdjoint.js';
import { checkSame } from './elementwise.js';

export interface AvgPool2dGradientAttributes extends AvgPool2dAttributes {
  /** `[height, width]` of what was pooled. */
  readonly inputSize: readonly [number, number];
}

/** The adjoint of `avgPool2d`: each pixel gathers its share of the windows that it lies in. */
export const avgPool2dGradientOperator: Operator<
  AvgPool2dGradientAttributes,
  readonly ['gradient']
> = {
  op: 'avgPool2dGradient',
  operands: ['gradient'],

  outputShape([gradient], { inputSize, ...attributes }) {
    const { channels, with: resized } = imageShape(gradient, 'avgPool2dGradient');
    const input = resized(channels, inputSize[0], inputSize[1]);
    checkSame('avgPool2dGradient', avgPool2dOperator.outputShape([input], attributes), gradient);
    return input;
  },

  run([gradient], attributes) {
    const out = Tensor.zeros(this.outputShape([gradient.shape], attributes));
    const [rows, columns] = avgPoolAdjoints(gradient.shape.slice(-2), attributes);
    gatherAxes(gradient, out, rows, columns);
    return out;
  },
};

/** @param outputSize `[height, width]` of the result. */
export function avgPoolAdjoints(
  outputSize: readonly number[],
  attributes: AvgPool2dGradientAttributes,
): [rows: AxisAdjoint, columns: AxisAdjoint] {
  const adjoint = (axis: 0 | 1) => {
    const inSize = attributes.inputSize[axis];
    const taps = Array.from({ length: outputSize[axis] }, (_, to): AxisTap[] => {
      const { first, count, padded } = poolWindow(attributes, axis, inSize, to);
      const share = 1 / (attributes.countIncludePad ? padded : count);
      return Array.from({ length: count }, (_, i) => [to, first + i, share]);
    });
    return axisAdjoint(inSize, taps.flat());
  };
  return [adjoint(0), adjoint(1)];
}
