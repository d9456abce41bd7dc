import { tmpdir } from 'node:os';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { MemoryError } from '../../src/engine/wasm/newMemory.js';
import { newProgramId, takeWorkers, WorkerError } from '../../src/engine/wasm/pool/pool.js';
import { WorkerTeam } from '../../src/engine/wasm/workerTeam.js';
import { DistantMemory } from '../../src/engine/wasm/writableMemory.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import { compile, compileGraph, leastMemory } from '../../src/nn/compile.js';
import { manualSeed } from '../../src/nn/random.js';
import { addOperator } from '../../src/tensor/add.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { expectAborted } from '../support/aborted.js';
import { wave } from '../support/asByReference.js';
import { expectClose } from '../support/closeness.js';

/** As on a page that is not isolated: its main thread has it to paint, and shares no memory. */
vi.mock('../../src/platform/pause.js', async (original) => ({
  ...(await original<object>()),
  isPageThread: () => true,
}));
vi.mock('../../src/engine/wasm/probe.js', async (original) => {
  const actual = await original<typeof import('../../src/engine/wasm/probe.js')>();
  const probeFeatures = () => ({ ...actual.probeFeatures(), sharedMemory: shared.value });
  return { ...actual, probeFeatures };
});
const shared = vi.hoisted(() => ({ value: false }));

const SHAPE = [2, 3, 24, 28];
const input = wave(SHAPE);
const TOLERANCE = { absolute: 5e-5 };

function generator(seed = 1): ResNetGenerator {
  manualSeed(seed);
  return new ResNetGenerator(3, 3, 8, 2).eval();
}

async function byReference(net: ResNetGenerator, x: Tensor = input): Promise<Tensor> {
  return net.forward(x, { engine: 'js' });
}

async function compiled(net = generator()) {
  return compile(net, { engine: 'wasm', inputShape: SHAPE });
}

/** The header of a module, and nothing else. */
function empty(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
}

afterEach(() => vi.restoreAllMocks());

