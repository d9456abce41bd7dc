import { describe, expect, it } from 'vitest';
import type { Engine, Program } from '../../src/engine/engine.js';
import { jsEngine } from '../../src/engine/js/jsEngine.js';
import { wasmEngine } from '../../src/engine/wasm/wasmEngine.js';
import { exportOnnx } from '../../src/export/onnx/exportOnnx.js';
import { GraphBuilder, type ParameterSource, type Value } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { traceGraph } from '../../src/nn/compile.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { Module } from '../../src/nn/module.js';
import { Parameter } from '../../src/nn/parameter.js';
import { addOperator } from '../../src/tensor/add.js';
import { conv2d, conv2dOperator, resolveConv2d } from '../../src/tensor/conv2d.js';
import { instanceNorm2d, instanceNorm2dOperator } from '../../src/tensor/instanceNorm2d.js';
import { relu, reluOperator } from '../../src/tensor/relu.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectClose } from '../support/closeness.js';
import { readOnnx, runOnnx } from '../support/onnxModel.js';
import { Twice, twice } from '../support/twice.js';

const CLOSE = { absolute: 2e-5 };
const ENGINES = [['js', jsEngine] as const, ['wasm', wasmEngine] as const];

function wave(shape: readonly number[], seed = 1): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: size }, (_, i) => Math.sin(i * (i + seed) * 0.37));
  return new Tensor(data, shape);
}

async function withProgram<T>(
  engine: Engine,
  graph: Graph,
  action: (program: Program) => Promise<T>,
): Promise<T> {
  const program = await engine.compile(graph, { threads: 2 });
  try {
    return await action(program);
  } finally {
    program.dispose();
  }
}

describe.each(ENGINES)('on %s', (_, engine) => {
  it('a graph takes several inputs and returns several outputs', async () => {
    const [a, b] = [wave([2, 3, 8, 9], 1), wave([2, 3, 8, 9], 2)];
    const weight = wave([5, 3, 3, 3], 3);
    const g = new GraphBuilder();
    const [x, y] = [g.addInput(a.shape, 'x'), g.addInput(b.shape, 'y')];
    const sum = g.apply(reluOperator, [g.add(x, y)], {});
    const conv = resolveConv2d({ padding: 1 });
    const made = g.apply(conv2dOperator, [sum, g.constant(weight), null], conv);
    const graph = g.finish([made, sum, y, made]);
    await withProgram(engine, graph, async (program) => {
      expect(program.fallbacks).toEqual([]);
      const outputs = await program.runAll([a, b]);
      const expected = relu(a.add(b));
      const convolved = conv2d(expected, weight, null, { padding: 1 });
      for (const [i, tensor] of [convolved, expected, b, convolved].entries()) {
        expectClose(outputs[i], tensor, CLOSE);
      }
      expect(outputs[3].data).not.toBe(outputs[0].data);
      expect(outputs[2].data).not.toBe(b.data);
      await expect(program.runAll([a])).rejects.toThrow(/takes 2 inputs .* got 1/);
      await expect(program.runAll([a, wave([2, 3, 8, 8])])).rejects.toThrow(/\[2, 3, 8, 9\]/);
    });
  });

  it('an operator that is unknown in the middle leaves several values on either side', async () => {
    const odd = { ...addOperator, op: 'odd' };
    const input = wave([1, 4, 6, 6]);
    const g = new GraphBuilder(input.shape);
    const a = g.apply(reluOperator, [g.input], {});
    const b = g.apply(instanceNorm2dOperator, [g.input, null, null, null, null], { eps: 1e-5 });
    const c = g.apply(odd, [a, b], {});
    const graph = g.finish(g.add(g.add(c, a), g.add(b, g.input)));
    await withProgram(engine, graph, async (program) => {
      const [rectified, normed] = [relu(input), instanceNorm2d(input)];
      const expected = rectified.add(normed).add(rectified).add(normed.add(input));
      expectClose(await program.run(input), expected, CLOSE);
    });
  });

  it('a value takes the place of a parameter at the end of each run', async () => {
    const source: ParameterSource = { shape: [1, 2, 4, 4], tensor: wave([1, 2, 4, 4], 5) };
    const start = source.tensor.clone();
    const x = wave([1, 2, 4, 4], 6);
    const g = new GraphBuilder(x.shape);
    const p = g.parameter(source);
    const next = g.add(p, g.input);
    g.assign(source, next);
    const graph = g.finish(g.apply(reluOperator, [next], {}));
    const [{ key }] = graph.parameters;
    await withProgram(engine, graph, async (program) => {
      let expected = start;
      for (let run = 0; run < 3; run++) {
        expected = expected.add(x);
        expectClose(await program.run(x), relu(expected), CLOSE);
        expect(program.parameters().get(key)?.data).toEqual(expected.data);
      }
    });
    expect(source.tensor.data).toEqual(start.data);
  });

  it('a convolution has the weights that the run before made', async () => {
    const source: ParameterSource = { shape: [8, 8, 3, 3], tensor: wave([8, 8, 3, 3], 5) };
    const first = source.tensor;
    const [x, step] = [wave([1, 8, 12, 12], 6), wave([8, 8, 3, 3], 9)];
    const g = new GraphBuilder();
    const [image, change] = [g.addInput(x.shape, 'x'), g.addInput(step.shape, 'change')];
    const weight = g.parameter(source);
    const y = g.apply(conv2dOperator, [image, weight, null], resolveConv2d());
    g.assign(source, g.add(weight, change));
    await withProgram(engine, g.finish(y), async (program) => {
      const runs = [await program.runAll([x, step]), await program.runAll([x, step])];
      expectClose(runs[0][0], conv2d(x, first), { absolute: 2e-4 });
      expectClose(runs[1][0], conv2d(x, first.add(step)), { absolute: 2e-4 });
    });
  });

  it('a module that is called twice, weights that are shared and a sum that is read twice', async () => {
    const module = new Twice(3).eval();
    const x = wave([1, 3, 7, 8], 4);
    const out = await module.forward(x, { engine: engine.name, threads: 2 });
    expectClose(out, twice(module, x), CLOSE);
    module.dispose();
  });
});

