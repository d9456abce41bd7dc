import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { KernelTime } from '../../src/engine/engine.js';
import { selectEngine } from '../../src/engine/engines.js';
import { fuse } from '../../src/engine/shared/fuse/fuse.js';
import { buildProgram } from '../../src/engine/webgpu/buildProgram.js';
import { Device, openDevice } from '../../src/engine/webgpu/device/device.js';
import { findAdapter } from '../../src/engine/webgpu/device/gpu.js';
import { lower } from '../../src/engine/webgpu/plan/lower.js';
import { LIMITS } from '../../src/engine/webgpu/plan/source.js';
import { Resources } from '../../src/engine/webgpu/resources.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import { weightOf } from '../../src/graph/graph.js';
import { compile, traceGraph } from '../../src/nn/compile.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { InstanceNorm2d } from '../../src/nn/instanceNorm2d.js';
import type { Module } from '../../src/nn/module.js';
import { manualSeed } from '../../src/nn/random.js';
import { ReflectionPad2d } from '../../src/nn/reflectionPad2d.js';
import { ReLU } from '../../src/nn/relu.js';
import { Sequential } from '../../src/nn/sequential.js';
import { conv2dOperator, resolveConv2d } from '../../src/tensor/conv2d.js';
import { divOperator } from '../../src/tensor/div.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectClose } from '../support/closeness.js';

const SHAPE = [1, 8, 12, 10];
const ENGINE = { engine: 'webgpu' } as const;

/** A Winograd convolution, and a norm on top of it: the other way round, its transform is so long that a processor compiles it for a minute. */
function network(seed: number): Module {
  manualSeed(seed);
  return new Sequential(
    new ReflectionPad2d(1),
    new Conv2d(8, 8, 3),
    new InstanceNorm2d(8),
    new ReLU(),
  ).eval();
}

function wave(shape: readonly number[], seed: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return new Tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(i * (i % 7) * 0.31 + seed)),
    shape,
  );
}

let device: Device;

