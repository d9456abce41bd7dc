import { ShapeError } from '../errors.js';
import {
  checkNorm,
  NORM_OPERANDS,
  type NormAttributes,
  type NormOperands,
  type NormOptions,
  normalizePlane,
  normOperands,
  resolveNorm,
} from './normalize.js';
import { type Operator, runOperator } from './operator.js';
import { regionOfFirst } from './region.js';
import { imageShape } from './shape.js';
import { Tensor } from './tensor.js';

export const batchNorm2dOperator: Operator<NormAttributes, NormOperands> = {
  op: 'batchNorm2d',
  operands: NORM_OPERANDS,

  outputShape(operands) {
    const [input, , , runningMean, runningVar] = operands;
    // The batch's own statistics are a matter of training.
    if (runningMean === null || runningVar === null) {
      throw new ShapeError('batchNorm2d: runningMean and runningVar are needed (eval mode).');
    }
    checkNorm('batchNorm2d', imageShape(input, 'batchNorm2d').channels, operands);
    return [...input];
  },

  run([input, weight, bias, runningMean, runningVar], { eps }) {
    const out = Tensor.zeros(input.shape);
    const { batch, channels, height, width } = imageShape(input.shape, 'batchNorm2d');
    const count = height * width;
    for (let plane = 0; plane < batch * channels; plane++) {
      const c = plane % channels;
      const scale = (weight?.data[c] ?? 1) / Math.sqrt((runningVar?.data[c] ?? 1) + eps);
      const shift = bias?.data[c] ?? 0;
      const mean = runningMean?.data[c] ?? 0;
      normalizePlane(input.data, plane * count, count, mean, scale, shift, out.data);
    }
    return out;
  },

  inputRegions: regionOfFirst,
};

/**
 * Normalises every channel by the running statistics, as PyTorch does in eval mode.
 *
 * ```ts
 * const x = new Tensor(Float32Array.of(1, 3), [1, 1, 1, 2]);
 * const running = { runningMean: Tensor.full([1], 1), runningVar: Tensor.full([1], 4) };
 * batchNorm2d(x, { ...running, eps: 0 }).data; // [0, 1]
 * ```
 *
 * @param input `[N, C, H, W]` or `[C, H, W]`.
 * @returns `(input − runningMean) / √(runningVar + eps) · weight + bias`, the input's shape.
 * @throws ShapeError when a parameter has not one element per channel, or running statistics are missing.
 * @see torch.nn.BatchNorm2d; Ioffe and Szegedy, "Batch Normalization", arXiv:1502.03167
 */
export function batchNorm2d(input: Tensor, options: NormOptions): Tensor {
  return runOperator(
    batchNorm2dOperator,
    normOperands('batchNorm2d', input, options),
    resolveNorm(options),
  );
}
