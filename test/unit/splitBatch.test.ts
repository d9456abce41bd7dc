import { describe, expect, it } from 'vitest';
import { mul, total } from '../../src/autograd/arithmetic.js';
import { valueAndGrad } from '../../src/autograd/grad.js';
import { splitBatch } from '../../src/engine/shared/split/splitBatch.js';
import { SplitProgram } from '../../src/engine/shared/split/splitProgram.js';
import { GraphBuilder, type Value } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { BatchNorm2d } from '../../src/nn/batchNorm2d.js';
import { compileGraph } from '../../src/nn/compile.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { ConvTranspose2d } from '../../src/nn/convTranspose2d.js';
import { Dropout } from '../../src/nn/dropout.js';
import { Dropout2d } from '../../src/nn/dropout2d.js';
import { Flatten } from '../../src/nn/flatten.js';
import { InstanceNorm2d } from '../../src/nn/instanceNorm2d.js';
import { LeakyReLU } from '../../src/nn/leakyRelu.js';
import { Linear } from '../../src/nn/linear.js';
import type { Module } from '../../src/nn/module.js';
import { Parameter } from '../../src/nn/parameter.js';
import { manualSeed } from '../../src/nn/random.js';
import { Sequential } from '../../src/nn/sequential.js';
import { catOperator } from '../../src/tensor/cat.js';
import { narrowOperator } from '../../src/tensor/narrow.js';
import { reshapeOperator } from '../../src/tensor/reshape.js';
import { softmaxOperator } from '../../src/tensor/softmax.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { wave } from '../support/asByReference.js';
import { expectClose } from '../support/closeness.js';
import { lossGraph, referenceOf } from '../support/training.js';

const seed = new Tensor(Float32Array.of(3, 4), [2]);
const CLOSE = { absolute: 1e-6, relative: 1e-5 };

/** What a graph computes, and writes back, by the reference. */
async function run(graph: Graph, inputs: readonly Tensor[], isSplit: boolean) {
  const split = isSplit ? splitBatch(graph) : null;
  if (isSplit && split === null) throw new Error('the batch is not split');
  const program =
    split === null ? referenceOf(graph) : new SplitProgram(graph, split, referenceOf(split.graph));
  const outputs = await program.runAll(inputs);
  return { outputs, state: program.parameters() };
}

async function expectSame(graph: Graph, inputs: readonly Tensor[]): Promise<void> {
  const [whole, split] = [await run(graph, inputs, false), await run(graph, inputs, true)];
  expect(split.outputs.map(({ shape }) => shape)).toEqual(whole.outputs.map(({ shape }) => shape));
  for (const [i, output] of split.outputs.entries()) expectClose(output, whole.outputs[i], CLOSE);
  expect([...split.state.keys()]).toEqual([...whole.state.keys()]);
  for (const [key, tensor] of split.state) {
    expectClose(tensor, whole.state.get(key) as Tensor, CLOSE);
  }
}

/** A graph of inputs of these shapes. */
function graphOf(
  shapes: readonly (readonly number[])[],
  build: (g: GraphBuilder, values: readonly Value[]) => Value | readonly Value[],
): Graph {
  const g = new GraphBuilder();
  const values = shapes.map((shape, i) => g.addInput(shape, `x${i}`));
  return g.finish(build(g, values));
}

