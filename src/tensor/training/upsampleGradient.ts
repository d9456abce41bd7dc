import type { Operator } from '../operator.js';
import { imageShape } from '../shape.js';
import { Tensor } from '../tensor.js';
import { axisSamples, type UpsampleAttributes, upsampleOperator } from '../upsample.js';
import { type AxisAdjoint, type AxisTap, axisAdjoint, gatherAxes } from './axisAdjoint.js';
import { checkSame } from './elementwise.js';

export interface UpsampleGradientAttributes extends UpsampleAttributes {
  /** `[height, width]` of what was resized. */
  readonly inputSize: readonly [number, number];
}

/** The adjoint of `upsample`: each pixel gathers from those that it was read for. */
export const upsampleGradientOperator: Operator<UpsampleGradientAttributes, readonly ['gradient']> =
  {
    op: 'upsampleGradient',
    operands: ['gradient'],

    outputShape([gradient], { inputSize, ...attributes }) {
      const { channels, with: resized } = imageShape(gradient, 'upsampleGradient');
      const input = resized(channels, inputSize[0], inputSize[1]);
      checkSame('upsampleGradient', upsampleOperator.outputShape([input], attributes), gradient);
      return input;
    },

    run([gradient], attributes) {
      const out = Tensor.zeros(this.outputShape([gradient.shape], attributes));
      const [rows, columns] = upsampleAdjoints(gradient.shape.slice(-2), attributes);
      gatherAxes(gradient, out, rows, columns);
      return out;
    },
  };

/** @param outputSize `[height, width]` of the result. */
export function upsampleAdjoints(
  outputSize: readonly number[],
  attributes: UpsampleGradientAttributes,
): [rows: AxisAdjoint, columns: AxisAdjoint] {
  const adjoint = (axis: 0 | 1) => {
    const inSize = attributes.inputSize[axis];
    const { first, second, weight } = axisSamples(attributes, axis, inSize, outputSize[axis]);
    const taps = Array.from(first, (from, to): AxisTap[] => [
      [to, from, 1 - weight[to]],
      [to, second[to], weight[to]],
    ]).flat();
    return axisAdjoint(
      inSize,
      taps.filter(([, , share]) => share !== 0),
    );
  };
  return [adjoint(0), adjoint(1)];
}
