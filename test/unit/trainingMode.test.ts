import { describe, expect, it } from 'vitest';
import { total } from '../../src/autograd/arithmetic.js';
import { valueAndGrad } from '../../src/autograd/grad.js';
import { ReferenceProgram } from '../../src/engine/shared/reference.js';
import { CycleganError } from '../../src/errors.js';
import { GraphBuilder, type Value } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { BatchNorm2d } from '../../src/nn/batchNorm2d.js';
import { namesOf, traceGraph } from '../../src/nn/compile.js';
import { Dropout } from '../../src/nn/dropout.js';
import { Dropout2d } from '../../src/nn/dropout2d.js';
import { InstanceNorm2d } from '../../src/nn/instanceNorm2d.js';
import { Module } from '../../src/nn/module.js';
import { Sequential } from '../../src/nn/sequential.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { type DropoutAttributes, dropoutOperator } from '../../src/tensor/training/dropout.js';
import { numbers } from '../support/gradientCases.js';

const seedOf = (a: number, b = 0) => new Tensor(Float32Array.of(a, b), [2]);

/** A graph for training. */
function traced(net: Module, shape: readonly number[]): Graph {
  const g = new GraphBuilder(shape, namesOf(net));
  g.startTraining(g.addInput([2], 'seed'));
  return g.finish(g.call(net, g.input));
}

function program(graph: Graph): ReferenceProgram {
  return new ReferenceProgram(graph, 'js');
}

describe('dropout', () => {
  const drop = (shape: readonly number[], p: number, seed = seedOf(7, 1), stream = 5) =>
    dropoutOperator.run([Tensor.full(shape, 1), seed], { p, stream });
  const mean = ({ data }: Tensor) => data.reduce((a, b) => a + b, 0) / data.length;

  it.each([0.1, 0.5, 0.8])('of probability %d keeps mean and has the variance of it', (p) => {
    const out = drop([2, 13, 40, 50], p);
    const scale = Math.fround(1 / (1 - p));
    expect(new Set(out.data)).toEqual(new Set([0, scale]));
    const variance = p / (1 - p);
    const error = Math.sqrt(variance / out.size);
    expect(Math.abs(mean(out) - 1)).toBeLessThan(4 * error);
    const squares = mean(out.mul(out)) - 1;
    expect(Math.abs(squares - variance)).toBeLessThan(0.03 * variance);
  });

  it('drops neighbours in any direction, and in other steps and streams, independently of each other', () => {
    const shape = [2, 16, 32, 32];
    const mask = drop(shape, 0.5).sub(1).data;
    const correlation = (other: Float32Array, shift: number) => {
      const count = mask.length - shift;
      let sum = 0;
      for (let i = 0; i < count; i++) sum += mask[i] * other[i + shift];
      return (sum / count) * Math.sqrt(count);
    };
    for (const shift of [1, 2, 4, 32, 1024, 2048, 4096, 16 * 1024]) {
      expect(Math.abs(correlation(mask, shift))).toBeLessThan(4);
    }
    const others = [
      drop(shape, 0.5, seedOf(7, 2)),
      drop(shape, 0.5, seedOf(8, 1)),
      drop(shape, 0.5, seedOf(7, 1), 6),
    ];
    for (const other of others) {
      expect(Math.abs(correlation(other.sub(1).data, 0))).toBeLessThan(4);
    }
  });

  it('of an element does not depend on what else there is', () => {
    const all = drop([2, 6, 5, 7], 0.5);
    expect(drop([1, 6, 5, 7], 0.5).data).toEqual(all.data.slice(0, 210));
    expect(drop([6, 5, 7], 0.5).data).toEqual(all.data.slice(0, 210));
    expect(drop([1, 4, 5, 7], 0.5).data).toEqual(all.data.slice(0, 140));
    expect(drop([2, 6, 1, 7], 0.5).data.slice(0, 7)).toEqual(all.data.slice(0, 7));
    expect(drop([2, 6, 5, 7], 0.5)).toEqual(all);
  });

  it('of probability 1 is zero, and NaN where there was no number, as in PyTorch', () => {
    const input = new Tensor(Float32Array.of(1, -2, Infinity, NaN), [4]);
    const run = (p: number) => dropoutOperator.run([input, seedOf(1)], { p, stream: 0 });
    expect([...run(1).data]).toEqual([0, -0, NaN, NaN]);
    expect(run(0)).toEqual(input);
  });

  it('drops the same elements of the gradient', async () => {
    const net = new Dropout(0.4).train();
    const g = new GraphBuilder([1, 3, 4, 5], namesOf(net));
    g.startTraining(g.addInput([2], 'seed'));
    const graph = g.finish(total(g, g.call(net, g.input)));
    const made = program(valueAndGrad(graph, { by: [g.input.id] }));
    const [x, seed] = [Tensor.full([1, 3, 4, 5], 1), seedOf(3, 4)];
    const [sum, gradient] = await made.runAll([x, seed]);
    expect(sum.data[0]).toBeCloseTo(
      gradient.data.reduce((a, b) => a + b, 0),
      4,
    );
    const { attributes } = graph.nodes[0] as { attributes: DropoutAttributes };
    expect(gradient).toEqual(dropoutOperator.run([x, seed], attributes));
    const [, other] = await made.runAll([x, seedOf(3, 5)]);
    expect(other.data).not.toEqual(gradient.data);
  });

  it('of channels drops all pixels of one or none', async () => {
    const x = numbers([2, 40, 3, 4], 1);
    const [y] = await program(traced(new Dropout2d(0.5).train(), x.shape)).runAll([x, seedOf(3)]);
    const factors = new Set<number>();
    let dropped = 0;
    for (let start = 0; start < x.size; start += 12) {
      const ratios = Array.from(y.data.slice(start, start + 12), (v, i) => v / x.data[start + i]);
      expect(new Set(ratios).size).toBe(1);
      factors.add(Math.abs(ratios[0]));
      if (ratios[0] === 0) dropped++;
    }
    expect(factors).toEqual(new Set([0, 2]));
    expect(dropped).toBeGreaterThan(20);
    expect(dropped).toBeLessThan(60);
  });

  it('asks for a seed of two numbers', () => {
    expect(() => dropoutOperator.outputShape([[3], [3]], { p: 0.5, stream: 0 })).toThrow(/\[2\]/);
  });
});

