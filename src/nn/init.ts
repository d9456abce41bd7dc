import { type Shape, sizeOf } from '../tensor/shape.js';
import { Parameter } from './parameter.js';
import { nextSeed, uniform } from './random.js';

/**
 * Weight and bias of a convolution with PyTorch's default initialisation: `kaiming_uniform_` with
 * a = √5 is uniform in ±1/√fanIn, and the bias takes the same bound. PyTorch counts `fanIn` as all
 * but the first side of the weight, for transposed convolutions, too.
 *
 * @see torch.nn.modules.conv._ConvNd.reset_parameters
 */
export function convolutionParameters(
  weightShape: Shape,
  outChannels: number,
  bias: boolean,
): { weight: Parameter; bias: Parameter | null } {
  const bound = 1 / Math.sqrt(sizeOf(weightShape.slice(1)));
  const drawn = (shape: Shape) => {
    const seed = nextSeed();
    return new Parameter(shape, (size) => uniform(seed, size, bound));
  };
  return { weight: drawn(weightShape), bias: bias ? drawn([outChannels]) : null };
}