describe('a graph whose batches are split computes the same', () => {
  const nets: readonly (readonly [string, readonly number[], () => Module])[] = [
    [
      'norms of the batch',
      [3, 2, 6, 8],
      () =>
        new Sequential(
          new Conv2d(2, 3, 3, { padding: 1 }),
          new BatchNorm2d(3),
          new LeakyReLU(0.2),
          new ConvTranspose2d(3, 2, 3, { stride: 2 }),
          new BatchNorm2d(2, { affine: false }),
        ),
    ],
    [
      'dropout, of elements and of channels',
      [2, 8, 5, 4],
      () => new Sequential(new Dropout(0.5), new Conv2d(8, 6, 1), new Dropout2d(0.5)),
    ],
    [
      'statistics of each picture',
      [2, 3, 5, 4],
      () => new InstanceNorm2d(3, { affine: true, trackRunningStats: true }),
    ],
    [
      'rows of features, of as many outputs as pictures',
      [2, 3, 4, 4],
      () => new Sequential(new Conv2d(3, 2, 4), new Flatten(), new Linear(2, 2)),
    ],
  ];

  it.each(nets)('%s, with all gradients', async (_, shape, make) => {
    manualSeed(1);
    const graph = lossGraph(make().train(), shape, 'mse');
    const [, , target] = graph.inputs;
    await expectSame(valueAndGrad(graph), [wave(shape), seed, wave(target.shape)]);
  });

  it('of a batch that is cut and put together', async () => {
    const graph = graphOf(
      [
        [3, 2, 4, 4],
        [1, 2, 4, 4],
      ],
      (g, [batch, one]) => {
        const last = g.apply(narrowOperator, [batch], { dim: 0, start: 1, length: 2 });
        const all = g.apply(catOperator, [last, one], { dim: 0 });
        return [all, g.add(all, batch), g.add(batch, one)];
      },
    );
    await expectSame(graph, [wave([3, 2, 4, 4]), wave([1, 2, 4, 4])]);
  });

  it('of a constant for each picture, and of one for all', async () => {
    const graph = graphOf([[2, 3, 4, 4]], (g, [x]) => {
      const scaled = mul(g, x, g.constant(wave([2, 3, 1, 1])));
      return g.add(scaled, g.constant(wave([3, 1, 4])));
    });
    await expectSame(graph, [wave([2, 3, 4, 4])]);
  });

  it('of batches of two lengths, that meet as sums', async () => {
    const shapes = [
      [2, 1, 3, 3],
      [3, 2, 4, 4],
    ];
    const graph = graphOf(shapes, (g, [a, b]) => g.add(total(g, a), total(g, b)));
    await expectSame(
      graph,
      shapes.map((shape) => wave(shape)),
    );
  });
});

describe('a graph is not split', () => {
  it('without a batch', () => {
    const build = (g: GraphBuilder, [x]: readonly Value[]) => g.add(x, x);
    for (const shape of [[1, 2, 3, 3], [2, 3, 3], [2]]) {
      expect(splitBatch(graphOf([shape], build))).toBeNull();
    }
  });

  it.each<[string, (g: GraphBuilder, x: Value) => Value]>([
    ['becomes rows', (g, x) => g.apply(reshapeOperator, [x], { shape: [6, 8] })],
    ['shares among its pictures', (g, x) => g.apply(softmaxOperator, [x], { dim: 0 })],
    [
      'goes with a weight of its shape',
      (g, x) => g.add(x, g.parameter(Parameter.filled(x.shape, 2))),
    ],
    ['goes along other axes', (g, x) => g.add(x, g.addInput([2, 4], 'rows'))],
  ])('where the batch %s', (_, build) => {
    expect(splitBatch(graphOf([[2, 3, 2, 4]], (g, [x]) => build(g, x)))).toBeNull();
  });
});

describe('a program of a batch that was split', () => {
  it('takes weights, and gives those that it has written', async () => {
    const norm = new BatchNorm2d(2).train();
    const graph = lossGraph(norm, [2, 2, 3, 4], 'l1');
    const program = await compileGraph(graph, { engine: 'wasm', threads: 1 });
    expect(program).toBeInstanceOf(SplitProgram);
    expect(program.fallbacks).toEqual([]);
    expect(program.inputShape).toEqual([2, 2, 3, 4]);
    const inputs = [wave([2, 2, 3, 4], 2), seed, wave([2, 2, 3, 4])];
    await program.updateParameters(new Map([['weight', wave([2])]]));
    norm.loadStateDict(new Map([...norm.stateDict(), ['weight', wave([2])]]));
    const reference = referenceOf(lossGraph(norm, [2, 2, 3, 4], 'l1'));
    const [[found], [expected]] = [await program.runAll(inputs), await reference.runAll(inputs)];
    expectClose(found, expected, CLOSE);
    for (const [key, tensor] of reference.parameters()) {
      expectClose(program.parameters([key]).get(key) as Tensor, tensor, CLOSE);
    }
    await expect(program.runAll([wave([1, 2, 3, 4]), ...inputs.slice(1)])).rejects.toThrow(
      /\[2, 2, 3, 4\].*\[1, 2, 3, 4\]/,
    );
    program.dispose();
    await expect(program.runAll(inputs)).rejects.toThrow();
  });
});
