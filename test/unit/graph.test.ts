import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { activations } from '../../src/export/activations.js';
import { GraphBuilder, type Value } from '../../src/graph/builder.js';
import { type Graph, readerCounts, sameStructure, shapeOf } from '../../src/graph/graph.js';
import { compile, traceGraph } from '../../src/nn/compile.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { Module } from '../../src/nn/module.js';
import { addOperator } from '../../src/tensor/add.js';
import { conv2dOperator, resolveConv2d } from '../../src/tensor/conv2d.js';
import type { Operator } from '../../src/tensor/operator.js';
import {
  reflectionPad2dOperator,
  resolveReflectionPad2d,
} from '../../src/tensor/reflectionPad2d.js';
import { reluOperator } from '../../src/tensor/relu.js';
import { tanhOperator } from '../../src/tensor/tanh.js';
import { Tensor } from '../../src/tensor/tensor.js';

const SHAPE = [1, 2, 5, 4];

/** A module that is what a function says. */
function moduleOf(trace: (g: GraphBuilder, x: Value) => Value): Module {
  return new (class extends Module {
    override trace(g: GraphBuilder, x: Value): Value {
      return trace(g, x);
    }
  })().eval();
}

const graphOf = (trace: (g: GraphBuilder, x: Value) => Value, shape = SHAPE): Graph =>
  traceGraph(moduleOf(trace), shape);
const relu = (g: GraphBuilder, x: Value) => g.apply(reluOperator, [x], {});
const tanh = (g: GraphBuilder, x: Value) => g.apply(tanhOperator, [x], {});

describe('the readers of a value', () => {
  it('are the nodes that take it, once for each time, and whoever takes the output', () => {
    // 0 → 1 = relu 0; 2 = 1 + 1; 3 = tanh 0; 4 = 2 + 3; 5 = 4 + 0, which is the output.
    const diamond = graphOf((g, x) => {
      const twice = relu(g, x);
      const sum = g.add(twice, twice);
      return g.add(g.add(sum, tanh(g, x)), x);
    });
    expect(readerCounts(diamond)).toEqual([3, 2, 1, 1, 1, 1]);
  });

  it("are none where nobody takes it, which is no part of a module's graph", () => {
    const trace = (g: GraphBuilder, x: Value) => {
      relu(g, x);
      return tanh(g, x);
    };
    const g = new GraphBuilder(SHAPE);
    expect(readerCounts(g.finish(trace(g, g.input)))).toEqual([2, 0, 1]);
    const { nodes, outputs } = graphOf(trace);
    expect(nodes.map(({ op, operands }) => [op, operands])).toEqual([['tanh', [0]]]);
    expect(outputs).toEqual([1]);
    expect(readerCounts(graphOf((_, x) => x))).toEqual([1]);
    // An output that is read in the network, too.
    const early = new GraphBuilder(SHAPE);
    const y = relu(early, early.input);
    tanh(early, y);
    expect(readerCounts(early.finish(y))).toEqual([1, 2, 0]);
  });
});

it('a value has the shape that its operator gives, and the input its own', () => {
  const pad = resolveReflectionPad2d([1, 2, 3, 0]);
  const graph = graphOf((g, x) => g.apply(reflectionPad2dOperator, [relu(g, x)], pad));
  expect([0, 1, 2].map((id) => shapeOf(graph, id))).toEqual([SHAPE, SHAPE, [1, 2, 8, 7]]);
});

describe('two graphs have the same structure', () => {
  const weight = Tensor.full([2, 2, 3, 3], 1);
  const conv = (options = {}, w = weight) =>
    graphOf((g, x) => g.apply(conv2dOperator, [x, g.constant(w), null], resolveConv2d(options)));

  it('when they have the same operators, values, attributes, names and input', () => {
    expect(sameStructure(conv(), conv())).toBe(true);
    expect(sameStructure(conv({ stride: [1, 1] }), conv())).toBe(true);
  });

  it('and not when one of these differs', () => {
    const shared = graphOf((g, x) => g.add(relu(g, x), x));
    for (const [what, a, b] of [
      ['an attribute', conv(), conv({ padding: 1 })],
      ['a side of an attribute', conv({ padding: [0, 1] }), conv({ padding: [1, 0] })],
      ['another constant of the same numbers', conv(), conv({}, weight.clone())],
      ['the input', conv(), graphOf((g, x) => relu(g, x))],
      ['the operator', graphOf(relu), graphOf(tanh)],
      ['the input shape', graphOf(relu), graphOf(relu, [1, 2, 4, 5])],
      ['the length', graphOf(relu), graphOf((g, x) => relu(g, relu(g, x)))],
      [
        'the output',
        graphOf((g, x) => relu(g, relu(g, x))),
        graphOf((g, x) => {
          const y = relu(g, x);
          relu(g, y);
          return y;
        }),
      ],
      ['what is read', shared, graphOf((g, x) => g.add(relu(g, x), relu(g, x)))],
      [
        'which of two is read',
        shared,
        graphOf((g, x) => {
          const y = relu(g, x);
          return g.add(y, y);
        }),
      ],
      ['the name', named('a'), named('b')],
    ] as const) {
      expect(sameStructure(a, b), what).toBe(false);
      expect(sameStructure(b, a), what).toBe(false);
    }
  });

  function named(name: string): Graph {
    return traceGraph(
      new (class extends Module {
        readonly child = this.registerModule(name, moduleOf(relu));
        override trace(g: GraphBuilder, x: Value): Value {
          return g.call(this.child, x);
        }
      })(),
      SHAPE,
    );
  }
});