describe('a module in training mode', () => {
  it('is refused where nothing is trained, as it was', () => {
    for (const net of [new BatchNorm2d(2), new Dropout(0.5)]) {
      const attempt = () => traceGraph(new Sequential(net).train(), [1, 2, 3, 3]);
      expect(attempt).toThrow(CycleganError);
      expect(attempt).toThrow(/training mode.*call eval\(\)/);
    }
  });

  it('asks for more than one value per channel to normalise by', () => {
    const net = new BatchNorm2d(2).train();
    expect(() => traced(net, [1, 2, 1, 1])).toThrow(
      /more than 1 value per channel.*\[1, 2, 1, 1\]/,
    );
  });

  it('in eval mode is frozen in a graph for training, too', async () => {
    const net = new Sequential(
      new BatchNorm2d(2),
      new Dropout(0.5),
      new InstanceNorm2d(2, { trackRunningStats: true }),
    ).eval();
    const graph = traced(net, [2, 2, 3, 4]);
    expect(graph.assignments).toEqual([]);
    const x = numbers([2, 2, 3, 4], 1);
    const [y] = await program(graph).runAll([x, seedOf(1)]);
    expect(y).toEqual((await program(traceGraph(net, x.shape)).runAll([x]))[0]);
  });

  it('normalises by the batch, and gathers its mean and unbiased variance', async () => {
    const net = new BatchNorm2d(1).train();
    const made = program(traced(net, [2, 1, 1, 2]));
    const x = new Tensor(Float32Array.of(0, 2, 4, 6), [2, 1, 1, 2]);
    const [y] = await made.runAll([x, seedOf(1)]);
    const deviation = Math.sqrt(5 + 1e-5);
    for (const [i, value] of [-3, -1, 1, 3].entries()) {
      expect(y.data[i]).toBeCloseTo(value / deviation, 6);
    }
    // torch.nn.BatchNorm2d(1)(tensor([0., 2, 4, 6]).view(2, 1, 1, 2))
    const state = made.parameters();
    expect(state.get('running_mean')?.data[0]).toBeCloseTo(0.3, 6);
    expect(state.get('running_var')?.data[0]).toBeCloseTo(1.5667, 4);
    expect(state.get('num_batches_tracked')).toEqual(Tensor.full([], 1));
    await made.runAll([x, seedOf(1)]);
    expect(made.parameters().get('running_mean')?.data[0]).toBeCloseTo(0.57, 6);
    expect(made.parameters().get('num_batches_tracked')).toEqual(Tensor.full([], 2));
  });

  it('that is called twice in a run gathers twice', async () => {
    class Both extends Module {
      readonly norm = this.registerModule('norm', new BatchNorm2d(1));

      override trace(g: GraphBuilder, x: Value): Value {
        return g.call(this.norm, g.add(g.call(this.norm, x), x));
      }
    }
    const x = new Tensor(Float32Array.of(1, 3), [1, 1, 1, 2]);
    const made = program(traced(new Both().train(), x.shape));
    await made.runAll([x, seedOf(1)]);
    // Means 2 and 2: 0.1 · 2, and then 0.9 · 0.2 + 0.1 · 2.
    expect(made.parameters().get('norm.running_mean')?.data[0]).toBeCloseTo(0.38, 6);
    expect(made.parameters().get('norm.num_batches_tracked')?.data[0]).toBe(2);
  });

  it('gathers the mean of the statistics of pictures, where each is normalised by its own', async () => {
    const net = new InstanceNorm2d(1, { trackRunningStats: true }).train();
    const made = program(traced(net, [2, 1, 1, 2]));
    await made.runAll([new Tensor(Float32Array.of(0, 2, 4, 8), [2, 1, 1, 2]), seedOf(1)]);
    // Means 1 and 6, unbiased variances 2 and 8.
    expect(made.parameters().get('running_mean')?.data[0]).toBeCloseTo(0.35, 6);
    expect(made.parameters().get('running_var')?.data[0]).toBeCloseTo(1.4, 6);
    // PyTorch does not count batches here.
    expect(made.parameters().has('num_batches_tracked')).toBe(false);
  });

  it('has gradients of its weights, but none of its running statistics', () => {
    const net = new BatchNorm2d(2).train();
    const g = new GraphBuilder([2, 2, 3, 3], namesOf(net));
    g.startTraining(g.addInput([2], 'seed'));
    const graph = valueAndGrad(g.finish(total(g, g.call(net, g.input))));
    expect(graph.parameters.map(({ isBuffer }) => isBuffer)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(graph.outputs.slice(1).map((id) => graph.values[id].shape)).toEqual([[2], [2]]);
  });
});
