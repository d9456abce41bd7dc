import { ShapeError } from '../errors.js';
import {
  checkNorm,
  NORM_OPERANDS,
  type NormAttributes,
  type NormOperands,
  type NormOptions,
  normalizePlane,
  normOperands,
  planeStatistics,
  resolveNorm,
} from './normalize.js';
import { type Operator, runOperator } from './operator.js';
import { regionOfFirst } from './region.js';
import { formatShape, imageShape } from './shape.js';
import { Tensor } from './tensor.js';

export const instanceNorm2dOperator: Operator<NormAttributes, NormOperands> = {
  op: 'instanceNorm2d',
  operands: NORM_OPERANDS,

  outputShape(operands) {
    const [input, , , runningMean] = operands;
    const { batch, channels, height, width } = imageShape(input, 'instanceNorm2d');
    checkNorm('instanceNorm2d', channels, operands);
    if (runningMean === null && height * width === 1 && batch > 0) {
      throw new ShapeError(
        `instanceNorm2d: expected more than 1 spatial element, got input size ${formatShape(input)}; a larger picture is needed.`,
      );
    }
    return [...input];
  },

  run([input, weight, bias, runningMean, runningVar], { eps }) {
    const out = Tensor.zeros(input.shape);
    const { batch, channels, height, width } = imageShape(input.shape, 'instanceNorm2d');
    const count = height * width;
    for (let plane = 0; plane < batch * channels; plane++) {
      const c = plane % channels;
      const { mean, variance } =
        runningMean !== null && runningVar !== null
          ? { mean: runningMean.data[c], variance: runningVar.data[c] }
          : planeStatistics(input.data, plane * count, count);
      const scale = (weight?.data[c] ?? 1) / Math.sqrt(variance + eps);
      const shift = bias?.data[c] ?? 0;
      normalizePlane(input.data, plane * count, count, mean, scale, shift, out.data);
    }
    return out;
  },

  /** Its own statistics are those of whole planes. */
  inputRegions: (region, operands) => regionOfFirst(operands[3] === null ? null : region, operands),
};

/**
 * Normalises every channel of every picture by its own mean and biased variance, or by the running
 * statistics where they are given (PyTorch's eval mode with `track_running_stats=True`).
 *
 * ```ts
 * const x = new Tensor(Float32Array.of(1, 3), [1, 1, 1, 2]);
 * instanceNorm2d(x, { eps: 0 }).data; // [-1, 1]
 * ```
 *
 * @param input `[N, C, H, W]` or `[C, H, W]`, with more than one element per channel.
 * @returns `(input − mean) / √(variance + eps) · weight + bias`, the input's shape.
 * @throws ShapeError when a parameter has not one element per channel.
 * @see torch.nn.InstanceNorm2d; Ulyanov et al., "Instance Normalization", arXiv:1607.08022
 */
export function instanceNorm2d(input: Tensor, options: NormOptions = {}): Tensor {
  return runOperator(
    instanceNorm2dOperator,
    normOperands('instanceNorm2d', input, options),
    resolveNorm(options),
  );
}
