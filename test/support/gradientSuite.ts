import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sidesOf } from '../../src/autograd/arithmetic.js';
import { selectEngine } from '../../src/engine/engines.js';
import { jsEngine } from '../../src/engine/js/jsEngine.js';
import { GraphBuilder, type Value } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { adaptiveAvgPool2dOperator } from '../../src/tensor/adaptiveAvgPool2d.js';
import { addOperator } from '../../src/tensor/add.js';
import { avgPool2dOperator, resolveAvgPool2d } from '../../src/tensor/avgPool2d.js';
import { clampOperator } from '../../src/tensor/clamp.js';
import { conv2dOperator, resolveConv2d } from '../../src/tensor/conv2d.js';
import { resolveGroupNorm } from '../../src/tensor/groupNorm.js';
import { instanceNorm2dOperator } from '../../src/tensor/instanceNorm2d.js';
import { leakyReluOperator } from '../../src/tensor/leakyRelu.js';
import { maxPool2dOperator, resolveMaxPool2d } from '../../src/tensor/maxPool2d.js';
import { mulOperator } from '../../src/tensor/mul.js';
import type { Operator } from '../../src/tensor/operator.js';
import { padOperator } from '../../src/tensor/pad.js';
import { pixelShuffleOperator } from '../../src/tensor/pixelShuffle.js';
import { hasEmptyWindow } from '../../src/tensor/pooling.js';
import { reluOperator } from '../../src/tensor/relu.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { adaptiveAvgPool2dGradientOperator } from '../../src/tensor/training/adaptiveAvgPool2dGradient.js';
import { adaptiveMaxPool2dGradientOperator } from '../../src/tensor/training/adaptiveMaxPool2dGradient.js';
import { avgPool2dGradientOperator } from '../../src/tensor/training/avgPool2dGradient.js';
import { dropoutOperator } from '../../src/tensor/training/dropout.js';
import { gateOperator } from '../../src/tensor/training/elementwise.js';
import { groupNormGradientOperator } from '../../src/tensor/training/groupNormGradient.js';
import { instanceNorm2dGradientOperator } from '../../src/tensor/training/instanceNorm2dGradient.js';
import { jointNorm2dOperator } from '../../src/tensor/training/jointNorm2d.js';
import { jointNorm2dGradientOperator } from '../../src/tensor/training/jointNorm2dGradient.js';
import { jointVarianceOperator } from '../../src/tensor/training/jointVariance.js';
import { maxPool2dGradientOperator } from '../../src/tensor/training/maxPool2dGradient.js';
import { padGradientOperator } from '../../src/tensor/training/padGradient.js';
import { pixelUnshuffleOperator } from '../../src/tensor/training/pixelUnshuffle.js';
import { upsampleGradientOperator } from '../../src/tensor/training/upsampleGradient.js';
import { varianceOperator } from '../../src/tensor/training/variance.js';
import { resolveUpsample, upsampleOperator } from '../../src/tensor/upsample.js';
import { expectClose } from './closeness.js';
import { engines } from './engines.js';

/**
 * Operators of gradients on each engine and by the reference, of values as a forward pass leaves them: stored, or with norm and
 * activation to come. Results do not depend on how many threads there are, to the last bit.
 */

/**
 * A search by night has more, and others each time: once in some ten thousand, a value lies so near to a bound that another
 * order of sums puts it on the other side.
 */
const NIGHTLY = process.env.CYCLEGAN_RUNS;
const RUNS = Number(NIGHTLY ?? 60);
const SEED = NIGHTLY === undefined ? { seed: 20 } : {};

/** Whole numbers below `n`, one after the other, from a list that fast-check can shrink. */
type Draw = (n: number) => number;

/** What a forward pass makes of the first input. */
const FORWARD: readonly ((g: GraphBuilder, x: Value) => Value)[] = [
  (_, x) => x,
  (g, x) => convolved(g, x, x.shape[1]),
  (g, x) => norm(g, convolved(g, x, x.shape[1])),
  (g, x) => norm(g, x),
  (g, x) => g.apply(reluOperator, [norm(g, convolved(g, x, x.shape[1]))], {}),
  (g, x) => g.apply(leakyReluOperator, [norm(g, x)], { negativeSlope: 0.2 }),
  (g, x) => g.apply(addOperator, [x, norm(g, convolved(g, x, x.shape[1]))], {}),
  (g, x) => g.apply(clampOperator, [norm(g, x)], { min: -0.5, max: 0.7 }),
  (g, x) => jointNorm(g, convolved(g, x, x.shape[1])),
  (g, x) => g.apply(reluOperator, [jointNorm(g, x)], {}),
];

