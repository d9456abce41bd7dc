import { describe, expect, it, vi } from 'vitest';
import { takeWorkers, WorkerError } from '../../src/engine/wasm/pool/pool.js';
import { wasmEngine } from '../../src/engine/wasm/wasmEngine.js';
import { CycleganError } from '../../src/errors.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import type { GraphBuilder, Value } from '../../src/graph/builder.js';
import { compile, traceGraph, warmUp } from '../../src/nn/compile.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { Module } from '../../src/nn/module.js';
import { manualSeed } from '../../src/nn/random.js';
import { ReflectionPad2d } from '../../src/nn/reflectionPad2d.js';
import { ReLU } from '../../src/nn/relu.js';
import { Sequential } from '../../src/nn/sequential.js';
import { Tanh } from '../../src/nn/tanh.js';
import { reluOperator } from '../../src/tensor/relu.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectClose } from '../support/closeness.js';

const wasm = { engine: 'wasm', threads: 2 } as const;
/** Long enough, some tenths of a second, to do something meanwhile. */
const slow = () => new ResNetGenerator(3, 3, 24, 4).eval();
const picture = (side: number) => Tensor.full([1, 3, side, side], 0.5);

describe('forward', () => {
  it('takes this engine without being asked', async () => {
    const netG = new ResNetGenerator(1, 1, 2, 1).eval();
    const program = await netG.program([1, 1, 16, 16]);
    expect(program.engine).toBe('wasm');
    expect(program.fallbacks).toEqual([]);
    netG.dispose();
  });

  it('keeps programs for several sizes and batches side by side', async () => {
    manualSeed(2);
    const netG = new ResNetGenerator(1, 1, 3, 1).eval();
    const shapes = [
      [1, 1, 16, 16],
      [3, 1, 16, 16],
      [1, 1, 9, 21],
      [1, 7, 5],
    ];
    for (let round = 0; round < 2; round++) {
      for (const shape of shapes) {
        const x = new Tensor(
          Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i)),
          shape,
        );
        expectClose(await netG.forward(x, wasm), await netG.forward(x, { engine: 'js' }), {
          absolute: 5e-5,
        });
      }
    }
    expect(await netG.program([1, 1, 16, 16], wasm)).not.toBe(
      await netG.program([1, 1, 9, 21], wasm),
    );
    netG.dispose();
  });
});

describe('more sizes at once than are kept', () => {
  it('all come out', async () => {
    const netG = new ResNetGenerator(1, 1, 2, 1).eval();
    const sides = [5, 6, 7, 8, 9, 10, 11, 12, 13];
    const outputs = await Promise.all(
      sides.map((side) => netG.forward(Tensor.full([1, 1, side, side], 0.5), wasm)),
    );
    expect(outputs.map(({ shape }) => shape[2])).toEqual(sides.map((n) => 4 * Math.ceil(n / 4)));
    netG.dispose();
  });
});

describe('warming up', () => {
  it('starts the threads that a run then takes', async () => {
    await warmUp({ ...wasm, threads: 3 });
    const started = takeWorkers(3);
    expect(started.every(({ isDead }) => !isDead)).toBe(true);
    expect(takeWorkers(3)).toEqual(started);
    await warmUp({ engine: 'js' });
  });

  it('says which engine there is not', async () => {
    await expect(warmUp({ engine: 'none' as 'js' })).rejects.toThrow(/"none"/);
  });
});

describe('the event loop', () => {
  it('stays free while workers run', async () => {
    const program = await compile(slow(), { ...wasm, inputShape: [1, 3, 192, 192] });
    let ticks = 0;
    let running = true;
    const tick = () => {
      ticks++;
      if (running) setTimeout(tick, 1);
    };
    tick();
    await program.run(picture(192));
    running = false;
    expect(ticks).toBeGreaterThan(5);
    program.dispose();
  });

  it('brings an abort soon, and the next run is not harmed', async () => {
    const program = await compile(slow(), { ...wasm, inputShape: [1, 3, 384, 384] });
    const controller = new AbortController();
    const run = program.run(picture(384), { signal: controller.signal });
    const stopped = run.then(
      () => null,
      (error: unknown) => ({ error, at: performance.now() }),
    );
    await new Promise((resolve) => setTimeout(resolve, 30));
    const aborted = performance.now();
    controller.abort();
    const result = await stopped;
    expect(result?.error).toBe(controller.signal.reason);
    expect((result?.at ?? 0) - aborted).toBeLessThan(1000);
    // An aborted run leaves nothing behind that the next one could trip over.
    const fresh = await compile(slow(), { engine: 'wasm', threads: 1, inputShape: [1, 3, 16, 16] });
    expect((await fresh.run(picture(16))).shape).toEqual([1, 3, 16, 16]);
    expect((await program.run(picture(384))).data.every(Number.isFinite)).toBe(true);
    program.dispose();
    fresh.dispose();
  });

  it('gets progress in order, up to the last layer', async () => {
    const netG = new ResNetGenerator(1, 1, 4, 1).eval();
    for (const blocking of [true, false]) {
      const done: number[] = [];
      let total = 0;
      const onProgress = (p: { done: number; total: number }) => {
        done.push(p.done);
        total = p.total;
      };
      await netG.forward(Tensor.zeros([2, 1, 16, 16]), { ...wasm, blocking, onProgress });
      expect(done).toEqual(Array.from({ length: total }, (_, i) => i + 1));
    }
    netG.dispose();
  });
});

