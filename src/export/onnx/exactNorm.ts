import type { GraphNode } from '../../graph/graph.js';
import type { NormAttributes } from '../../tensor/normalize.js';
import type { OnnxOperand, OnnxWriter } from './spelling.js';

/** From this opset on, the axes of a reduction are an input. */
const AXES_ARE_INPUT = 18;

/**
 * An instance norm in the small operators that it consists of, each mean taken along the rows first and then over the rows.
 *
 * `InstanceNormalization` leaves it to the runtime how to add up. onnxruntime-web adds all pixels to one float32, which
 * costs five digits of 256 x 314 pixels' mean, and after 23 norms the outputs of a generator are off by up to 7e-4.
 *
 * @param node Without running statistics.
 * @param operands Input `[N, C, H, W]`, weight and bias.
 * @returns The name of the result.
 */
export function writeExactNorm(
  writer: OnnxWriter,
  { attributes }: GraphNode<NormAttributes>,
  [input, weight, bias]: readonly (OnnxOperand | null)[],
): string {
  const x = input?.name ?? '';
  const add = (type: string, what: string, inputs: readonly string[], attributesOf = {}) =>
    writer.add(type, inputs, attributesOf, what);
  const meanAlong = (axis: number, value: string, what: string) =>
    writer.opset < AXES_ARE_INPUT
      ? add('ReduceMean', what, [value], { axes: [axis] })
      : add('ReduceMean', what, [value, writer.integers([axis])]);
  const mean = (value: string, what: string) =>
    meanAlong(2, meanAlong(3, value, `${what}OfRows`), what);
  /** `[C]` as `[C, 1, 1]`, which goes with all pixels of a channel. */
  const perChannel = (operand: OnnxOperand, what: string) =>
    add('Reshape', what, [operand.name, writer.integers([-1, 1, 1])]);

  const centred = add('Sub', 'centred', [x, mean(x, 'mean')]);
  const variance = mean(add('Mul', 'squared', [centred, centred]), 'variance');
  const stable = add('Add', 'stable', [variance, writer.filled(attributes.eps, 1)]);
  let value = add('Div', 'normalized', [centred, add('Sqrt', 'deviation', [stable])]);
  if (weight !== null) value = add('Mul', 'scaled', [value, perChannel(weight, 'weight')]);
  if (bias !== null) value = add('Add', 'shifted', [value, perChannel(bias, 'bias')]);
  return value;
}