/** Gradients of what the forward pass made, and of more. */
const GRADIENTS: Readonly<
  Record<string, (g: GraphBuilder, value: Value, gradient: Value, draw: Draw) => Value>
> = {
  gate: (g, value, gradient, draw) => {
    const bounds = [
      { above: 0, below: Number.POSITIVE_INFINITY },
      { above: Number.NEGATIVE_INFINITY, below: 0.3 },
      { above: -0.4, below: 0.5 },
      { above: Number.NEGATIVE_INFINITY, below: Number.POSITIVE_INFINITY },
    ];
    const attributes = {
      ...bounds[draw(4)],
      outside: [0, 0.2, -1][draw(3)],
      closed: draw(2) === 0,
    };
    return g.apply(gateOperator, [value, gradient], attributes);
  },
  norm: (g, value, gradient, draw) =>
    g.apply(instanceNorm2dGradientOperator, [value, gradient], { eps: [0.1, 0.2][draw(2)] }),
  /** As they follow each other behind a convolution. */
  gatedNorm: (g, value, gradient) => {
    const gated = g.apply(gateOperator, [norm(g, value), gradient], RELU);
    return g.apply(instanceNorm2dGradientOperator, [value, gated], { eps: 0.1 });
  },
  /** Of all pictures of a batch together. */
  jointNorm: (g, value, gradient, draw) => {
    const gated = g.apply(gateOperator, [jointNorm(g, value), gradient], RELU);
    const read = draw(2) === 0 ? gated : gradient;
    return g.apply(jointNorm2dGradientOperator, [value, read], { index: 0, eps: 0.1 });
  },
  jointVariance: (g, value, gradient, draw) => {
    const correction = draw(2) as 0 | 1;
    const variances = g.apply(jointVarianceOperator, [value], { correction });
    return g.apply(mulOperator, [gradient, variances], {});
  },
  pad: (g, _, gradient, draw) => padded(g, gradient, draw),
  /** As they follow each other in a residual block, and between two. */
  gatedPad: (g, value, gradient, draw) => {
    const gated = g.apply(gateOperator, [norm(g, value), padded(g, gradient, draw)], RELU);
    return g.apply(instanceNorm2dGradientOperator, [value, gated], { eps: 0.1 });
  },
  residualPad: (g, value, gradient, draw) => {
    const sum = g.add(gradient, padded(g, gradient, draw));
    const of = g.apply(instanceNorm2dGradientOperator, [value, sum], { eps: 0.1 });
    return draw(2) === 0 ? of : g.add(sum, of);
  },
  groupNorm: (g, value, gradient, draw) => {
    const correction = draw(2) as 0 | 1;
    const groups = [1, 2, 3, value.shape[1]].filter((n) => value.shape[1] % n === 0);
    const options = { eps: 0.1, correction, epsOutside: draw(2) === 0 };
    const attributes = resolveGroupNorm(groups[draw(groups.length)], options);
    return g.apply(groupNormGradientOperator, [value, gradient], attributes);
  },
  variance: (g, value, gradient, draw) => {
    const variances = g.apply(varianceOperator, [value], { correction: draw(2) as 0 | 1 });
    return g.apply(mulOperator, [gradient, variances], {});
  },
  unshuffle: (g, _, gradient, draw) => {
    const upscaleFactor = 2 + draw(2);
    const wide = convolved(g, gradient, gradient.shape[1] * upscaleFactor ** 2);
    const large = g.apply(pixelShuffleOperator, [wide], { upscaleFactor });
    const read = draw(2) === 0 ? large : convolved(g, large, gradient.shape[1]);
    const made = g.apply(pixelUnshuffleOperator, [norm(g, read)], { upscaleFactor });
    return convolved(g, made, gradient.shape[1]);
  },
  dropout: (g, _, gradient, draw) => {
    const seed = g.constant(new Tensor(Float32Array.of(draw(1000) * 16_000, draw(1000)), [2]));
    const attributes = { p: [0, 0.2, 0.5, 1][draw(4)], stream: draw(5) };
    return g.apply(dropoutOperator, [norm(g, gradient), seed], attributes);
  },
  upsample: (g, value, gradient, draw) => {
    const [, , height, width] = value.shape;
    const modes = [{}, { mode: 'bilinear' }, { mode: 'bilinear', alignCorners: true }] as const;
    const size = [1 + draw(2 * height), 1 + draw(2 * width)] as const;
    const sides = [{ scaleFactor: 2 }, { size }] as const;
    const attributes = resolveUpsample({ ...modes[draw(3)], ...sides[draw(2)] });
    const made = g.apply(upsampleOperator, [pending(g, gradient, draw)], attributes);
    const inputSize = [height, width] as const;
    return g.apply(upsampleGradientOperator, [made], { ...attributes, inputSize });
  },
  avgPool: (g, value, gradient, draw) => {
    const { kernel, options } = poolOf(draw);
    const attributes = resolveAvgPool2d(kernel, { ...options, countIncludePad: draw(2) === 0 });
    if (!fits(avgPool2dOperator, value, attributes)) return gradient;
    const made = pending(g, g.apply(avgPool2dOperator, [gradient], attributes), draw);
    const inputSize = sidesOf(value.shape);
    return g.apply(avgPool2dGradientOperator, [made], { ...attributes, inputSize });
  },
  maxPool: (g, value, gradient, draw) => {
    const { kernel, options } = poolOf(draw);
    const dilation = [1 + draw(2), 1 + draw(2)] as const;
    const attributes = resolveMaxPool2d(kernel, { ...options, dilation });
    if (!fits(maxPool2dOperator, value, attributes)) return gradient;
    const shape = maxPool2dOperator.outputShape([value.shape], attributes);
    if (hasEmptyWindow(value.shape, shape, attributes)) return gradient;
    const made = pending(g, g.apply(maxPool2dOperator, [gradient], attributes), draw);
    return g.apply(maxPool2dGradientOperator, [value, made], attributes);
  },
  adaptivePools: (g, value, gradient, draw) => {
    const outputSize = [1 + draw(9), 1 + draw(9)] as const;
    const made = g.apply(adaptiveAvgPool2dOperator, [gradient], { outputSize });
    if (draw(2) === 0) {
      const inputSize = sidesOf(value.shape);
      return g.apply(adaptiveAvgPool2dGradientOperator, [made], { outputSize, inputSize });
    }
    return g.apply(adaptiveMaxPool2dGradientOperator, [value, made], { outputSize });
  },
  residual: (g, value, gradient) => {
    const sum = g.add(gradient, convolved(g, gradient, gradient.shape[1]));
    return g.apply(instanceNorm2dGradientOperator, [value, sum], { eps: 0.1 });
  },
};