describe('queued runs', () => {
  it('come out in order and do not mix', async () => {
    const netG = new ResNetGenerator(1, 1, 4, 1).eval();
    const program = await compile(netG, { ...wasm, inputShape: [1, 1, 20, 20] });
    const inputs = [1, 2, 3, 4].map((seed) => {
      const data = Float32Array.from({ length: 400 }, (_, i) => Math.sin(i * seed));
      return new Tensor(data, [1, 1, 20, 20]);
    });
    const together = await Promise.all(
      inputs.map((x, i) => program.run(x, { blocking: i % 2 === 0 })),
    );
    for (const [i, x] of inputs.entries()) {
      expect((await program.run(x)).data).toEqual(together[i].data);
    }
    expect(new Set(together.map(({ data }) => data.join())).size).toBe(4);
    program.dispose();
    await expect(program.run(inputs[0])).rejects.toMatchObject({ code: 'ERR_DISPOSED' });
  });
});

describe('a program that is given back early', () => {
  const netG = new ResNetGenerator(3, 3, 8, 2).eval();
  // Large enough for all weights to wait in its memory at once.
  const x = Tensor.full([1, 3, 96, 100], 0.3);
  const inputShape = x.shape;

  it.each([
    { threads: 1, blocking: true },
    { threads: 1, blocking: false },
    { threads: 2, blocking: true },
    { threads: 3, blocking: false },
  ])('waits for its weights before it runs: %o', async (options) => {
    const whole = await compile(netG, { engine: 'wasm', inputShape });
    const early = await compile(netG, { engine: 'wasm', ...options, inputShape, early: true });
    expect((await early.run(x, options)).data).toEqual((await whole.run(x)).data);
    expect((await early.run(x)).data).toEqual((await whole.run(x)).data);
    early.dispose();
    whole.dispose();
  });

  it('may be disposed of at once', async () => {
    const program = await compile(netG, { ...wasm, inputShape, early: true });
    program.dispose();
    await expect(program.run(x)).rejects.toMatchObject({ code: 'ERR_DISPOSED' });
  });

  it('makes its weights ready anew when a worker failed', async () => {
    const expected = await netG.forward(x, wasm);
    const [worker] = takeWorkers(1);
    const ask = worker.ask.bind(worker);
    const failing = vi.spyOn(worker, 'ask').mockImplementation((id, message, onStep) => {
      if (!('run' in message)) return ask(id, message, onStep);
      failing.mockRestore();
      return Promise.reject(new WorkerError('of a test'));
    });
    const program = await compile(netG, { ...wasm, inputShape, early: true });
    await expect(program.run(x)).rejects.toBeInstanceOf(WorkerError);
    expect((await program.run(x)).data).toEqual(expected.data);
    program.dispose();
  });
});

describe('a worker that dies', () => {
  it('becomes an error, and is replaced', async () => {
    const netG = new ResNetGenerator(1, 1, 4, 1).eval();
    const program = await compile(netG, { ...wasm, inputShape: [1, 1, 20, 20] });
    const x = Tensor.full([1, 1, 20, 20], 0.3);
    const before = await program.run(x);
    // No module: the worker throws where nobody catches.
    const [worker] = takeWorkers(1);
    await expect(worker.ask(0, { load: {} })).rejects.toBeInstanceOf(WorkerError);
    expect(worker.isDead).toBe(true);
    expect((await program.run(x)).data).toEqual(before.data);
    program.dispose();
  });

  it('does not keep others, or the caller, waiting', async () => {
    const netG = new ResNetGenerator(1, 1, 4, 1).eval();
    const program = await compile(netG, { ...wasm, inputShape: [1, 1, 20, 20] });
    const failing = program.run(Tensor.zeros([1, 1, 20, 20]), {
      blocking: true,
      onProgress: ({ done }) => {
        if (done === 5) throw new Error('from the outside');
      },
    });
    await expect(failing).rejects.toThrow('from the outside');
    expect((await program.run(Tensor.zeros([1, 1, 20, 20]))).data.every(Number.isFinite)).toBe(
      true,
    );
    program.dispose();
  });
});

