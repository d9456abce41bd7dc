import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backward } from '../../src/autograd/grad.js';
import type { Program } from '../../src/engine/engine.js';
import { selectEngine } from '../../src/engine/engines.js';
import { jsEngine } from '../../src/engine/js/jsEngine.js';
import { GraphBuilder, type Value } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { adaptiveAvgPool2dOperator } from '../../src/tensor/adaptiveAvgPool2d.js';
import { adaptiveMaxPool2dOperator } from '../../src/tensor/adaptiveMaxPool2d.js';
import { addOperator } from '../../src/tensor/add.js';
import { avgPool2dOperator, resolveAvgPool2d } from '../../src/tensor/avgPool2d.js';
import { catOperator } from '../../src/tensor/cat.js';
import { clampOperator, resolveClamp } from '../../src/tensor/clamp.js';
import { conv2dOperator, resolveConv2d } from '../../src/tensor/conv2d.js';
import { divOperator } from '../../src/tensor/div.js';
import { groupNormOperator, resolveGroupNorm } from '../../src/tensor/groupNorm.js';
import { instanceNorm2dOperator } from '../../src/tensor/instanceNorm2d.js';
import { linearOperator } from '../../src/tensor/linear.js';
import { maxPool2dOperator, resolveMaxPool2d } from '../../src/tensor/maxPool2d.js';
import { mulOperator } from '../../src/tensor/mul.js';
import { narrowOperator } from '../../src/tensor/narrow.js';
import type { Operator } from '../../src/tensor/operator.js';
import { padOperator } from '../../src/tensor/pad.js';
import { pixelShuffleOperator } from '../../src/tensor/pixelShuffle.js';
import { hasEmptyWindow } from '../../src/tensor/pooling.js';
import { preluOperator } from '../../src/tensor/prelu.js';
import { reflectionPad2dOperator } from '../../src/tensor/reflectionPad2d.js';
import { reluOperator } from '../../src/tensor/relu.js';
import { reshapeOperator } from '../../src/tensor/reshape.js';
import { sameShape, sizeOf } from '../../src/tensor/shape.js';
import { sigmoidOperator } from '../../src/tensor/sigmoid.js';
import { softmaxOperator } from '../../src/tensor/softmax.js';
import { subOperator } from '../../src/tensor/sub.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { sumOperator } from '../../src/tensor/training/sum.js';
import { resolveUpsample, upsampleOperator } from '../../src/tensor/upsample.js';
import { expectClose } from './closeness.js';
import { engines } from './engines.js';

/**
 * Small graphs of any operators in any order, on each engine and by the reference: whatever is pending when an
 * operator reads a value, and whoever reads the value, too, the numbers are the same.
 */

/** A search by night has more. */
const RUNS = Number(process.env.CYCLEGAN_RUNS ?? 120);
/**
 * For gradients, the same graphs each time but in such a search: once in some ten thousand, a value lies so near to a kink that
 * another order of sums puts it on the other side.
 */
const SEED = process.env.CYCLEGAN_RUNS === undefined ? { seed: 20 } : {};

/** Whole numbers below `n`, one after the other, from a list that fast-check can shrink. */
type Draw = (n: number) => number;
/** Adds an operator that reads `x`, and perhaps `other` values; nothing where it does not go. */
type Step = (g: GraphBuilder, x: Value, draw: Draw, others: readonly Value[]) => Value | null;

function convolved(g: GraphBuilder, x: Value, channels: number, kernel: number): Value {
  const shape = [channels, x.shape[1], kernel, kernel];
  const padding = (kernel - 1) / 2;
  const weight = g.constant(wave(shape, 1 / (kernel * kernel)));
  return g.apply(conv2dOperator, [x, weight, null], resolveConv2d({ padding }));
}