const RELU = { above: 0, below: Number.POSITIVE_INFINITY, outside: 0, closed: false };

function convolved(g: GraphBuilder, x: Value, channels: number): Value {
  const weight = g.constant(wave([channels, x.shape[1], 3, 3], 0.2));
  return g.apply(conv2dOperator, [x, weight, null], resolveConv2d({ padding: 1 }));
}

/** The gradient of a pad whose result has the gradient `of`, made as large as it was. */
function padded(g: GraphBuilder, of: Value, draw: Draw): Value {
  const [, , height, width] = of.shape;
  const mode = (['constant', 'reflect', 'replicate'] as const)[draw(3)];
  // At least a row and a column are left, and as many as a border repeats.
  const one = (size: number) => draw(3) - Math.min(1, Math.floor((size - 1) / 2));
  const most = (size: number) => Math.min(one(size), size - 1);
  const padding = [most(width), most(width), most(height), most(height)] as const;
  // What the pad gave is as large as the gradient with as many zeros around.
  const wide = g.apply(padOperator, [of], { mode: 'constant', padding });
  const size = [height, width] as const;
  return g.apply(padGradientOperator, [convolved(g, wide, of.shape[1])], { mode, padding, size });
}

/** Perhaps with something to come. */
function pending(g: GraphBuilder, x: Value, draw: Draw): Value {
  return draw(2) === 0 ? x : g.apply(leakyReluOperator, [x], { negativeSlope: 0.3 });
}

