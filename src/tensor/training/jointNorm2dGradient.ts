import type { Operator } from '../operator.js';
import { Tensor } from '../tensor.js';
import { checkSame } from './elementwise.js';
import type { JointNorm2dAttributes } from './jointNorm2d.js';
import { checkJoint, forEachPlane, jointStatistics } from './jointStatistics.js';

/**
 * The gradient of one of the tensors that a joint norm has read: `(g − mean(g) − x̂ · mean(g · x̂)) / deviation`, means over each
 * channel of all pictures of all tensors. Operands are these tensors, and then the gradient of what became of each of them.
 */
export const jointNorm2dGradientOperator: Operator<JointNorm2dAttributes, readonly ['tensors*']> = {
  op: 'jointNorm2dGradient',
  operands: ['tensors*'],

  outputShape(shapes, { index }) {
    const count = shapes.length / 2;
    const inputs = shapes.slice(0, count);
    checkJoint('jointNorm2dGradient', inputs, 2);
    for (const [i, input] of inputs.entries()) {
      checkSame('jointNorm2dGradient', input, shapes[count + i]);
    }
    return [...inputs[index]];
  },

  run(tensors, { index, eps }) {
    const inputs = tensors.slice(0, tensors.length / 2);
    const gradients = tensors.slice(inputs.length);
    const { count, means, variances } = jointStatistics(inputs);
    const normed = (x: number, c: number) => (x - means[c]) / Math.sqrt(variances[c] + eps);
    const [sums, dots] = [new Float64Array(means.length), new Float64Array(means.length)];
    forEachPlane(inputs, ({ data }, c, start, end, i) => {
      for (let at = start; at < end; at++) {
        sums[c] += gradients[i].data[at];
        dots[c] += gradients[i].data[at] * normed(data[at], c);
      }
    });
    const out = Tensor.zeros(inputs[index].shape);
    forEachPlane([inputs[index]], ({ data }, c, start, end) => {
      const scale = 1 / Math.sqrt(variances[c] + eps);
      const { data: gradient } = gradients[index];
      for (let at = start; at < end; at++) {
        const along = (normed(data[at], c) * dots[c]) / count;
        out.data[at] = scale * (gradient[at] - sums[c] / count - along);
      }
    });
    return out;
  },
};
