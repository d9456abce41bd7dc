import type { GraphBuilder, Value } from '../../src/graph/builder.js';
import { adaptiveAvgPool2dOperator } from '../../src/tensor/adaptiveAvgPool2d.js';
import { adaptiveMaxPool2dOperator } from '../../src/tensor/adaptiveMaxPool2d.js';
import { avgPool2dOperator, resolveAvgPool2d } from '../../src/tensor/avgPool2d.js';
import { batchNorm2dOperator } from '../../src/tensor/batchNorm2d.js';
import { catOperator } from '../../src/tensor/cat.js';
import { clampOperator } from '../../src/tensor/clamp.js';
import { conv2dOperator } from '../../src/tensor/conv2d.js';
import { convTranspose2dOperator } from '../../src/tensor/convTranspose2d.js';
import { divOperator } from '../../src/tensor/div.js';
import { groupNormOperator, resolveGroupNorm } from '../../src/tensor/groupNorm.js';
import { instanceNorm2dOperator } from '../../src/tensor/instanceNorm2d.js';
import { leakyReluOperator } from '../../src/tensor/leakyRelu.js';
import { linearOperator } from '../../src/tensor/linear.js';
import { maxPool2dOperator, resolveMaxPool2d } from '../../src/tensor/maxPool2d.js';
import { mulOperator } from '../../src/tensor/mul.js';
import { narrowOperator } from '../../src/tensor/narrow.js';
import { padOperator } from '../../src/tensor/pad.js';
import { pixelShuffleOperator } from '../../src/tensor/pixelShuffle.js';
import { preluOperator } from '../../src/tensor/prelu.js';
import { reflectionPad2dOperator } from '../../src/tensor/reflectionPad2d.js';
import { reluOperator } from '../../src/tensor/relu.js';
import { sigmoidOperator } from '../../src/tensor/sigmoid.js';
import { softmaxOperator } from '../../src/tensor/softmax.js';
import { subOperator } from '../../src/tensor/sub.js';
import { tanhOperator } from '../../src/tensor/tanh.js';
import { Tensor } from '../../src/tensor/tensor.js';
import {
  absOperator,
  softplusOperator,
  sqrtOperator,
} from '../../src/tensor/training/elementwise.js';
import { jointNorm2dOperator } from '../../src/tensor/training/jointNorm2d.js';
import { resolveUpsample, upsampleOperator } from '../../src/tensor/upsample.js';

/** Numbers between −1 and 1 that keep away from zero, where some operators have a corner. */
export function numbers(shape: readonly number[], seed: number): Tensor {
  const tensor = Tensor.zeros(shape);
  for (let i = 0; i < tensor.size; i++) {
    const x = Math.sin(12.9898 * (i + 1) + 78.233 * seed) * 43_758.5453;
    const u = x - Math.floor(x);
    tensor.data[i] = (u < 0.5 ? -1 : 1) * (0.1 + 0.9 * Math.abs(2 * u - 1));
  }
  return tensor;
}

/** A graph of one operator, whose operands are all inputs. */
export interface GradientCase {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  build(g: GraphBuilder, values: readonly Value[]): Value;
}

