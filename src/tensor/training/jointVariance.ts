import type { Operator } from '../operator.js';
import { Tensor } from '../tensor.js';
import { checkJoint, jointStatistics } from './jointStatistics.js';
import type { VarianceAttributes } from './variance.js';

/** The variance of each channel over all pictures of some tensors, `[N, C, H, W]` each → `[1, C, 1, 1]`. */
export const jointVarianceOperator: Operator<VarianceAttributes, readonly ['tensors*']> = {
  op: 'jointVariance',
  operands: ['tensors*'],

  outputShape(shapes, { correction }) {
    checkJoint('jointVariance', shapes, correction + 1);
    return [1, shapes[0][shapes[0].length - 3], 1, 1];
  },

  run(tensors, { correction }) {
    const { count, variances } = jointStatistics(tensors);
    const unbiased = variances.map((variance) => (variance * count) / (count - correction));
    return new Tensor(Float32Array.from(unbiased), [1, unbiased.length, 1, 1]);
  },
};
