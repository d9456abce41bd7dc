import type { NormParams } from '../../tensor/normalize.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { Constants } from './operators.js';
import type { OnnxNode } from './schema.js';

/** From this opset on, the axes of a reduction are an input. */
const AXES_ARE_INPUT = 18;

export interface ExactNorm {
  readonly params: NormParams;
  readonly name: string;
  readonly input: string;
  readonly output: string;
}

/**
 * An instance norm in the small operators that it consists of, each mean taken along the rows first and then over the rows.
 *
 * `InstanceNormalization` leaves it to the runtime how to add up. onnxruntime-web adds all pixels to one float32, which
 * costs five digits of 256 x 314 pixels' mean, and after 23 norms the outputs of a generator are off by up to 7e-4.
 *
 * @param norm.params Without running statistics.
 * @param norm.input The name of what is normalized, `[N, C, H, W]`, and `output` that of the result.
 */
export function exactNormNodes(
  { params, name, input, output }: ExactNorm,
  opset: number,
  c: Constants,
): OnnxNode[] {
  const { weight, bias, eps } = params;
  const nodes: OnnxNode[] = [];
  const add = (type: string, what: string, inputs: readonly string[], attributes = {}): string => {
    const value = `${name}/${what}_output_0`;
    nodes.push({ type, name: `${name}/${what}`, inputs, output: value, attributes });
    return value;
  };
  const meanAlong = (axis: number, value: string, what: string) =>
    opset < AXES_ARE_INPUT
      ? add('ReduceMean', what, [value], { axes: [axis] })
      : add('ReduceMean', what, [value, c.integers([axis])]);
  const mean = (value: string, what: string) =>
    meanAlong(2, meanAlong(3, value, `${what}OfRows`), what);
  /** `[C]` as `[C, 1, 1]`, which goes with all pixels of a channel. */
  const perChannel = (tensor: Tensor, what: string) =>
    add('Reshape', what, [c.weight(tensor), c.integers([-1, 1, 1])]);

  const centred = add('Sub', 'centred', [input, mean(input, 'mean')]);
  const variance = mean(add('Mul', 'squared', [centred, centred]), 'variance');
  const deviation = add('Sqrt', 'deviation', [add('Add', 'stable', [variance, c.filled(eps, 1)])]);
  let value = add('Div', 'normalized', [centred, deviation]);
  if (weight !== null) value = add('Mul', 'scaled', [value, perChannel(weight, 'weight')]);
  if (bias !== null) add('Add', 'shifted', [value, perChannel(bias, 'bias')]);
  const last = nodes.length - 1;
  return [...nodes.slice(0, last), { ...nodes[last], output }];
}
