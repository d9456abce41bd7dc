import { describe, it } from 'vitest';
import { GraphBuilder, type Value } from '../../src/graph/builder.js';
import { addOperator } from '../../src/tensor/add.js';
import { clampOperator, resolveClamp } from '../../src/tensor/clamp.js';
import { divOperator } from '../../src/tensor/div.js';
import { mulOperator } from '../../src/tensor/mul.js';
import { reluOperator } from '../../src/tensor/relu.js';
import { reshapeOperator } from '../../src/tensor/reshape.js';
import { subOperator } from '../../src/tensor/sub.js';
import { Tensor } from '../../src/tensor/tensor.js';
import {
  adamFirstMomentOperator,
  adamSecondMomentOperator,
  adamUpdateOperator,
  maximumOperator,
} from '../../src/tensor/training/adam.js';
import {
  absOperator,
  signOperator,
  softplusOperator,
  sqrtOperator,
} from '../../src/tensor/training/elementwise.js';
import { expandOperator } from '../../src/tensor/training/expand.js';
import { sgdMomentumOperator, sgdUpdateOperator } from '../../src/tensor/training/sgd.js';
import { sumOperator } from '../../src/tensor/training/sum.js';
import { expectAsByReference, wave } from '../support/asByReference.js';

/** Values that are no pictures: weights as they are, scalars, vectors, and what is made of them. */

function pair(g: GraphBuilder, operator: typeof addOperator, a: Value, b: Value): Value {
  return g.apply(operator, [a, b], {});
}

describe('flat values on wasm', () => {
  it('are weights, inputs and outputs of any shape', async () => {
    const g = new GraphBuilder();
    const weight = g.parameter({ shape: [5, 3, 3, 2], tensor: wave([5, 3, 3, 2]) });
    const rate = g.addInput([1], 'rate');
    const scaled = pair(g, mulOperator, weight, rate);
    const graph = g.finish([scaled, pair(g, subOperator, weight, scaled), weight, rate]);
    await expectAsByReference(graph, [Tensor.full([1], 0.3)]);
  });

  it('come out as they came in, in another shape', async () => {
    const g = new GraphBuilder();
    const given = g.addInput([2, 8, 1, 1, 1], 'given');
    const graph = g.finish(g.apply(reshapeOperator, [given], { shape: [16] }));
    await expectAsByReference(graph, [wave([2, 8, 1, 1, 1])]);
  });

  it('are longer than what a thread takes at a time', async () => {
    const g = new GraphBuilder();
    const a = g.constant(wave([70_003]));
    const b = g.addInput([70_003], 'b');
    const sum = g.apply(reluOperator, [pair(g, addOperator, a, b)], {});
    await expectAsByReference(g.finish([sum]), [wave([70_003], 2)]);
  });

  it.each([addOperator, subOperator, mulOperator, divOperator])('$op', async (operator) => {
    const g = new GraphBuilder();
    const weight = g.constant(wave([7, 3, 1, 1]).add(2));
    const flat = g.apply(reshapeOperator, [weight], { shape: [21] });
    const scalar = g.constant(Tensor.full([1], 3));
    const clamped = g.apply(clampOperator, [flat], resolveClamp({ min: 1.5 }));
    const graph = g.finish([
      pair(g, operator, flat, clamped),
      pair(g, operator, scalar, flat),
      pair(g, operator, flat, scalar),
    ]);
    await expectAsByReference(graph, []);
  });

  it('scale the channels of pictures, all of a batch', async () => {
    const g = new GraphBuilder([2, 5, 4, 6]);
    const factors = g.addInput([5], 'factors');
    const relued = g.apply(reluOperator, [factors], {});
    const byChannel = g.apply(reshapeOperator, [relued], { shape: [5, 1, 1] });
    const scalar = g.apply(
      mulOperator,
      [g.constant(Tensor.full([1], 2)), g.constant(wave([1]))],
      {},
    );
    const scaled = pair(g, mulOperator, g.input, byChannel);
    const graph = g.finish([pair(g, addOperator, scaled, scalar), byChannel, relued]);
    await expectAsByReference(graph, [wave([2, 5, 4, 6]), wave([5])], 1e-6);
  });

  it('scale the channels of a single pixel', async () => {
    const g = new GraphBuilder([1, 3, 1, 1]);
    const factors = g.constant(wave([3, 1, 1]));
    const graph = g.finish([
      pair(g, mulOperator, g.input, factors),
      pair(g, addOperator, factors, g.input),
    ]);
    await expectAsByReference(graph, [wave([1, 3, 1, 1])], 1e-6);
  });

  it('become pictures, and pictures flat', async () => {
    const g = new GraphBuilder([1, 3, 5, 4]);
    const constant = g.constant(wave([1, 3, 5, 4], 2));
    const sum = pair(g, addOperator, g.input, constant);
    const row = g.apply(reshapeOperator, [sum], { shape: [60] });
    const graph = g.finish([pair(g, mulOperator, row, row), sum]);
    await expectAsByReference(graph, [wave([1, 3, 5, 4])]);
  });

  it('are sums of pictures, of their channels and of their pixels, and of flat values', async () => {
    const g = new GraphBuilder([1, 7, 9, 6]);
    const sum = (x: Value, dims: readonly number[]) => g.apply(sumOperator, [x], { dims });
    const relued = g.apply(
      reluOperator,
      [pair(g, subOperator, g.input, g.constant(wave([1])))],
      {},
    );
    const channels = g.apply(reshapeOperator, [sum(relued, [0, 2, 3])], { shape: [7] });
    const flat = g.constant(wave([40_003]));
    const graph = g.finish([
      sum(relued, [0, 1, 2, 3]),
      channels,
      sum(relued, [1]),
      sum(g.input, [-1, -2]),
      sum(flat, [0]),
      sum(channels, [0]),
      pair(g, mulOperator, g.input, sum(relued, [1, 2, 3])),
      pair(g, addOperator, g.input, sum(relued, [2, 3])),
    ]);
    await expectAsByReference(graph, [wave([1, 7, 9, 6], 3)], 1e-6);
  });

  it('of a batch are sums of each picture, and of all', async () => {
    const g = new GraphBuilder([3, 5, 4, 6]);
    const sum = (dims: readonly number[]) => g.apply(sumOperator, [g.input], { dims });
    const inputs = [wave([3, 5, 4, 6])];
    await expectAsByReference(g.finish([sum([2, 3]), sum([1])]), inputs, 1e-6);
    const all = [sum([0, 1, 2, 3]), sum([0, 2, 3]), sum([2, 3])];
    await expectAsByReference(g.finish(all), inputs, 1e-5);
  });

  it('are repeated over pictures, by one element and by channels', async () => {
    const g = new GraphBuilder([1, 3, 5, 4]);
    const shape = [1, 3, 5, 4];
    const expand = (x: Value) => g.apply(expandOperator, [x], { shape });
    const byChannel = g.apply(reshapeOperator, [g.constant(wave([3]))], { shape: [3, 1, 1] });
    const one = expand(g.addInput([1], 'one'));
    const both = pair(g, mulOperator, one, expand(byChannel));
    const graph = g.finish([one, both, pair(g, subOperator, both, g.input)]);
    await expectAsByReference(graph, [wave(shape), Tensor.full([1], 0.7)], 1e-6);
  });

  it.each([absOperator, signOperator, softplusOperator, sqrtOperator])('$op', async (operator) => {
    const values = [-100, -3, -0.7, -1e-4, -1e-30, 0, 1e-20, 1e-4, 0.3, 1, 5, 88, 200, 1e30];
    const data = operator === sqrtOperator ? values.map(Math.abs) : values;
    const g = new GraphBuilder([1, 2, 1, 7]);
    const weight = g.constant(new Tensor(Float32Array.from(data), [14]));
    const graph = g.finish([
      g.apply(operator, [g.input], {}),
      g.apply(operator, [weight], {}),
      // What fills channels up to a vector does not count.
      g.apply(sumOperator, [g.apply(operator, [g.input], {})], { dims: [0, 1, 2, 3] }),
    ]);
    await expectAsByReference(graph, [new Tensor(Float32Array.from(data), [1, 2, 1, 7])], 2e-7);
  });
});

