import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectEngine } from '../../src/engine/engines.js';
import { jsEngine } from '../../src/engine/js/jsEngine.js';
import { GraphBuilder, type Value } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { uniform } from '../../src/nn/random.js';
import { conv2dOperator, resolveConv2d } from '../../src/tensor/conv2d.js';
import { instanceNorm2dOperator } from '../../src/tensor/instanceNorm2d.js';
import { leakyReluOperator } from '../../src/tensor/leakyRelu.js';
import {
  reflectionPad2dOperator,
  resolveReflectionPad2d,
} from '../../src/tensor/reflectionPad2d.js';
import { reluOperator } from '../../src/tensor/relu.js';
import { sizeOf } from '../../src/tensor/shape.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { conv2dWeightGradientOperator } from '../../src/tensor/training/conv2dWeightGradient.js';
import { engines } from './engines.js';

const pair = (min: number, max: number) =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));

/** Channels around whole vectors and register blocks, few, and any others. */
const channels = fc.oneof(fc.constantFrom(1, 3, 16, 32), fc.integer({ min: 1, max: 25 }));

type Pair = readonly [number, number];

interface Sides {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;
}

interface Recipe extends Sides {
  readonly groups: number;
  readonly groupIn: number;
  readonly groupOut: number;
  readonly size: Pair;
  readonly before: 'nothing' | 'norm' | 'relu' | 'reflect' | 'sum';
  readonly threads: number;
  readonly seed: number;
}

const recipes: fc.Arbitrary<Recipe> = fc
  .record({
    groups: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, fc.constantFrom(2, 3)),
    groupIn: channels,
    groupOut: channels,
    kernel: fc.oneof(fc.constantFrom<[number, number]>([3, 3], [7, 7], [4, 4]), pair(1, 5)),
    stride: fc.oneof(fc.constantFrom<[number, number]>([1, 1], [2, 2]), pair(1, 3)),
    padding: pair(0, 3),
    dilation: fc.oneof(fc.constant<[number, number]>([1, 1]), pair(1, 2)),
    size: fc.oneof(pair(1, 9), pair(8, 21)),
    before: fc.constantFrom<Recipe['before'][]>('nothing', 'norm', 'relu', 'reflect', 'sum'),
    threads: fc.constantFrom(2, 3),
    seed: fc.integer({ min: 0, max: 2 ** 20 }),
  })
  .filter(({ kernel, stride, padding, dilation, size }) =>
    size.every((side, i) => outputSide(side, i, { kernel, stride, padding, dilation }) >= 1),
  );

function outputSide(side: number, i: number, { kernel, stride, padding, dilation }: Sides): number {
  const reach = dilation[i] * (kernel[i] - 1) + 1;
  return Math.floor((side + 2 * padding[i] - reach) / stride[i]) + 1;
}

/** What the convolution read, as a forward pass leaves it: stored, or with norm, activation or border to come. */
function before(g: GraphBuilder, x: Value, kind: Recipe['before']): Value {
  const isPixel = x.shape[2] * x.shape[3] === 1;
  const norm = () =>
    isPixel ? x : g.apply(instanceNorm2dOperator, [x, null, null, null, null], { eps: 0.1 });
  switch (kind) {
    case 'norm':
      return norm();
    case 'relu':
      return g.apply(reluOperator, [norm()], {});
    case 'sum':
      return g.add(x, norm());
    case 'reflect': {
      const leaky = g.apply(leakyReluOperator, [x], { negativeSlope: 0.2 });
      const [height, width] = x.shape.slice(2);
      const sides = resolveReflectionPad2d(Math.min(height, width) > 1 ? [1, 0, 0, 1] : 0);
      return g.apply(reflectionPad2dOperator, [leaky], sides);
    }
    default:
      return x;
  }
}

function graphOf(recipe: Recipe): Graph {
  const { groups, groupIn, groupOut, kernel, stride, padding, dilation, size } = recipe;
  const shape = [1, groups * groupIn, ...size];
  const g = new GraphBuilder(shape);
  const input = before(g, g.input, recipe.before);
  const sides = input.shape.slice(2).map((side, i) => outputSide(side, i, recipe));
  const gradient = g.addInput([1, groups * groupOut, ...sides], 'gradient');
  const attributes = { stride, padding, dilation, groups, kernel };
  const made = g.apply(conv2dWeightGradientOperator, [input, gradient], attributes);
  // The input has another reader, as in training.
  const weight = g.constant(noise([2, groups * groupIn, 1, 1], 3));
  const output = g.apply(conv2dOperator, [input, weight, null], resolveConv2d({}));
  return g.finish([made, output]);
}

