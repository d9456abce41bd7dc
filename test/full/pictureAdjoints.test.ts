import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backward } from '../../src/autograd/grad.js';
import { wasmEngine } from '../../src/engine/wasm/wasmEngine.js';
import { GraphBuilder, type Value } from '../../src/graph/builder.js';
import { adaptiveAvgPool2dOperator } from '../../src/tensor/adaptiveAvgPool2d.js';
import { avgPool2dOperator, resolveAvgPool2d } from '../../src/tensor/avgPool2d.js';
import { mulOperator } from '../../src/tensor/mul.js';
import { padOperator } from '../../src/tensor/pad.js';
import { pixelShuffleOperator } from '../../src/tensor/pixelShuffle.js';
import { sumOperator } from '../../src/tensor/training/sum.js';
import { resolveUpsample, upsampleOperator } from '../../src/tensor/upsample.js';
import { wave } from '../support/asByReference.js';
import { dot } from '../support/training.js';

/** Whole numbers up to `most`, one after the other. */
type Draw = (least: number, most: number) => number;

/** Linear operators of pictures. */
const OPERATORS: Readonly<Record<string, (g: GraphBuilder, x: Value, draw: Draw) => Value>> = {
  pad: (g, x, draw) => {
    const mode = (['constant', 'reflect', 'replicate'] as const)[draw(0, 2)];
    const side = () => draw(-1, 3);
    return g.apply(padOperator, [x], { mode, padding: [side(), side(), side(), side()] });
  },
  pixelShuffle: (g, x) => g.apply(pixelShuffleOperator, [x], { upscaleFactor: 2 }),
  upsample: (g, x, draw) => {
    const modes = [{}, { mode: 'bilinear' }, { mode: 'bilinear', alignCorners: true }] as const;
    const size = [draw(1, 14), draw(1, 14)] as const;
    return g.apply(upsampleOperator, [x], resolveUpsample({ ...modes[draw(0, 2)], size }));
  },
  avgPool2d: (g, x, draw) => {
    const countIncludePad = draw(0, 1) === 0;
    const options = { stride: [draw(1, 3), draw(1, 3)] as const, padding: 1, countIncludePad };
    return g.apply(avgPool2dOperator, [x], resolveAvgPool2d([draw(2, 4), draw(2, 4)], options));
  },
  adaptiveAvgPool2d: (g, x, draw) =>
    g.apply(adaptiveAvgPool2dOperator, [x], { outputSize: [draw(1, 9), draw(2, 9)] }),
};

describe('what wasm gives as gradients of pictures are adjoints', () => {
  // ⟨A x, y⟩ = ⟨x, Aᵀ y⟩ for every linear operator A.
  it.each(Object.keys(OPERATORS))('of %s', async (name) => {
    const side = fc.integer({ min: 5, max: 8 });
    const numbers = fc.array(fc.nat(), { minLength: 6, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(side, side, numbers, async (height, width, choices) => {
        let at = 0;
        const draw: Draw = (least, most) => least + (choices[at++ % 6] % (most - least + 1));
        const g = new GraphBuilder([1, 8, height, width]);
        const made = OPERATORS[name](g, g.input, draw);
        const y = g.addInput(made.shape, 'y');
        const product = g.apply(mulOperator, [made, y], {});
        const total = g.apply(sumOperator, [product], { dims: [0, 1, 2, 3] });
        const [adjoint] = backward(g, total, [g.input]);
        const graph = g.finish([made, adjoint as Value]);
        const program = await wasmEngine.compile(graph, { threads: 1 });
        expect(program.fallbacks).toEqual([]);
        const inputs = [wave(g.input.shape), wave(y.shape, 2)];
        const [forth, back] = await program.runAll(inputs);
        program.dispose();
        const size = Math.sqrt(dot(forth, forth) * dot(inputs[1], inputs[1]));
        const difference = dot(forth, inputs[1]) - dot(inputs[0], back);
        expect(Math.abs(difference)).toBeLessThan(1e-5 * size);
      }),
      { numRuns: 8 },
    );
  });
});
