import { ShapeError } from '../errors.js';
import { checkOptions } from './callerValues.js';
import { type NormOptions, normalizePlane, planeStatistics } from './normalize.js';
import { type Operator, runOperator } from './operator.js';
import { regionOfFirst } from './region.js';
import { formatShape, type Shape, sizeOf } from './shape.js';
import { Tensor } from './tensor.js';

export interface GroupNormOptions extends Pick<NormOptions, 'weight' | 'bias' | 'eps'> {
  /** What is taken off the number of elements that squares are divided by: 1 for the unbiased variance. Default: 0. */
  readonly correction?: 0 | 1;
  /** Whether `eps` is added to the standard deviation instead of the variance. Default: false. */
  readonly epsOutside?: boolean;
}

export interface GroupNormAttributes {
  /** Channels are normalised in so many groups. */
  readonly numGroups: number;
  readonly eps: number;
  readonly correction: 0 | 1;
  /** Whether `eps` is added to the standard deviation instead of the variance. */
  readonly epsOutside: boolean;
}

export function resolveGroupNorm(
  numGroups: number,
  options: Omit<GroupNormOptions, 'weight' | 'bias'> = {},
): GroupNormAttributes {
  const { eps = 1e-5, correction = 0, epsOutside = false } = options;
  return { numGroups, eps, correction, epsOutside };
}

export const groupNormOperator: Operator<
  GroupNormAttributes,
  readonly ['input', 'weight?', 'bias?']
> = {
  op: 'groupNorm',
  operands: ['input', 'weight?', 'bias?'],

  outputShape([input, weight, bias], { numGroups, correction }) {
    if (input.length < 2) {
      throw new ShapeError(
        `groupNorm: expected at least 2 dimensions, [N, C, …], but got an input of size ${formatShape(input)}.`,
      );
    }
    const [batch, channels] = input;
    if (!Number.isInteger(numGroups) || numGroups < 1 || channels % numGroups !== 0) {
      throw new ShapeError(
        `groupNorm: ${numGroups} groups do not divide the ${channels} channels of ${formatShape(input)}.`,
      );
    }
    for (const [name, shape] of Object.entries({ weight, bias })) {
      if (shape !== null && sizeOf(shape) !== channels) {
        throw new ShapeError(
          `groupNorm: ${name} should contain ${channels} elements not ${sizeOf(shape)}.`,
        );
      }
    }
    const count = groupSize(input, numGroups);
    if (batch > 0 && (batch * count === 1 || count === correction)) {
      throw new ShapeError(
        `groupNorm: expected more than 1 element per group, got input size ${formatShape(input)} in ${numGroups} groups; a larger picture is needed.`,
      );
    }
    return [...input];
  },

  run([input, weight, bias], { numGroups, eps, correction, epsOutside }) {
    const out = Tensor.zeros(input.shape);
    const channels = input.shape[1];
    const perGroup = channels / numGroups;
    const count = groupSize(input.shape, numGroups);
    const plane = count / perGroup;
    for (let group = 0; group * count < input.size; group++) {
      const { mean, variance } = planeStatistics(input.data, group * count, count);
      const estimate = (variance * count) / (count - correction);
      const deviation = epsOutside ? Math.sqrt(estimate) + eps : Math.sqrt(estimate + eps);
      for (let i = 0; i < perGroup; i++) {
        const c = (group % numGroups) * perGroup + i;
        const scale = (weight?.data[c] ?? 1) / deviation;
        const start = group * count + i * plane;
        normalizePlane(input.data, start, plane, mean, scale, bias?.data[c] ?? 0, out.data);
      }
    }
    return out;
  },

  /** Statistics are those of whole planes. */
  inputRegions: (_, operands) => regionOfFirst(null, operands),
};

/** Elements that are normalised together. */
function groupSize([, channels, ...sides]: Shape, numGroups: number): number {
  return (channels / numGroups) * sizeOf(sides);
}

/**
 * Normalises the channels of every picture in groups, each by its own mean and variance. A single group is a layer norm of
 * the whole picture; as many as there are channels, an instance norm.
 *
 * ```ts
 * const x = new Tensor(Float32Array.of(1, 3), [1, 2, 1, 1]);
 * groupNorm(x, 1, { eps: 0 }).data; // [-1, 1]
 * groupNorm(x, 1, { eps: 0, correction: 1 }).data; // [-0.7071, 0.7071]
 * ```
 *
 * @param input `[N, C, …]`, with more than one element per group.
 * @param numGroups Divides C.
 * @returns `(input − mean) / √(variance + eps) · weight + bias`, or with `epsOutside`
 * `(input − mean) / (√variance + eps) · weight + bias`, the input's shape.
 * @throws ShapeError when groups do not divide the channels, or a parameter has not one element per channel.
 * @see torch.nn.GroupNorm; Wu and He, "Group Normalization", arXiv:1803.08494
 */
export function groupNorm(
  input: Tensor,
  numGroups: number,
  options: GroupNormOptions = {},
): Tensor {
  checkOptions('groupNorm', options);
  const { weight = null, bias = null } = options;
  return runOperator(
    groupNormOperator,
    [input, weight, bias],
    resolveGroupNorm(numGroups, options),
  );
}
