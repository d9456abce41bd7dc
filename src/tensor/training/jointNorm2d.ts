import { normalizePlane } from '../normalize.js';
import type { Operator } from '../operator.js';
import { Tensor } from '../tensor.js';
import { checkJoint, forEachPlane, jointStatistics } from './jointStatistics.js';

export interface JointNorm2dAttributes {
  /** Which of the tensors is normalised. */
  readonly index: number;
  /** Added to the variance. */
  readonly eps: number;
}

/**
 * Normalises every channel of one of some tensors, `[N, C, H, W]` each, by the mean and the biased variance of all pictures of all of
 * them: what a batch norm does in training, without scale and shift. A batch may come as one tensor, or as one for each picture.
 *
 * @see torch.nn.functional.batch_norm with `training=True`
 */
export const jointNorm2dOperator: Operator<JointNorm2dAttributes, readonly ['tensors*']> = {
  op: 'jointNorm2d',
  operands: ['tensors*'],

  outputShape(shapes, { index }) {
    checkJoint('jointNorm2d', shapes, 2);
    return [...shapes[index]];
  },

  run(tensors, { index, eps }) {
    const { means, variances } = jointStatistics(tensors);
    const out = Tensor.zeros(tensors[index].shape);
    forEachPlane([tensors[index]], ({ data }, c, start, end) => {
      const scale = 1 / Math.sqrt(variances[c] + eps);
      normalizePlane(data, start, end - start, means[c], scale, 0, out.data);
    });
    return out;
  },
};