/** A value of the same shape, or of that with one channel. */
function partner(x: Value, draw: Draw, others: readonly Value[]): Value | undefined {
  const fitting = others.filter(
    ({ shape }) => sameShape(shape, x.shape) || sameShape(shape, x.shape.with(1, 1)),
  );
  return fitting[draw(Math.max(1, fitting.length))];
}

function bounded(g: GraphBuilder, x: Value): Value {
  return g.apply(clampOperator, [x], resolveClamp({ min: -1, max: 1 }));
}

function poolOf(draw: Draw) {
  const kernel = [1 + draw(4), 1 + draw(4)] as const;
  const stride = [1 + draw(4), 1 + draw(4)] as const;
  const half = (side: number) => draw(Math.floor(side / 2) + 1);
  const padding = [half(kernel[0]), half(kernel[1])] as const;
  return { kernel, options: { stride, padding, ceilMode: draw(2) === 0 } };
}

/** Whether an operator takes a value, and leaves something. */
function fits<A>(operator: Operator<A, readonly ['input']>, x: Value, attributes: A): boolean {
  try {
    return operator.outputShape([x.shape], attributes).every((side) => side > 0);
  } catch {
    return false;
  }
}

const STEPS: Readonly<Record<string, Step>> = {
  relu: (g, x) => g.apply(reluOperator, [x], {}),
  sigmoid: (g, x) => g.apply(sigmoidOperator, [x], {}),
  prelu: (g, x, draw) => {
    const slopes = g.constant(wave([draw(2) === 0 ? 1 : x.shape[1]], 0.5));
    return g.apply(preluOperator, [x, slopes], {});
  },
  clamp: (g, x, draw) =>
    g.apply(
      clampOperator,
      [x],
      resolveClamp([{ min: -0.5 }, { max: 0.25 }, { min: 0.1, max: 1 }][draw(3)]),
    ),
  norm: (g, x) =>
    x.shape[2] * x.shape[3] < 2
      ? null
      : g.apply(instanceNorm2dOperator, [x, null, null, null, null], { eps: 0.1 }),
  groupNorm: (g, x, draw) => {
    const correction = draw(2) as 0 | 1;
    const options = { eps: 0.1, correction, epsOutside: draw(2) === 0 };
    const divisors = [1, 2, 3, x.shape[1]].filter((n) => x.shape[1] % n === 0);
    const attributes = resolveGroupNorm(divisors[draw(divisors.length)], options);
    const size = sizeOf(x.shape) / x.shape[0] / attributes.numGroups;
    return size < 2 ? null : g.apply(groupNormOperator, [x, null, null], attributes);
  },
  twoNorms: (g, x, draw) => {
    const size = sizeOf(x.shape) / x.shape[0] / x.shape[1];
    if (size < 2) return null;
    const norms = [1, x.shape[1]].map((groups) =>
      g.apply(groupNormOperator, [x, null, null], resolveGroupNorm(groups, { eps: 0.1 })),
    );
    return g.apply([addOperator, subOperator][draw(2)], [norms[draw(2)], norms[draw(2)]], {});
  },
  conv: (g, x, draw) => convolved(g, x, 1 + draw(9), [1, 3, 5][draw(3)]),
  mask: (g, x) => convolved(g, x, 1, 1),
  add: (g, x, draw, others) => {
    const other = partner(x, draw, others);
    return other === undefined ? null : g.add(x, other);
  },
  mul: (g, x, draw, others) => {
    const other = partner(x, draw, others);
    return other === undefined ? null : g.apply(mulOperator, [other, x], {});
  },
  sub: (g, x, draw, others) => {
    const other = partner(x, draw, others);
    if (other === undefined) return null;
    return g.apply(subOperator, draw(2) === 0 ? [x, other] : [other, x], {});
  },
  div: (g, x, draw, others) => {
    const other = partner(x, draw, others);
    // Between 0.27 and 1.
    const divisor = other && g.apply(sigmoidOperator, [bounded(g, other)], {});
    return divisor === undefined ? null : g.apply(divOperator, [x, divisor], {});
  },
  scale: (g, x, draw) => {
    const shapes = [[], [1], [1, x.shape[1], 1, 1], [x.shape[1], 1, 1]];
    const other =
      draw(2) === 0
        ? g.constant(wave(shapes[draw(4)], 0.5).add(1))
        : g.apply(adaptiveAvgPool2dOperator, [bounded(g, x)], { outputSize: [1, 1] });
    const operator = [addOperator, mulOperator, subOperator][draw(3)];
    return g.apply(operator, draw(2) === 0 ? [x, other] : [other, x], {});
  },
  reshape: (g, x, draw) => {
    const [, c, height, width] = x.shape;
    const shapes = [
      [0, width, c, height],
      [0, c * height, 1, width],
      [0, -1, 1, 1],
    ];
    return g.apply(reshapeOperator, [x], { shape: shapes[draw(3)] });
  },
  gate: (g, x, draw) => {
    const pooled = g.apply(adaptiveAvgPool2dOperator, [x], { outputSize: [1 + draw(2), 1] });
    const flat = g.apply(reshapeOperator, [pooled], { shape: [0, -1] });
    const sizes = [flat.shape[1], 1 + draw(9), x.shape[1]];
    const layer = (y: Value, i: number) => {
      const weight = g.constant(wave([sizes[i + 1], sizes[i]], 1 / sizes[i]));
      // Not 0: the mean of what was normalised lies at the kink of a ReLU.
      const bias = g.constant(wave([sizes[i + 1]], 1).add(0.2));
      return g.apply(linearOperator, [y, weight, bias], {});
    };
    const hidden = g.apply(reluOperator, [layer(flat, 0)], {});
    const gate = g.apply(sigmoidOperator, [layer(hidden, 1)], {});
    const pixel = g.apply(reshapeOperator, [gate], { shape: [0, 0, 1, 1] });
    return g.apply(mulOperator, [x, pixel], {});
  },
  reflect: (g, x, draw) => {
    const side = (size: number) => draw(Math.min(3, size));
    const [, , height, width] = x.shape;
    const padding = [side(width), side(width), side(height), side(height)] as const;
    return g.apply(reflectionPad2dOperator, [x], { padding });
  },
  cat: (g, x, draw, others) => {
    const [n, , height, width] = x.shape;
    const fitting = others.filter(
      ({ shape }) => shape[0] === n && shape[2] === height && shape[3] === width,
    );
    const parts = Array.from({ length: 1 + draw(3) }, () => fitting[draw(fitting.length)]);
    return g.apply(catOperator, [x, ...parts], { dim: 1 });
  },
  adaptivePool: (g, x, draw) => {
    const operator = [adaptiveAvgPool2dOperator, adaptiveMaxPool2dOperator][draw(2)];
    const outputSize = draw(2) === 0 ? ([1, 1] as const) : ([1 + draw(9), 1 + draw(9)] as const);
    return g.apply(operator, [x], { outputSize });
  },
  narrow: (g, x, draw) => {
    const dim = 1 + draw(3);
    const length = 1 + draw(x.shape[dim]);
    const start = draw(x.shape[dim] - length + 1);
    return g.apply(narrowOperator, [x], { dim, start, length });
  },
  pixelShuffle: (g, x, draw) => {
    const upscaleFactor = 1 + draw(3);
    const wide = convolved(g, x, upscaleFactor ** 2 * (1 + draw(5)), 1);
    return g.apply(pixelShuffleOperator, [wide], { upscaleFactor });
  },
  softmax: (g, x) => g.apply(softmaxOperator, [x], { dim: 1 }),
  upsample: (g, x, draw) => {
    const bilinear = [{ mode: 'bilinear' }, { mode: 'bilinear', alignCorners: true }] as const;
    const mode = [{}, ...bilinear][draw(3)];
    const size = [1 + draw(2 * x.shape[2]), 1 + draw(2 * x.shape[3])] as const;
    const sides = [{ scaleFactor: 2 }, { scaleFactor: [1.5, 1.2] }, { size }] as const;
    return g.apply(upsampleOperator, [x], resolveUpsample({ ...mode, ...sides[draw(3)] }));
  },
  maxPool: (g, x, draw) => {
    const { kernel, options } = poolOf(draw);
    const dilation = [1 + draw(2), 1 + draw(2)] as const;
    const attributes = resolveMaxPool2d(kernel, { ...options, dilation });
    if (!fits(maxPool2dOperator, x, attributes)) return null;
    const shape = maxPool2dOperator.outputShape([x.shape], attributes);
    // The largest of nothing is left to the reference.
    if (hasEmptyWindow(x.shape, shape, attributes)) return null;
    return g.apply(maxPool2dOperator, [x], attributes);
  },
  avgPool: (g, x, draw) => {
    const { kernel, options } = poolOf(draw);
    const attributes = resolveAvgPool2d(kernel, { ...options, countIncludePad: draw(2) === 0 });
    return fits(avgPool2dOperator, x, attributes)
      ? g.apply(avgPool2dOperator, [x], attributes)
      : null;
  },
  pad: (g, x, draw) => {
    const side = (size: number) => draw(2 * Math.min(4, size) - 1) - Math.min(4, size) + 1;
    const [, , height, width] = x.shape;
    const padding = [side(width), side(width), side(height), side(height)] as const;
    const mode = (['constant', 'reflect', 'replicate'] as const)[draw(3)];
    if (!fits(padOperator, x, { mode, padding })) return null;
    return g.apply(padOperator, [x], { mode, padding });
  },
};