describe('a program in a worker', () => {
  it('computes what the reference does, and nothing on this thread', async () => {
    const here = vi.spyOn(WebAssembly, 'Instance');
    const net = generator();
    const program = await compiled(net);
    const progress: number[] = [];
    const output = await program.run(input, { onProgress: ({ done }) => progress.push(done) });
    expect(here).not.toHaveBeenCalled();
    expectClose(output, await byReference(net), TOLERANCE);
    expect(progress).toEqual(progress.map((_, i) => i + 1));
    expect(program.details).toContain("in a worker, so that the page's main thread is free");
    program.dispose();
  });

  it('has all values in memory, and says so, where a folder for others is named', async () => {
    const net = generator();
    const x = wave([1, 3, 256, 64]);
    const how = { engine: 'wasm', inputShape: x.shape } as const;
    const least = (await leastMemory(net, how)) as number;
    const named = { ...how, scratch: tmpdir() };
    expect(await leastMemory(net, named)).toBe(least);
    const program = await compile(net, { ...named, memory: least });
    expect(program.details).toContainEqual(expect.stringContaining('no scratch file'));
    expectClose(await program.run(x), await byReference(net, x), TOLERANCE);
    program.dispose();
  });

  it('ends when its signal fires, or a listener throws, and runs again', async () => {
    const net = generator();
    const program = await compiled(net);
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    const aborted = program.run(input, { signal: controller.signal, onProgress });
    await expectAborted(aborted, controller.signal);
    const thrown = new Error('from the outside');
    const throwing = program.run(input, {
      onProgress: () => {
        throw thrown;
      },
    });
    await expect(throwing).rejects.toBe(thrown);
    expectClose(await program.run(input), await byReference(net), TOLERANCE);
    program.dispose();
  });

  it('takes other weights', async () => {
    const program = await compiled();
    const other = generator(2);
    await program.updateParameters(other.stateDict());
    expectClose(await program.run(input), await byReference(other), TOLERANCE);
    program.dispose();
  });

  it('gives back weights that a run has written', async () => {
    const g = new GraphBuilder();
    const [a, b] = [wave([7]), wave([7], 2)].map((tensor) => ({ shape: [7], tensor }));
    const sum = g.apply(addOperator, [g.parameter(a), g.parameter(b)], {});
    g.assign(a, sum);
    const graph = g.finish([sum]);
    const program = await compileGraph(graph, { engine: 'wasm' });
    const reference = await compileGraph(graph, { engine: 'js' });
    for (let run = 0; run < 2; run++) {
      expect((await program.runAll([]))[0].data).toEqual((await reference.runAll([]))[0].data);
    }
    const [written, expected] = [program, reference].map((p) => [...p.parameters().entries()]);
    expect(written).toEqual(expected);
    expect((await program.runAll([]))[0].data).toEqual((await reference.runAll([]))[0].data);
    program.dispose();
    reference.dispose();
  });

  it('leaves values beyond what single precision takes to the reference', async () => {
    const net = generator();
    const program = await compiled(net);
    const huge = input.mul(1e30);
    const output = await program.run(huge);
    expectClose(output, await byReference(net, huge), TOLERANCE);
    program.dispose();
  });

  it('has the memory of one that is gone', async () => {
    for (const seed of [1, 2, 3]) {
      const net = generator(seed);
      const program = await compiled(net);
      expectClose(await program.run(input), await byReference(net), TOLERANCE);
      program.dispose();
    }
  });

  it('fails with the worker, and then gets another one', async () => {
    const net = generator();
    const program = await compiled(net);
    const [worker] = takeWorkers(1);
    const running = program.run(input, { onProgress: () => worker.end('somebody ended it') });
    await expect(running).rejects.toThrow(WorkerError);
    expectClose(await program.run(input), await byReference(net), TOLERANCE);
    program.dispose();
  });

  it('is filled again when that failed after its worker did', async () => {
    const net = generator();
    const program = await compiled(net);
    takeWorkers(1)[0].end('somebody ended it');
    vi.spyOn(DistantMemory.prototype, 'floats').mockImplementationOnce(() => {
      throw new RangeError('Array buffer allocation failed');
    });
    await expect(program.run(input)).rejects.toThrow(RangeError);
    expectClose(await program.run(input), await byReference(net), TOLERANCE);
    program.dispose();
  });

  it('asks for memory again after it was refused to the next worker', async () => {
    const module = await empty();
    const team = await WorkerTeam.start({ module, pages: 1, zeroed: 64, scratch: 0 });
    onTestFinished(() => team.release());
    takeWorkers(1)[0].end('somebody ended it');
    const [next] = takeWorkers(1);
    vi.spyOn(next, 'ask').mockResolvedValueOnce({ ticket: 0, ready: true, refused: true });
    await expect(team.restore()).rejects.toThrow(MemoryError);
    expect(await team.restore()).toBe(true);
    expect(await team.read([{ address: 0, bytes: 8 }])).toEqual([new Float32Array(2)]);
    expect(await team.restore()).toBe(false);
  });

  it('is told that its worker does not have it', async () => {
    const [worker] = takeWorkers(1);
    for (const message of [{ walk: {} }, { read: [] }, { call: {} }]) {
      await expect(worker.ask(newProgramId(), message)).rejects.toThrow(WorkerError);
    }
  });

  it('leaves a worker that threads share to them when it has nothing to do', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const isEnded = async (isShared: boolean) => {
      shared.value = isShared;
      const team = await WorkerTeam.start({
        module: await empty(),
        pages: 1,
        zeroed: 0,
        scratch: 0,
      });
      const [worker] = takeWorkers(1);
      team.release();
      vi.advanceTimersByTime(60_000);
      shared.value = false;
      return worker.isDead;
    };
    expect(await isEnded(true)).toBe(false);
    expect(await isEnded(false)).toBe(true);
  });

  it('says when there is no memory for it', async () => {
    const module = await empty();
    const start = WorkerTeam.start({ module, pages: 2 ** 20, zeroed: 0, scratch: 0 });
    await expect(start).rejects.toThrow(MemoryError);
  });
});