function poolOf(draw: Draw) {
  const kernel = [1 + draw(4), 1 + draw(4)] as const;
  const stride = [1 + draw(4), 1 + draw(4)] as const;
  const half = (size: number) => draw(Math.floor(size / 2) + 1);
  const padding = [half(kernel[0]), half(kernel[1])] as const;
  return { kernel, options: { stride, padding, ceilMode: draw(2) === 0 } };
}

/** Whether an operator takes a value, and leaves something. */
function fits<A>(operator: Operator<A, readonly ['input']>, x: Value, attributes: A): boolean {
  try {
    return operator.outputShape([x.shape], attributes).every((size) => size > 0);
  } catch {
    return false;
  }
}

function norm(g: GraphBuilder, x: Value): Value {
  return g.apply(instanceNorm2dOperator, [x, null, null, null, null], { eps: 0.1 });
}

function jointNorm(g: GraphBuilder, x: Value): Value {
  return g.apply(jointNorm2dOperator, [x], { index: 0, eps: 0.1 });
}

interface Recipe {
  readonly shape: readonly [number, number, number, number];
  readonly steps: readonly (readonly [step: string, choices: readonly number[]])[];
}

const side = (max: number) => fc.integer({ min: 2, max });
const recipe: fc.Arbitrary<Recipe> = fc.record({
  shape: fc.tuple(fc.constantFrom(1, 2, 3), fc.integer({ min: 1, max: 18 }), side(9), side(11)),
  steps: fc.array(
    fc.tuple(
      fc.constantFrom(...Object.keys(GRADIENTS)),
      fc.array(fc.nat({ max: 1000 }), { minLength: 10, maxLength: 10 }),
    ),
    { minLength: 1, maxLength: 4 },
  ),
});

/** Values of a forward pass, and then gradients of gradients; the last two come out, and one more that a convolution has read. */
function graphOf({ shape, steps }: Recipe): Graph {
  const g = new GraphBuilder(shape);
  const gradients = [g.addInput(shape, 'gradient')];
  for (const [name, choices] of steps) {
    let at = 0;
    const draw: Draw = (n) => choices[at++ % choices.length] % n;
    const value = FORWARD[draw(FORWARD.length)](g, g.input);
    const recent = gradients[Math.max(0, gradients.length - 1 - draw(2))];
    const gradient = draw(2) === 0 ? recent : convolved(g, recent, shape[1]);
    gradients.push(GRADIENTS[name](g, value, gradient, draw));
  }
  const [last] = gradients.slice(-1);
  return g.finish([...gradients.slice(-2), convolved(g, last, 2 + shape[1])]);
}

/** Runs random gradients on every engine. */
export function gradientSuite(): void {
  describe.each(engines)('gradients on $name', ({ options, unavailable }) => {
    const timeout = 30_000 + 500 * RUNS;
    it.skipIf(unavailable !== null)('are those of the reference', { timeout }, async () => {
      const engine = await selectEngine(options.engine);
      const run = async (graph: Graph, inputs: readonly Tensor[], threads: number) => {
        const program = await engine.compile(graph, { ...options, threads });
        expect(program.fallbacks).toEqual([]);
        // What an earlier run left in memory is read by none.
        await program.runAll(inputs.map(({ shape }) => Tensor.full(shape, Number.NaN)));
        const results = await program.runAll(inputs);
        program.dispose();
        return results;
      };
      const property = fc.asyncProperty(recipe, fc.constantFrom(2, 3), async (r, threads) => {
        const graph = graphOf(r);
        const inputs = [wave(r.shape, 1.5), wave(r.shape, 0.7).add(0.1)];
        const reference = await jsEngine.compile(graph, {});
        const expected = await reference.runAll(inputs);
        const found = await run(graph, inputs, 1);
        for (const [i, tensor] of found.entries()) {
          expectClose(tensor, expected[i], { absolute: 1e-4, relative: 1e-4 });
        }
        expect(await run(graph, inputs, threads)).toEqual(found);
      });
      await fc.assert(property, { numRuns: RUNS, ...SEED });
    });
  });
}

function wave(shape: readonly number[], scale: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: size }, (_, i) => scale * Math.sin(i * (i + 3) * 0.37));
  return new Tensor(data, shape);
}
