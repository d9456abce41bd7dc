import fc from 'fast-check';
import { expect, it } from 'vitest';
import { div, mul, scalar, total } from '../../src/autograd/arithmetic.js';
import { grad } from '../../src/autograd/grad.js';
import { GraphBuilder, type Value } from '../../src/graph/builder.js';
import { avgPool2dOperator, resolveAvgPool2d } from '../../src/tensor/avgPool2d.js';
import { catOperator } from '../../src/tensor/cat.js';
import { conv2dOperator, resolveConv2d } from '../../src/tensor/conv2d.js';
import {
  convTranspose2dOperator,
  resolveConvTranspose2d,
} from '../../src/tensor/convTranspose2d.js';
import { groupNormOperator, resolveGroupNorm } from '../../src/tensor/groupNorm.js';
import { instanceNorm2dOperator } from '../../src/tensor/instanceNorm2d.js';
import { narrowOperator } from '../../src/tensor/narrow.js';
import { reflectionPad2dOperator } from '../../src/tensor/reflectionPad2d.js';
import { sigmoidOperator } from '../../src/tensor/sigmoid.js';
import { softmaxOperator } from '../../src/tensor/softmax.js';
import { tanhOperator } from '../../src/tensor/tanh.js';
import { dropoutOperator } from '../../src/tensor/training/dropout.js';
import { softplusOperator } from '../../src/tensor/training/elementwise.js';
import { resolveUpsample, upsampleOperator } from '../../src/tensor/upsample.js';
import { numbers } from '../support/gradientCases.js';
import { dot, referenceOf } from '../support/training.js';

type Step = (g: GraphBuilder, x: Value, number: number) => Value;

/** What keeps within a few units, without corners: differences tell slopes of it. */
const STEPS: Readonly<Record<string, Step>> = {
  tanh: (g, x) => g.apply(tanhOperator, [x], {}),
  sigmoid: (g, x) => g.apply(sigmoidOperator, [x], {}),
  softplus: (g, x) => g.apply(softplusOperator, [x], {}),
  softmax: (g, x) => g.apply(softmaxOperator, [x], { dim: 1 }),
  square: (g, x) => mul(g, STEPS.tanh(g, x, 0), x),
  quotient: (g, x) => div(g, x, g.add(STEPS.sigmoid(g, x, 0), scalar(g, 0.5))),
  residual: (g, x, number) => g.add(x, STEPS.conv(g, x, number)),
  conv: (g, x, number) => {
    const channels = x.shape[1];
    const weight = g.constant(numbers([channels, channels, 3, 3], number).mul(0.3));
    return g.apply(conv2dOperator, [x, weight, null], resolveConv2d({ padding: 1 }));
  },
  twice: (g, x, number) => {
    const weight = g.constant(numbers([x.shape[1], 2, 2, 2], number).mul(0.5));
    const made = g.apply(
      convTranspose2dOperator,
      [x, weight, null],
      resolveConvTranspose2d({ stride: 2 }),
    );
    return g.apply(avgPool2dOperator, [made], resolveAvgPool2d(2));
  },
  instanceNorm: (g, x) =>
    g.apply(instanceNorm2dOperator, [x, null, null, null, null], { eps: 0.1 }),
  groupNorm: (g, x) =>
    g.apply(groupNormOperator, [x, null, null], resolveGroupNorm(1, { correction: 1, eps: 0.1 })),
  mirror: (g, x) => g.apply(reflectionPad2dOperator, [x], { padding: [1, 1, 1, 1] }),
  resize: (g, x) =>
    g.apply(upsampleOperator, [x], resolveUpsample({ size: [5, 4], mode: 'bilinear' })),
  parts: (g, x) => {
    const part = g.apply(narrowOperator, [x], { dim: 1, start: 0, length: 1 });
    return g.apply(catOperator, [part, x], { dim: 1 });
  },
  dropout: (g, x, number) =>
    g.apply(dropoutOperator, [x, g.constant(numbers([2], 1).mul(1000))], {
      p: 0.3,
      stream: number,
    }),
};

it('gradients along any direction are the slopes of random graphs', async () => {
  const steps = fc.array(fc.constantFrom(...Object.keys(STEPS)), { minLength: 1, maxLength: 6 });
  const property = fc.asyncProperty(steps, fc.nat(1000), async (names, seed) => {
    const g = new GraphBuilder([2, 2, 4, 5]);
    let made = g.input;
    for (const [i, name] of names.entries()) made = STEPS[name](g, made, seed + i);
    const forward = referenceOf(g.finish(made));
    const factors = numbers(made.shape, seed);
    const x = numbers(g.input.shape, seed + 1);
    const direction = numbers(x.shape, seed + 2);
    const scalarGraph = g.finish(total(g, mul(g, made, g.constant(factors))));
    const [gradient] = await referenceOf(grad(scalarGraph, { by: [g.input.id] })).runAll([x]);
    // In double precision, of outputs: a sum that is rounded to float32 would lose the difference.
    const valueAt = async (step: number) =>
      dot((await forward.runAll([x.add(direction.mul(step))]))[0], factors);
    const slopeOf = async (step: number) =>
      ((await valueAt(step)) - (await valueAt(-step))) / (2 * step);
    const [coarse, fine] = [await slopeOf(2 ** -5), await slopeOf(2 ** -6)];
    const slope = fine + (fine - coarse) / 3;
    const size = Math.sqrt(dot(gradient, gradient) * dot(direction, direction));
    expect(Math.abs(dot(gradient, direction) - slope)).toBeLessThan(2e-3 * Math.max(size, 0.1));
  });
  await fc.assert(property, { numRuns: 40 });
});