describe('the leaves of a graph', () => {
  it('are each there once, by the first of their keys', () => {
    const graph = traceGraph(new Twice(3).eval(), [1, 3, 7, 8]);
    expect(graph.parameters.map(({ key }) => key)).toEqual(['first.weight', 'first.bias']);
    expect(graph.inputs.map(({ name, shape }) => [name, shape])).toEqual([['input', [1, 3, 7, 8]]]);
    expect(graph.nodes.every(({ attributes }) => !holdsTensor(attributes))).toBe(true);
  });

  it('have names of their own in ONNX, too, where nodes have the names of modules', () => {
    const module = new Twice(3).eval();
    const x = wave([1, 3, 7, 8], 4);
    const model = readOnnx(exportOnnx(module, x.shape));
    const names = model.nodes.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const values = model.nodes.flatMap(({ outputs }) => outputs);
    expect(new Set(values).size).toBe(values.length);
    expect([...model.initializers.keys()]).toEqual(['first.weight', 'first.bias']);
    expectClose(runOnnx(model, x), twice(module, x), CLOSE);
  });

  it('of a network that returns its input are written, too', () => {
    const model = readOnnx(exportOnnx(new Nothing().eval(), [1, 1, 2, 2]));
    expect(model.nodes.map(({ type, inputs, outputs }) => [type, inputs, outputs])).toEqual([
      ['Identity', ['input'], ['output']],
    ]);
  });

  it('cannot be modules or parameters that are not registered', () => {
    class Loose extends Module {
      readonly conv = new Conv2d(1, 1, 1);
      override trace(g: GraphBuilder, x: Value): Value {
        return g.call(this.conv, x);
      }
    }
    class LooseParameter extends Module {
      readonly scale = Parameter.filled([1, 1, 2, 2], 1);
      override trace(g: GraphBuilder, x: Value): Value {
        return g.add(g.parameter(this.scale), x);
      }
    }
    class Outer extends Module {
      readonly inner: Module;
      constructor(inner: Module) {
        super();
        this.inner = this.registerModule('inner', inner);
      }
      override trace(g: GraphBuilder, x: Value): Value {
        return g.call(this.inner, x);
      }
    }
    expect(() => traceGraph(new Outer(new Loose()), [1, 1, 2, 2])).toThrow(
      /"inner" uses a Conv2d that was never registered.*registerModule/,
    );
    expect(() => traceGraph(new LooseParameter(), [1, 1, 2, 2])).toThrow(
      /the network uses a parameter of shape \[1, 1, 2, 2\].*registerParameter/,
    );
  });
});

class Nothing extends Module {
  override trace(_g: GraphBuilder, x: Value): Value {
    return x;
  }
}

function holdsTensor(attributes: unknown): boolean {
  return Object.values(attributes as object).some((value) => value instanceof Tensor);
}