const stride2 = { stride: [2, 2], padding: [1, 1], dilation: [1, 1], groups: 1 } as const;
export const GRADIENT_CASES: readonly GradientCase[] = [
  {
    name: 'add',
    shapes: [
      [1, 2, 3, 4],
      [2, 1, 1],
    ],
    build: (g, [a, b]) => g.add(a, b),
  },
  {
    name: 'sub',
    shapes: [[1, 2, 3, 4], [4]],
    build: (g, [a, b]) => g.apply(subOperator, [a, b], {}),
  },
  {
    name: 'mul',
    shapes: [
      [2, 2, 3, 4],
      [1, 2, 1, 4],
    ],
    build: (g, [a, b]) => g.apply(mulOperator, [a, b], {}),
  },
  { name: 'mul by itself', shapes: [[2, 3]], build: (g, [a]) => g.apply(mulOperator, [a, a], {}) },
  {
    name: 'div',
    shapes: [
      [2, 3],
      [2, 1],
    ],
    build: (g, [a, b]) => g.apply(divOperator, [a, b], {}),
  },
  { name: 'relu', shapes: [[2, 3]], build: (g, [a]) => g.apply(reluOperator, [a], {}) },
  {
    name: 'leakyRelu',
    shapes: [[2, 3]],
    build: (g, [a]) => g.apply(leakyReluOperator, [a], { negativeSlope: 0.2 }),
  },
  {
    name: 'clamp',
    shapes: [[3, 4]],
    build: (g, [a]) => g.apply(clampOperator, [a], { min: -0.5, max: 0.4 }),
  },
  { name: 'tanh', shapes: [[2, 3]], build: (g, [a]) => g.apply(tanhOperator, [a], {}) },
  { name: 'sigmoid', shapes: [[2, 3]], build: (g, [a]) => g.apply(sigmoidOperator, [a], {}) },
  { name: 'abs', shapes: [[2, 3]], build: (g, [a]) => g.apply(absOperator, [a], {}) },
  { name: 'softplus', shapes: [[2, 3]], build: (g, [a]) => g.apply(softplusOperator, [a], {}) },
  {
    name: 'cat',
    shapes: [
      [1, 2, 2, 2],
      [1, 3, 2, 2],
    ],
    build: (g, [a, b]) => g.apply(catOperator, [a, b, a], { dim: -3 }),
  },
  {
    name: 'narrow',
    shapes: [[1, 5, 2, 2]],
    build: (g, [a]) => g.apply(narrowOperator, [a], { dim: 1, start: 1, length: 2 }),
  },
  {
    name: 'pad by mirroring',
    shapes: [[1, 2, 3, 4]],
    build: (g, [a]) => g.apply(reflectionPad2dOperator, [a], { padding: [2, 1, 0, 2] }),
  },
  {
    name: 'pad with the edge, and a crop',
    shapes: [[1, 2, 4, 4]],
    build: (g, [a]) => g.apply(padOperator, [a], { mode: 'replicate', padding: [2, -1, 1, 0] }),
  },
  {
    name: 'pad with zeros',
    shapes: [[1, 2, 3, 4]],
    build: (g, [a]) => g.apply(padOperator, [a], { mode: 'constant', padding: [1, 0, 0, 2] }),
  },
  {
    name: 'instanceNorm2d',
    shapes: [[2, 2, 3, 4]],
    build: (g, [a]) => g.apply(instanceNorm2dOperator, [a, null, null, null, null], { eps: 1e-5 }),
  },
  {
    name: 'affine instanceNorm2d',
    shapes: [[2, 2, 3, 4], [2], [2]],
    build: (g, [a, w, b]) => g.apply(instanceNorm2dOperator, [a, w, b, null, null], { eps: 0.1 }),
  },
  {
    name: 'jointNorm2d',
    shapes: [[2, 2, 3, 4]],
    build: (g, [a]) => g.apply(jointNorm2dOperator, [a], { index: 0, eps: 0.1 }),
  },
  {
    name: 'jointNorm2d of several tensors',
    shapes: [
      [1, 2, 3, 4],
      [2, 2, 2, 3],
    ],
    build: (g, [a, b]) => g.apply(jointNorm2dOperator, [a, b], { index: 1, eps: 0.1 }),
  },
  {
    name: 'batchNorm2d of running statistics',
    shapes: [[2, 2, 3, 4], [2], [2]],
    build: (g, [a, w, b]) => {
      const [mean, variance] = [numbers([2], 8), Tensor.full([2], 0.7)].map((t) => g.constant(t));
      return g.apply(batchNorm2dOperator, [a, w, b, mean, variance], { eps: 1e-5 });
    },
  },
  {
    name: 'conv2d',
    shapes: [[2, 3, 6, 7], [4, 3, 3, 3], [4]],
    build: (g, [x, w, b]) => g.apply(conv2dOperator, [x, w, b], stride2),
  },
  {
    name: 'conv2d in groups, dilated',
    shapes: [
      [1, 4, 7, 7],
      [6, 2, 3, 2],
    ],
    build: (g, [x, w]) =>
      g.apply(conv2dOperator, [x, w, null], {
        stride: [1, 2],
        padding: [2, 0],
        dilation: [2, 1],
        groups: 2,
      }),
  },
  {
    name: 'convTranspose2d',
    shapes: [[2, 3, 4, 3], [3, 2, 3, 3], [2]],
    build: (g, [x, w, b]) =>
      g.apply(convTranspose2dOperator, [x, w, b], { ...stride2, outputPadding: [1, 0] }),
  },
  {
    name: 'convTranspose2d in groups',
    shapes: [
      [1, 4, 3, 3],
      [4, 1, 2, 2],
    ],
    build: (g, [x, w]) =>
      g.apply(convTranspose2dOperator, [x, w, null], {
        stride: [1, 3],
        padding: [0, 1],
        dilation: [2, 1],
        groups: 2,
        outputPadding: [0, 2],
      }),
  },
  {
    name: 'linear',
    shapes: [[3, 4], [5, 4], [5]],
    build: (g, [x, w, b]) => g.apply(linearOperator, [x, w, b], {}),
  },
  {
    name: 'linear without a bias, of several axes',
    shapes: [
      [2, 2, 3],
      [4, 3],
    ],
    build: (g, [x, w]) => g.apply(linearOperator, [x, w, null], {}),
  },
  {
    name: 'prelu with one slope',
    shapes: [[2, 3, 2, 2], [1]],
    build: (g, [x, w]) => g.apply(preluOperator, [x, w], {}),
  },
  {
    name: 'prelu with a slope per channel',
    shapes: [[2, 3, 2, 2], [3]],
    build: (g, [x, w]) => g.apply(preluOperator, [x, w], {}),
  },
  {
    name: 'softmax',
    shapes: [[2, 3, 2, 2]],
    build: (g, [x]) => g.apply(softmaxOperator, [x], { dim: 1 }),
  },
  {
    name: 'softmax of the last axis',
    shapes: [[2, 4]],
    build: (g, [x]) => g.apply(softmaxOperator, [x], { dim: -1 }),
  },
  {
    name: 'pixelShuffle',
    shapes: [[2, 8, 2, 3]],
    build: (g, [x]) => g.apply(pixelShuffleOperator, [x], { upscaleFactor: 2 }),
  },
  {
    name: 'sqrt',
    shapes: [[2, 3]],
    build: (g, [x]) => g.apply(sqrtOperator, [g.apply(absOperator, [x], {})], {}),
  },
  {
    name: 'avgPool2d, overlapping',
    shapes: [[2, 2, 6, 7]],
    build: (g, [x]) =>
      g.apply(
        avgPool2dOperator,
        [x],
        resolveAvgPool2d(3, { stride: [1, 2], padding: 1, ceilMode: true }),
      ),
  },
  {
    name: 'avgPool2d, without the border',
    shapes: [[2, 2, 6, 7]],
    build: (g, [x]) =>
      g.apply(
        avgPool2dOperator,
        [x],
        resolveAvgPool2d(3, { stride: 2, padding: 1, countIncludePad: false }),
      ),
  },
  {
    name: 'maxPool2d, overlapping',
    shapes: [[2, 2, 6, 7]],
    build: (g, [x]) =>
      g.apply(
        maxPool2dOperator,
        [x],
        resolveMaxPool2d(3, { stride: 2, padding: 1, ceilMode: true }),
      ),
  },
  {
    name: 'maxPool2d, dilated',
    shapes: [[1, 2, 6, 7]],
    build: (g, [x]) =>
      g.apply(maxPool2dOperator, [x], resolveMaxPool2d(2, { stride: 1, dilation: [2, 3] })),
  },
  {
    name: 'adaptiveAvgPool2d to [1, 1]',
    shapes: [[2, 2, 5, 6]],
    build: (g, [x]) => g.apply(adaptiveAvgPool2dOperator, [x], { outputSize: [1, 1] }),
  },
  {
    name: 'adaptiveAvgPool2d to [3, 4]',
    shapes: [[2, 2, 5, 6]],
    build: (g, [x]) => g.apply(adaptiveAvgPool2dOperator, [x], { outputSize: [3, 4] }),
  },
  {
    name: 'adaptiveMaxPool2d to [1, 1]',
    shapes: [[2, 2, 5, 6]],
    build: (g, [x]) => g.apply(adaptiveMaxPool2dOperator, [x], { outputSize: [1, 1] }),
  },
  {
    name: 'adaptiveMaxPool2d to [3, 4]',
    shapes: [[2, 2, 5, 6]],
    build: (g, [x]) => g.apply(adaptiveMaxPool2dOperator, [x], { outputSize: [3, 4] }),
  },
  {
    name: 'upsample to twice the sides',
    shapes: [[1, 2, 4, 5]],
    build: (g, [x]) => g.apply(upsampleOperator, [x], resolveUpsample({ scaleFactor: 2 })),
  },
  {
    name: 'upsample to the nearest of a smaller size',
    shapes: [[1, 2, 4, 5]],
    build: (g, [x]) => g.apply(upsampleOperator, [x], resolveUpsample({ size: [3, 9] })),
  },
  {
    name: 'upsample bilinear',
    shapes: [[1, 2, 4, 5]],
    build: (g, [x]) =>
      g.apply(upsampleOperator, [x], resolveUpsample({ scaleFactor: [2, 1.5], mode: 'bilinear' })),
  },
  {
    name: 'upsample bilinear with corners that stay',
    shapes: [[1, 2, 4, 5]],
    build: (g, [x]) =>
      g.apply(
        upsampleOperator,
        [x],
        resolveUpsample({ size: [7, 3], mode: 'bilinear', alignCorners: true }),
      ),
  },
  {
    name: 'groupNorm',
    shapes: [[2, 4, 2, 3], [4], [4]],
    build: (g, [x, w, b]) => g.apply(groupNormOperator, [x, w, b], resolveGroupNorm(2, {})),
  },
  {
    name: 'groupNorm with the unbiased deviation',
    shapes: [[2, 4, 2, 3], [4], [4]],
    build: (g, [x, w, b]) =>
      g.apply(
        groupNormOperator,
        [x, w, b],
        resolveGroupNorm(2, { correction: 1, epsOutside: true, eps: 0.1 }),
      ),
  },
  {
    name: 'groupNorm of vectors',
    shapes: [[3, 6]],
    build: (g, [x]) => g.apply(groupNormOperator, [x, null, null], resolveGroupNorm(2)),
  },
  {
    name: 'norms by statistics that are computed',
    shapes: [[2, 2, 3, 4], [2], [2], [2], [2]],
    build: (g, [x, w, b, mean, root]) => {
      const variance = g.add(
        g.apply(mulOperator, [root, root], {}),
        g.constant(Tensor.full([2], 0.5)),
      );
      const y = g.apply(batchNorm2dOperator, [x, w, b, mean, variance], { eps: 0.1 });
      return g.add(
        y,
        g.apply(instanceNorm2dOperator, [x, null, null, mean, variance], { eps: 0.2 }),
      );
    },
  },
  {
    name: 'conv2d of a picture without a batch',
    shapes: [[3, 5, 6], [4, 3, 3, 3], [4]],
    build: (g, [x, w, b]) => g.apply(conv2dOperator, [x, w, b], stride2),
  },
  {
    name: 'instanceNorm2d of a picture without a batch',
    shapes: [[3, 4, 5], [3], [3]],
    build: (g, [x, w, b]) => g.apply(instanceNorm2dOperator, [x, w, b, null, null], { eps: 0.1 }),
  },
  {
    name: 'maxPool2d of a picture without a batch',
    shapes: [[3, 4, 5]],
    build: (g, [x]) => g.apply(maxPool2dOperator, [x], resolveMaxPool2d(2)),
  },
  {
    name: 'linear of one row',
    shapes: [[4], [3, 4], [3]],
    build: (g, [x, w, b]) => g.apply(linearOperator, [x, w, b], {}),
  },
];
