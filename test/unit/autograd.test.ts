import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { total } from '../../src/autograd/arithmetic.js';
import { grad, valueAndGrad } from '../../src/autograd/grad.js';
import { ReferenceProgram } from '../../src/engine/shared/reference.js';
import { GraphBuilder, type Value } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { adaptiveAvgPool2dOperator } from '../../src/tensor/adaptiveAvgPool2d.js';
import { adaptiveMaxPool2dOperator } from '../../src/tensor/adaptiveMaxPool2d.js';
import { avgPool2dOperator, resolveAvgPool2d } from '../../src/tensor/avgPool2d.js';
import { conv2dOperator } from '../../src/tensor/conv2d.js';
import { groupNormOperator, resolveGroupNorm } from '../../src/tensor/groupNorm.js';
import { maxPool2dOperator, resolveMaxPool2d } from '../../src/tensor/maxPool2d.js';
import { mulOperator } from '../../src/tensor/mul.js';
import { tanhOperator } from '../../src/tensor/tanh.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { adaptiveMaxPool2dGradientOperator } from '../../src/tensor/training/adaptiveMaxPool2dGradient.js';
import { maxPool2dGradientOperator } from '../../src/tensor/training/maxPool2dGradient.js';
import { resolveUpsample, upsampleOperator } from '../../src/tensor/upsample.js';
import { GRADIENT_CASES, type GradientCase, numbers } from '../support/gradientCases.js';

/** The sum of what a case makes, each element times a number of its own. */
function graphOf({ shapes, build }: GradientCase): Graph {
  const g = new GraphBuilder();
  const made = build(
    g,
    shapes.map((shape, i) => g.addInput(shape, `x${i}`)),
  );
  const weights = g.constant(numbers(made.shape, 99));
  return g.finish(total(g, g.apply(mulOperator, [made, weights], {})));
}

function run(graph: Graph, inputs: readonly Tensor[]): Promise<readonly Tensor[]> {
  return new ReferenceProgram(graph, 'js').runAll(inputs);
}

describe('a gradient', () => {
  it.each(GRADIENT_CASES.map((one) => [one.name, one] as const))(
    'of %s is the slope',
    async (_, one) => {
      const graph = graphOf(one);
      const inputs = one.shapes.map((shape, i) => numbers(shape, i + 1));
      const by = graph.inputs.map(({ id }) => id);
      const [value, ...gradients] = await run(valueAndGrad(graph, { by }), inputs);
      expect(value).toEqual((await run(graph, inputs))[0]);
      const step = 2 ** -7;
      for (const [i, input] of inputs.entries()) {
        expect(gradients[i].shape).toEqual(input.shape);
        for (const at of [0, input.size >> 1, input.size - 1]) {
          const moved = (by: number) =>
            run(
              graph,
              inputs.with(i, new Tensor(input.data.with(at, input.data[at] + by), input.shape)),
            );
          const [[up], [down]] = [await moved(step), await moved(-step)];
          const slope = (up.data[0] - down.data[0]) / (2 * step);
          expect(gradients[i].data[at]).toBeCloseTo(slope, 2);
        }
      }
    },
  );

  it('of a value that several nodes read is the sum', async () => {
    const g = new GraphBuilder([2]);
    const y = g.apply(mulOperator, [g.input, g.input], {});
    const graph = g.finish(total(g, g.add(y, g.input)));
    const [gradient] = await run(grad(graph, { by: [0] }), [
      new Tensor(Float32Array.of(3, -1), [2]),
    ]);
    expect([...gradient.data]).toEqual([7, -1]);
  });

  it('of what the scalar does not depend on is zero', async () => {
    const g = new GraphBuilder([2]);
    const other = g.addInput([3], 'other');
    const [gradient] = await run(grad(g.finish(total(g, g.input)), { by: [other.id] }), [
      Tensor.zeros([2]),
      Tensor.zeros([3]),
    ]);
    expect([...gradient.data]).toEqual([0, 0, 0]);
  });

  it('is asked of a scalar', () => {
    const g = new GraphBuilder([2, 3]);
    expect(() => grad(g.finish(g.input), { by: [0] })).toThrow(/scalar.*\[2, 3\].*mean/s);
  });
});

describe('gradient rules', () => {
  it('that there are not are asked for by name', () => {
    const g = new GraphBuilder([1]);
    const graph = g.finish(g.apply({ ...tanhOperator, op: 'odd' }, [g.input], {}));
    expect(() => grad(graph, { by: [0] })).toThrow(/no gradient rule for the operator odd/);
  });
});