it('a node is called as the module that asked for it, also behind a module within', () => {
  class Outer extends Module {
    readonly inner = this.registerModule('inner', moduleOf(relu));
    override trace(g: GraphBuilder, x: Value): Value {
      return tanh(g, g.call(this.inner, tanh(g, x)));
    }
  }
  class Whole extends Module {
    readonly outer = this.registerModule('outer', new Outer());
    override trace(g: GraphBuilder, x: Value): Value {
      return g.call(this.outer, x);
    }
  }
  const { nodes } = traceGraph(new Whole(), SHAPE);
  expect(nodes.map(({ name }) => name)).toEqual(['outer', 'outer.inner', 'outer']);
});

describe('values while a network runs', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;

  /** An operator that no engine knows. Counts those of its outputs that still live whenever it runs. */
  function counting() {
    const made: WeakRef<Tensor>[] = [];
    const living: number[] = [];
    const operator: Operator<object> = {
      op: 'plusOne',
      operands: ['input'],
      outputShape: ([shape]) => [...shape],
      run([x]) {
        collect();
        living.push(made.filter((ref) => ref.deref() !== undefined).length);
        const y = new Tensor(
          x.data.map((v) => v + 1),
          x.shape,
        );
        made.push(new WeakRef(y));
        return y;
      },
    };
    return { operator, living };
  }

  const input = Tensor.full(SHAPE, 1);

  it.each(['js', 'wasm'] as const)(
    'live no longer than somebody reads them: %s',
    async (engine) => {
      const { operator, living } = counting();
      const chain = moduleOf((g, x) => {
        let y = x;
        for (let i = 0; i < 8; i++) y = g.apply(operator, [y], {});
        return y;
      });
      const program = await compile(chain, { inputShape: SHAPE, engine });
      const output = await program.run(input);
      expect([...output.data]).toEqual(new Array(40).fill(9));
      // The one that is read, and one whose turn to be collected may come later.
      expect(living).toHaveLength(8);
      expect(Math.max(...living)).toBeLessThanOrEqual(2);
    },
  );

  it('live no longer in activations, either', async () => {
    const { operator, living } = counting();
    const chain = moduleOf((g, x) => {
      let y = x;
      for (let i = 0; i < 8; i++) y = g.apply(operator, [y], {});
      return y;
    });
    let count = 0;
    for await (const { output } of activations(chain, input)) {
      count++;
      expect(output.data[0]).toBe(1 + count);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    expect(count).toBe(8);
    expect(Math.max(...living)).toBeLessThanOrEqual(3);
  });

  it.each(['js', 'wasm'] as const)('live as long as somebody reads them: %s', async (engine) => {
    const { operator } = counting();
    const one = (g: GraphBuilder, x: Value) => g.apply(operator, [x], {});
    const conv = new Conv2d(2, 2, 1, { bias: false });
    conv.loadStateDict(new Map([['weight', Tensor.full([2, 2, 1, 1], 0.5)]]));
    // With x = 1 everywhere: a = 2, b = 3, c = 0.5 (2 + 2) = 2, then 2 + 2 = 4, 4 + 3 = 7, 7 + 1 = 8.
    const braid = new (class extends Module {
      readonly conv = this.registerModule('conv', conv);
      override trace(g: GraphBuilder, x: Value): Value {
        const a = one(g, x);
        const b = one(g, a);
        const c = g.call(this.conv, a);
        return g.apply(addOperator, [g.add(g.add(c, a), b), x], {});
      }
    })();
    const program = await compile(braid, { inputShape: SHAPE, engine });
    expect([...(await program.run(input)).data]).toEqual(new Array(40).fill(8));
    const found = [];
    for await (const { output } of activations(braid, input)) found.push(output.data[0]);
    expect(found).toEqual([2, 3, 2, 4, 7, 8]);
  });
});