describe('optimisers on wasm', () => {
  const shape = [6, 5, 3, 3];

  it('step as Adam', async () => {
    const g = new GraphBuilder();
    const [parameter, mean, square] = [
      wave(shape),
      wave(shape, 0.1),
      wave(shape, 0.1).mul(wave(shape)),
    ];
    const gradient = g.addInput([270], 'gradient');
    const shaped = g.apply(reshapeOperator, [gradient], { shape });
    const scalars = g.addInput([2], 'scalars');
    const first = g.apply(adamFirstMomentOperator, [g.constant(mean), shaped], { beta1: 0.5 });
    const positive = g.apply(absOperator, [g.constant(square)], {});
    const second = g.apply(adamSecondMomentOperator, [positive, shaped], { beta2: 0.999 });
    const largest = g.apply(maximumOperator, [second, positive], {});
    const operands = [g.constant(parameter), first, largest, scalars] as const;
    const graph = g.finish([
      first,
      second,
      largest,
      g.apply(adamUpdateOperator, operands, { eps: 1e-8 }),
    ]);
    await expectAsByReference(
      graph,
      [wave([270]), new Tensor(Float32Array.of(4e-4, 0.3), [2])],
      1e-6,
    );
  });

  it('step as SGD with momentum, also where gradients are one number for all', async () => {
    const g = new GraphBuilder();
    const [parameter, buffer] = [g.constant(wave(shape)), g.constant(wave(shape, 0.1))];
    const gradient = g.apply(expandOperator, [g.addInput([1], 'gradient')], { shape });
    const scalars = g.addInput([2], 'scalars');
    const moved = g.apply(sgdMomentumOperator, [buffer, gradient, scalars], { momentum: 0.9 });
    const graph = g.finish([moved, g.apply(sgdUpdateOperator, [parameter, moved, scalars], {})]);
    await expectAsByReference(graph, [wave([1]), new Tensor(Float32Array.of(0.1, 0.5), [2])], 1e-6);
  });
});
