import { ELEMENT } from './schema.js';
import type { OnnxOperand, OnnxWriter } from './spelling.js';

/** From this opset on, the axes of a reduction are an input. */
const AXES_ARE_INPUT = 18;

export interface NormDefinition {
  readonly eps: number;
  /** What is taken off the number of elements that squares are divided by. */
  readonly correction: 0 | 1;
  /** Whether `eps` is added to the standard deviation instead of the variance. */
  readonly epsOutside: boolean;
}

/**
 * A norm in the small operators that it consists of, each mean taken along the rows first and then over the rows.
 *
 * `InstanceNormalization` leaves it to the runtime how to add up. onnxruntime-web adds all pixels to one float32, which
 * costs five digits of 256 x 314 pixels' mean, and after 23 norms the outputs of a generator are off by up to 7e-4.
 *
 * @param x `[N, C, H, W]`: of the last two dimensions, the mean is 0 afterwards, and the deviation 1.
 * @returns The name of the result.
 */
export function writeNormalized(
  writer: OnnxWriter,
  { eps, correction, epsOutside }: NormDefinition,
  x: string,
): string {
  const add = (type: string, what: string, inputs: readonly string[], attributes = {}) =>
    writer.add(type, inputs, attributes, what);
  const meanAlong = (axis: number, value: string, what: string) =>
    writer.opset < AXES_ARE_INPUT
      ? add('ReduceMean', what, [value], { axes: [axis] })
      : add('ReduceMean', what, [value, writer.integers([axis])]);
  const mean = (value: string, what: string) =>
    meanAlong(2, meanAlong(3, value, `${what}OfRows`), what);

  const centred = add('Sub', 'centred', [x, mean(x, 'mean')]);
  let variance = mean(add('Mul', 'squared', [centred, centred]), 'variance');
  if (correction === 1) variance = add('Mul', 'unbiased', [variance, unbiasing(writer, x)]);
  const plus = (value: string) => add('Add', 'stable', [value, writer.filled(eps, 1)]);
  const root = (value: string) => add('Sqrt', 'deviation', [value]);
  const deviation = epsOutside ? plus(root(variance)) : root(plus(variance));
  return add('Div', 'normalized', [centred, deviation]);
}

/** Times `weight` and plus `bias`, where there are any: `[C]` as `[C, 1, 1]`, which goes with all pixels of a channel. */
export function writeScaled(
  writer: OnnxWriter,
  x: string,
  weight: OnnxOperand | null,
  bias: OnnxOperand | null,
): string {
  const perChannel = (operand: OnnxOperand, what: string) =>
    writer.add('Reshape', [operand.name, writer.integers([-1, 1, 1])], {}, what);
  let value = x;
  if (weight !== null) {
    value = writer.add('Mul', [value, perChannel(weight, 'weight')], {}, 'scaled');
  }
  if (bias !== null) value = writer.add('Add', [value, perChannel(bias, 'bias')], {}, 'shifted');
  return value;
}

/** n / (n − 1), of so many elements as the last two dimensions have; in 32 bits, since n may be beyond what 16 hold. */
function unbiasing(writer: OnnxWriter, x: string): string {
  const range = [2, 4, 0].map((integer) => writer.integers([integer]));
  const sides = writer.add('Slice', [writer.add('Shape', [x]), ...range]);
  const floats = writer.add('Cast', [sides], { to: ELEMENT.float });
  const count = writer.add('ReduceProd', [floats], { keepdims: 1 }, 'count');
  const less = writer.add('Sub', [count, writer.float32([1])], {}, 'countLessOne');
  const ratio = writer.add('Div', [count, less], {}, 'unbiasing');
  const { floatType } = writer;
  return floatType === ELEMENT.float ? ratio : writer.add('Cast', [ratio], { to: floatType });
}
