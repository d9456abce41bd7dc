import { describe, expect, it } from 'vitest';
import type { Program } from '../../src/engine/engine.js';
import { selectEngine } from '../../src/engine/engines.js';
import { GraphBuilder, type ParameterSource, type Value } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { addOperator } from '../../src/tensor/add.js';
import { conv2dOperator, resolveConv2d } from '../../src/tensor/conv2d.js';
import { linearOperator } from '../../src/tensor/linear.js';
import { mulOperator } from '../../src/tensor/mul.js';
import { reshapeOperator } from '../../src/tensor/reshape.js';
import { subOperator } from '../../src/tensor/sub.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expandOperator } from '../../src/tensor/training/expand.js';
import { sumOperator } from '../../src/tensor/training/sum.js';
import { wave } from '../support/asByReference.js';
import { expectClose } from '../support/closeness.js';

/** Weights that a run writes: in the program's memory, all of them or none. */

interface Case {
  readonly graph: Graph;
  readonly inputs: readonly Tensor[];
}

function parameter(shape: readonly number[], factor = 1): ParameterSource {
  return { shape, tensor: wave(shape, factor) };
}

function pair(g: GraphBuilder, operator: typeof addOperator, a: Value, b: Value): Value {
  return g.apply(operator, [a, b], {});
}

const CASES: Readonly<Record<string, () => Case>> = {
  'a value that others read, too'() {
    const g = new GraphBuilder();
    const [a, b] = [parameter([7]), parameter([7], 2)];
    const [x, y] = [g.parameter(a), g.parameter(b)];
    const sum = pair(g, addOperator, x, y);
    g.assign(a, sum);
    g.assign(b, pair(g, mulOperator, sum, y));
    return { graph: g.finish([sum, x]), inputs: [] };
  },
  "two that take each other's place"() {
    const g = new GraphBuilder();
    const [a, b, c] = [parameter([2, 3]), parameter([2, 3], 2), parameter([2, 3], 3)];
    g.assign(a, g.parameter(b));
    g.assign(b, g.parameter(a));
    g.assign(c, g.parameter(c));
    return { graph: g.finish([pair(g, subOperator, g.parameter(a), g.parameter(b))]), inputs: [] };
  },
  'one that is read after what takes its place is there'() {
    const g = new GraphBuilder();
    const [a, b] = [parameter([9]), parameter([9], 2)];
    const next = pair(g, mulOperator, g.parameter(a), g.parameter(b));
    g.assign(a, next);
    g.assign(b, pair(g, subOperator, g.parameter(a), next));
    return { graph: g.finish([g.parameter(b)]), inputs: [] };
  },
  'the same value in two places, an input and a repeated number'() {
    const g = new GraphBuilder();
    const all = [parameter([5]), parameter([5], 2), parameter([5], 3), parameter([5], 4)];
    const doubled = pair(g, addOperator, g.parameter(all[0]), g.parameter(all[0]));
    const input = g.addInput([5], 'input');
    const one = g.apply(sumOperator, [input], { dims: [0] });
    g.assign(all[0], doubled);
    g.assign(all[1], doubled);
    g.assign(all[2], input);
    g.assign(all[3], g.apply(expandOperator, [one], { shape: [5] }));
    return { graph: g.finish([one]), inputs: [wave([5])] };
  },
  'weights of a convolution, its bias, and of a linear layer, by a picture'() {
    const g = new GraphBuilder([1, 3, 6, 5]);
    const [weight, bias] = [parameter([4, 3, 3, 3]), parameter([4])];
    const conv = [g.input, g.parameter(weight), g.parameter(bias)] as const;
    const made = g.apply(conv2dOperator, conv, resolveConv2d({ padding: 1 }));
    const sums = g.apply(sumOperator, [made], { dims: [-2, -1] });
    const pixel = g.constant(wave([1, 6]));
    const [features, shift] = [parameter([2, 6]), parameter([2])];
    const answers = g.apply(linearOperator, [pixel, g.parameter(features), g.parameter(shift)], {});
    const step = (source: ParameterSource, by: Value) =>
      g.assign(
        source,
        pair(g, subOperator, g.parameter(source), pair(g, mulOperator, g.parameter(source), by)),
      );
    const one = g.apply(sumOperator, [sums], { dims: [0, 1, 2, 3] });
    const scalar = g.apply(reshapeOperator, [one], { shape: [1] });
    const small = pair(g, mulOperator, scalar, g.constant(Tensor.full([1], 0.01)));
    for (const source of [weight, bias, features, shift]) step(source, small);
    return { graph: g.finish([made, answers]), inputs: [wave([1, 3, 6, 5])] };
  },
};