interface Recipe {
  readonly shape: readonly [number, number, number, number];
  readonly steps: readonly (readonly [step: string, choices: readonly number[]])[];
  readonly threads: number;
}

const side = (max: number) => fc.integer({ min: 1, max });
const recipe: fc.Arbitrary<Recipe> = fc.record({
  shape: fc.tuple(side(2), side(9), side(9), side(11)),
  steps: fc.array(
    fc.tuple(
      fc.constantFrom(...Object.keys(STEPS)),
      fc.array(fc.nat({ max: 1000 }), { minLength: 10, maxLength: 10 }),
    ),
    { minLength: 1, maxLength: 9 },
  ),
  threads: side(3),
});

/** The last two values come out, the last but one perhaps unread. */
function graphOf(recipe: Recipe): Graph {
  const { g, values } = randomValues(recipe);
  return g.finish(values.slice(-2));
}

/**
 * A training step of a random network: its loss, the gradients of its input and of all its weights, and as many parameters that
 * take a step against these.
 */
function trainedGraphOf(recipe: Recipe): Graph {
  const { g, values } = randomValues(recipe);
  const output = values[values.length - 1];
  const weights = g.constant(wave(output.shape, 1));
  const product = g.apply(mulOperator, [output, weights], {});
  const dims = output.shape.map((_, axis) => axis);
  const loss = g.apply(sumOperator, [product], { dims });
  const sum = g.apply(reshapeOperator, [loss], { shape: [1] });
  const { constants } = g.finish(sum);
  const gradients = backward(g, sum, [g.input, ...constants]).flatMap((value) => value ?? []);
  const rate = g.addInput([], 'rate');
  const { length } = g.input.shape;
  // No network has a weight for each picture of a batch.
  const isOfBatch = ({ shape: [n, ...sides] }: Value) =>
    n > 1 && n === g.input.shape[0] && sides.length === length - 1;
  for (const gradient of gradients) {
    if (isOfBatch(gradient)) continue;
    const source = { shape: gradient.shape, tensor: wave(gradient.shape, 0.1) };
    const step = g.apply(mulOperator, [gradient, rate], {});
    g.assign(source, g.apply(subOperator, [g.parameter(source), step], {}));
  }
  return g.finish([sum, ...gradients]);
}