function noise(shape: readonly number[], seed: number): Tensor {
  const tensor = new Tensor(uniform(1, sizeOf(shape), 1), shape);
  for (let i = 0; i < tensor.size; i++) tensor.data[i] += 0.1 * Math.sin(seed + i);
  return tensor;
}

/** Of the largest sum of products: what float32 loses by sums of some hundred terms, and Winograd's transforms. */
const TOLERANCE = 5e-6;

function expectNear(found: Tensor, expected: Tensor): void {
  expect(found.shape).toEqual(expected.shape);
  const largest = expected.data.reduce((most, x) => Math.max(most, Math.abs(x)), 0.1);
  const off = found.data.findIndex(
    (x, i) => !(Math.abs(x - expected.data[i]) <= TOLERANCE * largest),
  );
  expect(off < 0 ? null : { off, found: found.data[off], expected: expected.data[off] }).toBeNull();
}

/** Residual layers, downsampling, the first and the last layer, and a discriminator's, narrow. */
const LAYERS: readonly (readonly [Partial<Recipe>, string])[] = [
  [{ groupIn: 64, groupOut: 48, size: [32, 32], before: 'reflect', kernel: [3, 3] }, 'residual'],
  [{ groupIn: 32, groupOut: 64, size: [33, 40], stride: [2, 2], padding: [1, 1] }, 'downsampling'],
  [{ groupIn: 3, groupOut: 32, size: [38, 46], kernel: [7, 7] }, 'first'],
  [{ groupIn: 32, groupOut: 3, size: [38, 46], kernel: [7, 7], before: 'relu' }, 'last'],
  [{ groupIn: 48, groupOut: 36, size: [18, 17], kernel: [4, 4], padding: [1, 1] }, 'inner'],
  [{ groupIn: 64, groupOut: 1, size: [31, 31], kernel: [4, 4], padding: [1, 1] }, 'judgement'],
];

const PLAIN: Recipe = {
  groups: 1,
  groupIn: 1,
  groupOut: 1,
  kernel: [3, 3],
  stride: [1, 1],
  padding: [0, 0],
  dilation: [1, 1],
  size: [8, 8],
  before: 'nothing',
  threads: 3,
  seed: 1,
};

/** Gradients of convolutions' weights against the reference loops, on every engine; the same bits for any number of threads. */
export function weightGradientSuite(runs: number): void {
  describe.each(engines)('gradients of weights on $name', ({ options, unavailable }) => {
    const run = async (graph: Graph, inputs: readonly Tensor[], threads: number) => {
      const engine = await selectEngine(options.engine);
      const program = await engine.compile(graph, { ...options, threads });
      expect(program.fallbacks).toEqual([]);
      // What an earlier run left in memory is read by none.
      await program.runAll(inputs.map(({ shape }) => Tensor.full(shape, Number.NaN)));
      const results = await program.runAll(inputs, { blocking: true });
      program.dispose();
      return results;
    };
    const agrees = async (recipe: Recipe) => {
      const graph = graphOf(recipe);
      const inputs = graph.inputs.map(({ shape }, i) => noise(shape, recipe.seed + i));
      const reference = await jsEngine.compile(graph, {});
      const [expected] = await reference.runAll(inputs);
      const [found, other] = await run(graph, inputs, 1);
      expectNear(found, expected);
      expect(await run(graph, inputs, recipe.threads)).toEqual([found, other]);
    };

    it.skipIf(unavailable !== null)('are those of the reference', async () => {
      await fc.assert(fc.asyncProperty(recipes, agrees), { numRuns: runs });
    });

    it.skipIf(unavailable !== null).each([0, 1])(
      'lets no huge value drown others, in operand %i',
      async (operand) => {
        const graph = graphOf({ ...PLAIN, groupIn: 32, groupOut: 16, size: [14, 13] });
        const inputs = graph.inputs.map(({ shape }, i) => noise(shape, i));
        // The sums that it is in are beyond comparison; those of other channels are as they were.
        inputs[operand].data[3] = 1e24;
        const reference = await jsEngine.compile(graph, {});
        const [expected] = await reference.runAll(inputs);
        const [found] = await run(graph, inputs, 2);
        const isFar = expected.data.map((x, i) =>
          Number(Math.abs(found.data[i] - x) > 1e-4 + 1e-6 * Math.abs(x)),
        );
        expect(isFar.reduce((sum, far) => sum + far, 0)).toBe(0);
      },
    );

    it.skipIf(unavailable !== null).each(LAYERS)('are right for %o, %s', async (layer) => {
      await agrees({ ...PLAIN, ...layer });
    });
  });
}