async function compile(engine: 'wasm' | 'js', graph: Graph, threads = 2): Promise<Program> {
  return (await selectEngine(engine)).compile(graph, { threads });
}

function expectSame(found: Program, expected: Program): void {
  const tensors = found.parameters();
  for (const [key, tensor] of expected.parameters()) {
    expectClose(tensors.get(key) as Tensor, tensor, { absolute: 1e-5, relative: 1e-5 });
  }
}

describe('a run writes back', () => {
  it.each(Object.keys(CASES))('%s', async (name) => {
    const { graph, inputs } = CASES[name]();
    const [found, expected] = [await compile('wasm', graph), await compile('js', graph)];
    expect(found.fallbacks).toEqual([]);
    for (let run = 0; run < 3; run++) {
      const [results, byReference] = [await found.runAll(inputs), await expected.runAll(inputs)];
      for (const [i, tensor] of results.entries()) {
        expectClose(tensor, byReference[i], { absolute: 1e-5, relative: 1e-5 });
      }
      // Not each time: runs go on from what is in memory.
      if (run !== 1) expectSame(found, expected);
    }
    const [key, { shape }] = [...found.parameters()][0];
    const others = new Map([[key, wave(shape, 0.5)]]);
    for (const program of [found, expected]) {
      await program.updateParameters(others);
      await program.runAll(inputs);
    }
    expectSame(found, expected);
    found.dispose();
  });
});

describe('what a run leaves', () => {
  it('is all as it was, if it is ended', async () => {
    const { graph, inputs } =
      CASES['weights of a convolution, its bias, and of a linear layer, by a picture']();
    const program = await compile('wasm', graph);
    const before = [...program.parameters().values()].map(({ data }) => data.slice());
    for (const node of [1, graph.nodes.length - 1]) {
      const aborting = new AbortController();
      const onProgress = ({ done }: { readonly done: number }) => {
        if (done === node) aborting.abort();
      };
      const run = program.runAll(inputs, { signal: aborting.signal, onProgress });
      await expect(run).rejects.toThrow();
      expect([...program.parameters().values()].map(({ data }) => data)).toEqual(before);
    }
    await program.runAll(inputs);
    expect([...program.parameters().values()].map(({ data }) => data)).not.toEqual(before);
    program.dispose();
  });

  it('is what the reference writes, where a value is beyond what Winograd takes', async () => {
    const g = new GraphBuilder([1, 16, 9, 9]);
    const weight = parameter([16, 16, 3, 3], 0.1);
    const operands = [g.input, g.parameter(weight), null] as const;
    const made = g.apply(conv2dOperator, operands, resolveConv2d({ padding: 1 }));
    g.assign(weight, pair(g, mulOperator, g.parameter(weight), g.constant(Tensor.full([1], 0.5))));
    const graph = g.finish(made);
    const [found, expected] = [await compile('wasm', graph), await compile('js', graph)];
    const [usual, huge] = [wave([1, 16, 9, 9]), wave([1, 16, 9, 9])];
    huge.data[100] = 1e19;
    for (const input of [usual, huge, usual, usual]) {
      const results = [await found.run(input), await expected.run(input)];
      expectClose(results[0], results[1], { absolute: 1e-4, relative: 1e-5 });
    }
    expectSame(found, expected);
    found.dispose();
  });
});
