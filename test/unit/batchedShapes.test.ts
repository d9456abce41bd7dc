import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectEngine } from '../../src/engine/engines.js';
import { GraphBuilder, type Value } from '../../src/graph/builder.js';
import { catOperator } from '../../src/tensor/cat.js';
import { mulOperator } from '../../src/tensor/mul.js';
import { narrowOperator } from '../../src/tensor/narrow.js';
import { reluOperator } from '../../src/tensor/relu.js';
import { reshapeOperator } from '../../src/tensor/reshape.js';
import { softmaxOperator } from '../../src/tensor/softmax.js';
import { sumOperator } from '../../src/tensor/training/sum.js';
import { wave } from '../support/asByReference.js';
import { expectClose } from '../support/closeness.js';

/** A number from 0 up, of which each step takes what it needs. */
type Choice = number;

/** All ways to write `size` as a product of one to four sides from 1 to 12. */
function shapesOf(size: number, rank = 4): number[][] {
  if (rank === 1) return size <= 48 ? [[size]] : [];
  const longer = [1, 2, 3, 4, 5, 6, 8, 10, 12]
    .filter((side) => size % side === 0)
    .flatMap((side) => shapesOf(size / side, rank - 1).map((rest) => [side, ...rest]));
  return [...longer, ...(size <= 48 ? [[size]] : [])];
}

const STEPS: Readonly<Record<string, (g: GraphBuilder, x: Value, choice: Choice) => Value>> = {
  reshape(g, x, choice) {
    const size = x.shape.reduce((a, b) => a * b, 1);
    const shapes = shapesOf(size);
    return shapes.length === 0
      ? x
      : g.apply(reshapeOperator, [x], { shape: shapes[choice % shapes.length] });
  },
  square: (g, x) => g.apply(mulOperator, [x, x], {}),
  relu: (g, x) => g.apply(reluOperator, [x], {}),
  twice: (g, x, choice) => g.apply(catOperator, [x, x], { dim: choice % x.shape.length }),
  half(g, x, choice) {
    const dim = choice % x.shape.length;
    const length = Math.ceil(x.shape[dim] / 2);
    return g.apply(narrowOperator, [x], { dim, start: x.shape[dim] - length, length });
  },
  softmax: (g, x, choice) => g.apply(softmaxOperator, [x], { dim: choice % x.shape.length }),
  sum: (g, x, choice) => g.apply(sumOperator, [x], { dims: [choice % x.shape.length] }),
};

const step = fc.record({
  name: fc.constantFrom(...Object.keys(STEPS)),
  choice: fc.nat(1000),
});

describe('a batch of pictures', () => {
  it('is the same on all engines, whatever its dimensions become', async () => {
    const [js, wasm] = [await selectEngine('js'), await selectEngine('wasm')];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom([2, 3, 4, 5], [3, 2, 1, 1], [2, 4, 3, 3], [1, 5, 2, 6]),
        fc.array(step, { minLength: 1, maxLength: 5 }),
        async (shape, steps) => {
          const g = new GraphBuilder(shape);
          let x: Value = g.input;
          for (const { name, choice } of steps) x = STEPS[name](g, x, choice);
          const graph = g.finish([x]);
          const expected = await js
            .compile(graph, {})
            .then((program) => program.runAll([wave(shape)]));
          const program = await wasm.compile(graph, { threads: 2 });
          // What an earlier run left in memory is read by none.
          await program.runAll([wave(shape).mul(Number.NaN)]);
          const found = await program.runAll([wave(shape)]);
          program.dispose();
          expect(found[0].shape).toEqual(expected[0].shape);
          expectClose(found[0], expected[0], { absolute: 1e-6, relative: 1e-5 });
        },
      ),
      { numRuns: Number(process.env.CYCLEGAN_RUNS ?? 100) },
    );
  });
});