function randomValues({ shape, steps }: Recipe): { g: GraphBuilder; values: Value[] } {
  const g = new GraphBuilder(shape);
  const values: Value[] = [g.input];
  for (const [name, choices] of steps) {
    let at = 0;
    const draw: Draw = (n) => choices[at++ % choices.length] % n;
    // Mostly the value before.
    const x = values[Math.max(0, values.length - 1 - draw(3) * draw(2))];
    const made = STEPS[name](g, x, draw, values);
    if (made?.shape.every((side) => side <= 64)) values.push(made);
  }
  return { g, values };
}

async function outputs(compiling: Promise<Program>, input: Tensor): Promise<readonly Tensor[]> {
  const program = await compiling;
  try {
    expect(program.fallbacks).toEqual([]);
    // What an earlier run left in memory is read by none.
    await program.runAll([Tensor.full(input.shape, Number.NaN)]);
    return await program.runAll([input]);
  } finally {
    program.dispose();
  }
}

/** Runs random graphs on every engine. */
export function randomGraphSuite(): void {
  describe.each(engines)('any operators in any order on $name', ({ options, unavailable }) => {
    const timeout = 30_000 + 500 * RUNS;
    it.skipIf(unavailable !== null)('give the numbers of the reference', { timeout }, async () => {
      const engine = await selectEngine(options.engine);
      const property = fc.asyncProperty(recipe, async (r) => {
        const graph = graphOf(r);
        const input = wave(r.shape, 1.5);
        const expected = await outputs(jsEngine.compile(graph, {}), input);
        const compiling = engine.compile(graph, { ...options, threads: r.threads });
        for (const [i, tensor] of (await outputs(compiling, input)).entries()) {
          expectClose(tensor, expected[i], { absolute: 1e-4, relative: 1e-4 });
        }
      });
      await fc.assert(property, { numRuns: RUNS });
    });
  });
}