beforeAll(async () => {
  device = (await openDevice()) as Device;
  // The self-check has a large network, which takes a processor a minute to compile, and is run by the suite of operators.
  device.memory.notes.checks['winograd f32'] = { passed: true, difference: 0 };
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe('channels that are only padding', () => {
  it('stay zero where a value is divided channel by channel', async () => {
    const g = new GraphBuilder([1, 6, 5, 4]);
    const numbers = g.constant(wave([1, 6, 1, 1], 1).add(3));
    const divided = g.apply(divOperator, [g.input, numbers], {});
    const weight = g.constant(wave([3, 6, 1, 1], 2));
    const graph = g.finish(g.apply(conv2dOperator, [divided, weight, null], resolveConv2d({})));
    const input = wave([1, 6, 5, 4], 3);
    const program = await (await selectEngine('webgpu')).compile(graph, {});
    const [expected] = await (await (await selectEngine('js')).compile(graph, {})).runAll([input]);
    expectClose(await program.run(input), expected, { absolute: 1e-5 });
    expect(program.fallbacks).toEqual([]);
    program.dispose();
  });
});

describe('a program on a GPU', () => {
  it('goes up once and comes back once', async () => {
    const program = await compile(network(1), { ...ENGINE, inputShape: SHAPE });
    const submit = vi.spyOn(device.gpu.queue, 'submit');
    const write = vi.spyOn(device.gpu.queue, 'writeBuffer');
    const buffer = device.gpu.createBuffer({ size: 16, usage: 8 });
    const map = vi.spyOn(Object.getPrototypeOf(buffer), 'mapAsync');
    buffer.destroy();
    const input = wave(SHAPE, 1);
    const output = await program.run(input);
    expect([write, submit, map].map((spy) => spy.mock.calls.length)).toEqual([1, 1, 1]);
    expectClose(output, await network(1).forward(input, { engine: 'js' }), { absolute: 2e-5 });
    expect(program.details).toContain('variant winograd');
    expect(program.fallbacks).toEqual([]);
    program.dispose();
  });

  it('is submitted in parts where it would take long, and is read back once all the same', async () => {
    const program = await compile(network(1), { ...ENGINE, inputShape: SHAPE });
    const input = wave(SHAPE, 1);
    const atOnce = await program.run(input);
    const before = device.flopsPerMs;
    // Half a second's work of such a device is less than any product.
    device.flopsPerMs = 1;
    const submit = vi.spyOn(device.gpu.queue, 'submit');
    const done: number[] = [];
    const inParts = await program.run(input, { onProgress: (p) => done.push(p.done) });
    expect(submit.mock.calls.length).toBeGreaterThan(2);
    expect(inParts.data).toEqual(atOnce.data);
    expect(done).toEqual([1, 2, 3, 4]);
    // What it was timed at is of some use for the next run.
    expect(device.flopsPerMs).toBeGreaterThan(1);
    device.flopsPerMs = before;
    program.dispose();
  });

  it('times each of its kernels when it is asked to, with the same result', async () => {
    const program = await compile(network(1), { ...ENGINE, inputShape: SHAPE });
    const input = wave(SHAPE, 1);
    const expected = await program.run(input);
    const times: KernelTime[] = [];
    const output = await program.run(input, { onKernel: (time) => times.push(time) });
    expect(output.data).toEqual(expected.data);
    expect(program.details).toContain(`${times.length} dispatches`);
    expect(times.every(({ milliseconds }) => milliseconds >= 0)).toBe(true);
    expect(times.reduce((sum, { milliseconds }) => sum + milliseconds, 0)).toBeGreaterThan(0);
    expect(times.map(({ node }) => node?.op)).toContain('conv2d');
    // Dawn rounds to 65.536 µs unless it is told not to: a layer may take less.
    expect(times.some(({ milliseconds }) => (milliseconds * 1e6) % 65_536 !== 0)).toBe(true);
    program.dispose();
  });

  it('takes each picture of a batch by itself, and reads them back at once', async () => {
    const shape = [3, ...SHAPE.slice(1)];
    const program = await compile(network(1), { ...ENGINE, inputShape: shape });
    const done: number[] = [];
    const input = wave(shape, 2);
    const output = await program.run(input, { onProgress: (p) => done.push(p.done / p.total) });
    expectClose(output, await network(1).forward(input, { engine: 'js' }), { absolute: 2e-5 });
    expect(done).toEqual(Array.from({ length: 12 }, (_, i) => (i + 1) / 12));
    program.dispose();
  });

  it('takes other weights, to the bit those of a program that is compiled with them', async () => {
    const [first, second] = [network(1), network(2)];
    const program = await compile(first, { ...ENGINE, inputShape: SHAPE });
    const fresh = await compile(second, { ...ENGINE, inputShape: SHAPE });
    const input = wave(SHAPE, 3);
    const before = await program.run(input);
    await program.updateParameters(second.stateDict());
    const after = await program.run(input);
    expect(after.data).toEqual((await fresh.run(input)).data);
    expect(after.data).not.toEqual(before.data);
    for (const one of [program, fresh]) one.dispose();
  });

  it('shares the device with others that run at the same time', async () => {
    const nets = [1, 2, 3].map(network);
    const input = wave(SHAPE, 4);
    const programs = await Promise.all(
      nets.map((net) => compile(net, { ...ENGINE, inputShape: SHAPE })),
    );
    const outputs = await Promise.all(programs.map((program) => program.run(input)));
    for (const [i, net] of nets.entries()) {
      expectClose(outputs[i], await net.forward(input, { engine: 'js' }), { absolute: 2e-5 });
    }
    for (const program of programs) program.dispose();
  });

  it('does not begin when a signal has fired', async () => {
    const program = await compile(network(1), { ...ENGINE, inputShape: SHAPE });
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect(program.run(wave(SHAPE, 1), { signal })).rejects.toBe(reason);
    program.dispose();
  });

  it('says what would fit where a picture does not', async () => {
    const compiling = compile(network(1), { ...ENGINE, inputShape: [1, 8, 30_000, 40_000] });
    await expect(compiling).rejects.toThrow(
      /^A picture of 40000 x 30000 needs \d+ MB in one buffer of the GPU .* --resize \d+ would fit/,
    );
    await expect(compiling).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
  });

  it('names a kernel that the GPU refuses, and leaves nothing on it', async () => {
    const plan = lower(fuse(traceGraph(network(1), SHAPE), LIMITS), { winograd: false });
    const [first, ...others] = plan.dispatches;
    const kernel = { ...first.kernel, code: `${first.kernel.code} fn nonsense() { return 1; }` };
    const destroy = vi.spyOn(Resources.prototype, 'destroy');
    const graph = traceGraph(network(1), SHAPE);
    const making = Resources.make(
      device,
      { ...plan, dispatches: [{ ...first, kernel }, ...others] },
      (id) => weightOf(graph, id),
    );
    await expect(making).rejects.toMatchObject({ code: 'ERR_ENGINE_UNAVAILABLE' });
    await expect(making).rejects.toThrow(/refuses a kernel of this network: .*--engine wasm/s);
    expect(destroy).toHaveBeenCalledTimes(1);
  });

  it('knows its variants', async () => {
    const compiling = compile(network(1), { ...ENGINE, variant: 'simd', inputShape: SHAPE });
    await expect(compiling).rejects.toMatchObject({ code: 'ERR_UNKNOWN_VARIANT' });
  });
});

describe('a device of the least limits', () => {
  it('runs the same, and refuses by its own numbers', async () => {
    const adapter = (await findAdapter()) as GPUAdapter;
    // Nothing is asked for beyond what every device has.
    const small = new Device(await adapter.requestDevice(), adapter);
    expect(small.gpu.limits.maxStorageBufferBindingSize).toBe(128 * 2 ** 20);
    const build = (shape: readonly number[]) =>
      buildProgram(small, traceGraph(network(1), shape), { winograd: false });
    const program = await build(SHAPE);
    const input = wave(SHAPE, 1);
    const expected = await network(1).forward(input, { engine: 'js' });
    expectClose(await program.run(input), expected, { absolute: 2e-5 });
    program.dispose();
    await expect(build([1, 8, 2000, 3000])).rejects.toThrow(
      /needs \d+ MB in one buffer of the GPU .* which has 256 MB at most; --resize \d+ would fit/,
    );
    small.gpu.destroy();
  });
});

describe('a device that is lost', () => {
  const shape = [1, 4, 8, 7];
  /** All kernels are compiled anew, too: those of one convolution are few. */
  const compileOne = () => compile(new Conv2d(4, 4, 3).eval(), { ...ENGINE, inputShape: shape });

  it('is opened anew, and all is made anew, once', async () => {
    const program = await compileOne();
    const input = wave(shape, 5);
    const before = await program.run(input);
    const make = vi.spyOn(Resources, 'make');
    device.gpu.destroy();
    await device.gpu.lost;
    expect((await program.run(input)).data).toEqual(before.data);
    expect(make).toHaveBeenCalledTimes(1);
    expect((await program.run(input)).data).toEqual(before.data);
    expect(make).toHaveBeenCalledTimes(1);
    program.dispose();
  });

  it('twice within a run is an error by name, and the next run finds a third', async () => {
    const program = await compileOne();
    const input = wave(shape, 6);
    const before = await program.run(input);
    const make = vi.spyOn(Resources, 'make');
    const { run } = Resources.prototype;
    vi.spyOn(Resources.prototype, 'run').mockImplementation(function (this: Resources, ...args) {
      this.device.gpu.destroy();
      return run.apply(this, args);
    });
    await expect(program.run(input)).rejects.toMatchObject({ code: 'ERR_DEVICE_LOST' });
    expect(make).toHaveBeenCalledTimes(1);
    vi.restoreAllMocks();
    expect((await program.run(input)).data).toEqual(before.data);
    program.dispose();
  });

  it('is opened anew once for all programs that were running, those that are disposed of meanwhile, too', async () => {
    const programs = [await compileOne(), await compileOne()];
    const input = wave(shape, 8);
    const before = await Promise.all(programs.map((program) => program.run(input)));
    const make = vi.spyOn(Resources, 'make');
    const open = (await openDevice()) as Device;
    const runs = programs.map((program) => program.run(input));
    programs[1].dispose();
    open.gpu.destroy();
    const after = await Promise.all(runs);
    expect(after.map(({ data }) => data)).toEqual(before.map(({ data }) => data));
    expect(new Set(make.mock.calls.map(([on]) => on))).toEqual(new Set([await openDevice()]));
    programs[0].dispose();
  });

  it('while a network is compiled is opened anew, too', async () => {
    const { make } = Resources;
    const making = vi.spyOn(Resources, 'make').mockImplementationOnce((on, ...rest) => {
      on.gpu.destroy();
      return make.call(Resources, on, ...rest);
    });
    const program = await compileOne();
    expect((await program.run(wave(shape, 7))).size).toBe(4 * 6 * 5);
    // A device that is lost may take all calls, and give nothing: then, it is the first run that notices.
    expect(making.mock.calls.length).toBe(2);
    program.dispose();
  });
});