describe('what does not fit', () => {
  it('is refused with the figure and a size that would', async () => {
    const netG = new Sequential(new Conv2d(1, 64, 3), new ReLU()).eval();
    const refused = compile(netG, { ...wasm, inputShape: [1, 1, 6000, 6000] });
    await expect(refused).rejects.toMatchObject({
      code: 'ERR_TOO_LARGE',
      message: expect.stringMatching(
        /6000 x 6000 needs at least \d+\.\d+ GB.*--resize \d+ needs about/,
      ),
    });
  });

  it('is refused before anything runs: another shape, an unknown variant', async () => {
    const netG = new ResNetGenerator(1, 1, 1, 0).eval();
    const program = await compile(netG, { ...wasm, inputShape: [1, 1, 8, 8] });
    await expect(program.run(Tensor.zeros([1, 1, 8, 9]))).rejects.toThrow(/\[1, 1, 8, 9\]/);
    await expect(
      compile(netG, { engine: 'wasm', variant: 'steam', inputShape: [1, 1, 8, 8] }),
    ).rejects.toThrow(CycleganError);
    program.dispose();
  });
});

describe('an operator that the engine does not know', () => {
  class Halve extends Module {
    override trace(g: GraphBuilder, x: Value): Value {
      return g.apply(
        {
          op: 'halve',
          operands: ['input'],
          outputShape: ([shape]) => [...shape],
          run: ([tensor]) => tensor.mul(0.5),
        },
        [x],
        {},
      );
    }
  }

  const both = async (module: Module, shape: readonly number[]) => {
    const program = await compile(module, { ...wasm, inputShape: shape });
    const size = shape.reduce((x, y) => x * y, 1);
    const input = new Tensor(
      Float32Array.from({ length: size }, (_, i) => Math.sin(i * i * 0.37)),
      shape,
    );
    const steps: string[] = [];
    const found = await program.run(input, {
      onProgress: ({ node, done, total }) => steps.push(`${done}/${total} ${node.name} ${node.op}`),
    });
    expectClose(found, await module.forward(input, { engine: 'js' }), { absolute: 5e-5 });
    const { nodes } = traceGraph(module, shape);
    expect(steps).toEqual(nodes.map(({ name, op }, i) => `${i + 1}/${nodes.length} ${name} ${op}`));
    program.dispose();
    return program;
  };

  it('is left to the reference, and it alone, and is named', async () => {
    const module = new Sequential(
      new Conv2d(3, 5, 3),
      new Halve(),
      new ReflectionPad2d(1),
      new Conv2d(5, 2, 3),
      new Tanh(),
    ).eval();
    const program = await both(module, [1, 3, 9, 11]);
    expect(program.fallbacks).toEqual(['1 (halve)']);
    expect(program.details).toContain('in 3 parts');
    const batch = new Tensor(new Float32Array(2 * 3 * 9 * 11).fill(0.7), [2, 3, 9, 11]);
    const counts: number[] = [];
    const onProgress = ({ done, total }: { done: number; total: number }) => {
      counts.push(done);
      expect(total).toBe(10);
    };
    const found = await module.forward(batch, { ...wasm, onProgress });
    expectClose(found, await module.forward(batch, { engine: 'js' }), { absolute: 5e-5 });
    expect(counts.at(-1)).toBe(10);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  });

  it('may stand within a residual block, at either end, and between others like it', async () => {
    class Block extends Module {
      readonly inner: Sequential;
      constructor(...modules: Module[]) {
        super();
        this.inner = this.registerModule('inner', new Sequential(...modules));
      }
      override trace(g: GraphBuilder, x: Value): Value {
        return g.add(x, g.call(this.inner, x));
      }
    }
    const module = new Sequential(
      new Halve(),
      new Conv2d(3, 4, 3),
      new Block(new Conv2d(4, 4, 1), new Halve(), new Halve(), new Conv2d(4, 4, 1)),
      new Block(new Conv2d(4, 4, 1), new Tanh()),
      new Conv2d(4, 1, 1),
      new Halve(),
    ).eval();
    const program = await both(module, [1, 3, 8, 7]);
    expect(program.fallbacks.filter((name) => name.includes('halve'))).toHaveLength(4);
    // Sums over the cut and within a segment are both the engine's.
    expect(program.fallbacks.filter((name) => name.includes('add'))).toEqual([]);
  });

  it('is not taken for a known one because of its name', async () => {
    class Odd extends Module {
      override trace(g: GraphBuilder, x: Value): Value {
        return g.apply({ ...reluOperator, run: ([tensor]) => tensor.mul(3) }, [x], {});
      }
    }
    const program = await both(new Sequential(new Conv2d(1, 1, 1), new Odd()).eval(), [1, 1, 4, 4]);
    expect(program.fallbacks).toEqual(['1 (relu)']);
  });
});

describe('the engine', () => {
  it('can be had where there is SIMD, and says so where there is none', async () => {
    expect(await wasmEngine.unavailable()).toBeNull();
    const validate = WebAssembly.validate;
    WebAssembly.validate = () => false;
    expect(await wasmEngine.unavailable()).toMatch(/SIMD/);
    WebAssembly.validate = validate;
  });

  it('reads the same graph as every other', () => {
    const graph = traceGraph(new ResNetGenerator(1, 1, 1, 1), [1, 1, 8, 8]);
    expect(graph.nodes.map(({ op }) => op).filter((op) => op === 'add')).toHaveLength(1);
  });
});