/** Runs training steps of random networks on every engine. */
export function randomTrainingSuite(): void {
  describe.each(engines)('steps of any networks on $name', ({ options, unavailable }) => {
    const timeout = 30_000 + 1000 * RUNS;
    it.skipIf(unavailable !== null)('are those of the reference', { timeout }, async () => {
      const engine = await selectEngine(options.engine);
      const property = fc.asyncProperty(recipe, async (r) => {
        const graph = trainedGraphOf(r);
        const expected = await twoSteps(jsEngine.compile(graph, {}));
        const compile = (threads: number) => engine.compile(graph, { ...options, threads });
        const found = await twoSteps(compile(1));
        for (const [i, { data }] of expected.entries()) {
          const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
          // What is no number, or nearly none, is not what this is about.
          if (!(largest < 1e6)) return;
          expectClose(found[i], expected[i], { absolute: 2e-4 * (largest + 0.01) });
        }
        // To the last bit, for any number of threads.
        expect(await twoSteps(compile(1 + r.threads))).toEqual(found);
      });
      await fc.assert(property, { numRuns: Math.ceil(RUNS / 2), ...SEED });
    });
  });
}

/** What two runs of a step return, and what they leave. */
async function twoSteps(compiling: Promise<Program>): Promise<readonly Tensor[]> {
  const program = await compiling;
  try {
    expect(program.fallbacks).toEqual([]);
    const [shape] = program.inputShapes;
    const inputs = [1.5, 1].map((scale) => [wave(shape, scale), Tensor.full([], 0.01)]);
    const results = [await program.runAll(inputs[0]), await program.runAll(inputs[1])];
    return [...results.flat(), ...program.parameters().values()];
  } finally {
    program.dispose();
  }
}

function wave(shape: readonly number[], scale: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: size }, (_, i) => scale * Math.sin(i * (i + 3) * 0.37));
  return new Tensor(data, shape);
}
