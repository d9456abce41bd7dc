import { ShapeError } from '../errors.js';
import {
  checkNorm,
  type NormOptions,
  type NormParams,
  normalizePlane,
  resolveNorm,
} from './normalize.js';
import type { Operator } from './operator.js';
import { imageShape } from './shape.js';
import { Tensor } from './tensor.js';

/** `NormParams` whose running statistics are there. */
export interface BatchNorm2dParams extends NormParams {
  readonly runningMean: Tensor;
  readonly runningVar: Tensor;
}

/** @throws ShapeError without running statistics: the batch's own are a matter of training. */
export function resolveBatchNorm2d(options: NormOptions): BatchNorm2dParams {
  const { runningMean, runningVar, ...rest } = resolveNorm('batchNorm2d', options);
  if (runningMean === null || runningVar === null) {
    throw new ShapeError('batchNorm2d: runningMean and runningVar are needed (eval mode).');
  }
  return { ...rest, runningMean, runningVar };
}

export const batchNorm2dOperator: Operator<BatchNorm2dParams> = {
  op: 'batchNorm2d',

  outputShape([input], params) {
    checkNorm('batchNorm2d', imageShape(input, 'batchNorm2d').channels, params);
    return [...input];
  },

  run([input], params) {
    const { weight, bias, runningMean, runningVar, eps } = params;
    const out = Tensor.zeros(this.outputShape([input.shape], params));
    const { batch, channels, height, width } = imageShape(input.shape, 'batchNorm2d');
    const count = height * width;
    for (let plane = 0; plane < batch * channels; plane++) {
      const c = plane % channels;
      const scale = (weight?.data[c] ?? 1) / Math.sqrt(runningVar.data[c] + eps);
      const shift = bias?.data[c] ?? 0;
      const mean = runningMean.data[c];
      normalizePlane(input.data, plane * count, count, mean, scale, shift, out.data);
    }
    return out;
  },
};

/**
 * Normalises every channel by the running statistics, as PyTorch does in eval mode.
 *
 * @param input `[N, C, H, W]` or `[C, H, W]`.
 * @returns `(input − runningMean) / √(runningVar + eps) · weight + bias`, the input's shape.
 * @throws ShapeError when a parameter has not one element a channel.
 * @see torch.nn.BatchNorm2d; Ioffe and Szegedy, "Batch Normalization", arXiv:1502.03167
 */
export function batchNorm2d(input: Tensor, options: NormOptions): Tensor {
  return batchNorm2dOperator.run([input], resolveBatchNorm2d(options));
}