describe('where there is no derivative, PyTorch has chosen', () => {
  // What `backward()` of torch 1.13 gives in each case.
  const row = (...elements: readonly number[]) =>
    new Tensor(Float32Array.from(elements), [1, 1, 1, elements.length]);

  it('the last NaN of a window for the largest', () => {
    const [x, one] = [row(1, Number.NaN, 2, Number.NaN), row(1)];
    const pooled = maxPool2dGradientOperator.run([x, one], resolveMaxPool2d([1, 4]));
    expect([...pooled.data]).toEqual([0, 0, 0, 1]);
    const whole = adaptiveMaxPool2dGradientOperator.run([x, one], { outputSize: [1, 1] });
    expect([...whole.data]).toEqual([0, 0, 0, 1]);
  });

  it('0 for a standard deviation of 0', async () => {
    const g = new GraphBuilder([1, 4]);
    const attributes = resolveGroupNorm(1, { eps: 0.1, correction: 1, epsOutside: true });
    const normed = g.apply(groupNormOperator, [g.input, null, null], attributes);
    const factors = g.constant(new Tensor(Float32Array.of(1, 2, 3, 5), [1, 4]));
    const scalar = g.finish(total(g, g.apply(mulOperator, [normed, factors], {})));
    const [gradient] = await run(grad(scalar, { by: [g.input.id] }), [Tensor.full([1, 4], 3)]);
    for (const [i, value] of [-17.5, -7.5, 2.5, 22.5].entries()) {
      expect(gradient.data[i]).toBeCloseTo(value, 5);
    }
  });
});

describe('adjoints', () => {
  // ⟨A x, y⟩ = ⟨x, Aᵀ y⟩ for every linear operator A.
  it('of convolutions and pads give the same product either way', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
          padding: fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })),
          dilation: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
          groups: fc.constantFrom(1, 2),
        }),
        fc.integer({ min: 5, max: 9 }),
        fc.integer({ min: 1, max: 3 }),
        async (attributes, side, kernel) => {
          const g = new GraphBuilder([1, 2, side, side + 1]);
          const weight = g.addInput([4, 2 / attributes.groups, kernel, kernel], 'weight');
          const made = g.apply(conv2dOperator, [g.input, weight, null], attributes);
          const other = g.addInput(made.shape, 'y');
          const graph = g.finish(total(g, g.apply(mulOperator, [made, other], {})));
          const inputs = [g.input.shape, weight.shape, other.shape].map((s, i) =>
            numbers(s, i + side),
          );
          const by = [g.input.id, weight.id];
          const [product, dx, dw] = await run(valueAndGrad(graph, { by }), inputs);
          for (const [gradient, x] of [
            [dx, inputs[0]],
            [dw, inputs[1]],
          ] as const) {
            const dot = gradient.data.reduce((sum, v, i) => sum + v * x.data[i], 0);
            expect(Math.abs(dot - product.data[0])).toBeLessThan(
              1e-4 *
                Math.max(
                  1,
                  made.shape.reduce((a, b) => a * b),
                ),
            );
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('of pools and resizes give the same product either way', async () => {
    await fc.assert(
      fc.asyncProperty(resamplers, sides, async (apply, [height, width]) => {
        const g = new GraphBuilder([2, 2, height, width]);
        const made = apply(g, g.input);
        const other = g.addInput(made.shape, 'y');
        const graph = g.finish(total(g, g.apply(mulOperator, [made, other], {})));
        const inputs = [g.input.shape, other.shape].map((s, i) => numbers(s, i + width));
        const [product, dx] = await run(valueAndGrad(graph, { by: [g.input.id] }), inputs);
        const dot = dx.data.reduce((sum, v, i) => sum + v * inputs[0].data[i], 0);
        expect(Math.abs(dot - product.data[0])).toBeLessThan(1e-6 * inputs[1].size);
      }),
      { numRuns: 200 },
    );
  });
});

type Apply = (g: GraphBuilder, x: Value) => Value;
const size = fc.integer({ min: 1, max: 11 });
const sides = fc.tuple(fc.integer({ min: 4, max: 9 }), fc.integer({ min: 4, max: 9 }));

/** Operators that are linear, as far as no two elements of a window are equal. */
const resamplers: fc.Arbitrary<Apply> = fc.oneof(
  fc
    .record({
      size: fc.tuple(size, size),
      mode: fc.constantFrom('nearest' as const, 'bilinear' as const),
      alignCorners: fc.boolean(),
    })
    .map(({ alignCorners, ...options }): Apply => {
      const corners = options.mode === 'bilinear' ? { alignCorners } : {};
      return (g, x) => g.apply(upsampleOperator, [x], resolveUpsample({ ...options, ...corners }));
    }),
  fc.double({ min: 0.3, max: 3, noNaN: true }).chain((scaleFactor) =>
    fc.constantFrom(
      ...(['nearest', 'bilinear'] as const).map(
        (mode): Apply =>
          (g, x) =>
            g.apply(upsampleOperator, [x], resolveUpsample({ scaleFactor, mode })),
      ),
    ),
  ),
  fc
    .record({
      kernel: fc.integer({ min: 2, max: 4 }),
      stride: fc.integer({ min: 1, max: 4 }),
      padding: fc.integer({ min: 0, max: 1 }),
      ceilMode: fc.boolean(),
      countIncludePad: fc.boolean(),
    })
    .chain(({ kernel, countIncludePad, ...options }) =>
      fc.constantFrom<Apply>(
        (g, x) =>
          g.apply(
            avgPool2dOperator,
            [x],
            resolveAvgPool2d(kernel, { ...options, countIncludePad }),
          ),
        (g, x) => g.apply(maxPool2dOperator, [x], resolveMaxPool2d(kernel, options)),
      ),
    ),
  fc.tuple(size, size).chain((outputSize) =>
    fc.constantFrom<Apply>(
      (g, x) => g.apply(adaptiveAvgPool2dOperator, [x], { outputSize }),
      (g, x) => g.apply(adaptiveMaxPool2dOperator, [x], { outputSize }),
    ),
  ),
);
