import { afterEach, describe, expect, it, vi } from 'vitest';
import { takeWorkers, WorkerError } from '../../src/engine/wasm/pool/pool.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { compile } from '../../src/nn/compile.js';
import { expectAsAlone, noise, options, STOPPED } from '../support/blockingCalls.js';

type Thread = import('node:worker_threads').Worker;

const blocking = { ...options, blocking: true };

const generators = [0, 1, 2].map(() => new ResNetGenerator(1, 1, 4, 1).eval());
afterEach(() => {
  vi.restoreAllMocks();
  for (const netG of generators) netG.dispose();
});

describe('calls that block, on several generators at once', () => {
  it('come one after the other', async () => {
    const [a, b] = generators;
    const x = noise(1, 32);
    const expected = [await a.forward(x, options), await b.forward(x, options)];
    for (const netG of generators) netG.dispose();
    const both = await Promise.all([a.forward(x, blocking), b.forward(x, blocking)]);
    expect(both.map(({ data }) => data)).toEqual(expected.map(({ data }) => data));
  });

  it('go past work that was begun early, and is not gone on with', async () => {
    const [a, b] = generators;
    const x = noise(2, 36);
    const expected = await a.forward(x, options);
    const begun = await compile(b, { ...blocking, inputShape: x.shape, early: true });
    const other = await compile(a, { ...blocking, inputShape: x.shape, early: true });
    expect((await other.run(x, blocking)).data).toEqual(expected.data);
    expect((await begun.run(x, blocking)).data).toEqual((await b.forward(x, options)).data);
    begun.dispose();
    other.dispose();
  });

  it('give what they give alone, whoever stops them', async () => {
    // The full suite has more of them.
    await expectAsAlone(generators, { seed: 1, count: 16 });
  });
});

describe('a run after one that blocked', () => {
  it('is not over when the other’s threads report', async () => {
    const [netG] = generators;
    const program = await compile(netG, { ...options, inputShape: [1, 1, 64, 64] });
    const inputs = [1, 2, 3, 4, 5, 6].map((seed) => noise(seed, 64));
    const expected: Float32Array[] = [];
    for (const x of inputs) expected.push((await program.run(x)).data);
    const found = await Promise.all(
      inputs.map((x, i) => program.run(x, { blocking: i % 2 === 0 })),
    );
    expect(found.map(({ data }) => data)).toEqual(expected);
    program.dispose();
  });
});

describe.each(['wasm', 'js'] as const)('a run that waits: %s', (engine) => {
  it('is over as soon as its signal fires, and never begins', async () => {
    const [a, b] = generators;
    const x = noise(1, 96);
    const small = noise(2, 20);
    const expected = [
      await a.forward(x, { ...options, engine }),
      await b.forward(small, { ...options, engine }),
    ];
    const controller = new AbortController();
    const order: string[] = [];
    const first = a.forward(x, { ...options, engine }).then(({ data }) => {
      order.push('first');
      return data;
    });
    let begun = false;
    const waits = a
      .forward(x, {
        ...options,
        engine,
        signal: controller.signal,
        onProgress: () => {
          begun = true;
        },
      })
      .catch((error: unknown) => {
        order.push('waits');
        return error;
      });
    const next = a.forward(x, { ...options, engine });
    queueMicrotask(() => controller.abort(STOPPED));
    expect(await waits).toBe(STOPPED);
    expect([await first, (await next).data]).toEqual([expected[0].data, expected[0].data]);
    expect([order, begun]).toEqual([['waits', 'first'], false]);
    expect((await b.forward(small, { ...options, engine })).data).toEqual(expected[1].data);
  });

  it('hears what its watcher throws, and the next is as ever', async () => {
    const [a] = generators;
    const x = noise(1, 24);
    const expected = await a.forward(x, { ...options, engine });
    for (const isBlocking of [true, false, false]) {
      const onProgress = ({ done }: { done: number }) => {
        if (done >= 3) throw new TypeError('of a test');
      };
      await expect(
        a.forward(x, { ...options, engine, blocking: isBlocking, onProgress }),
      ).rejects.toThrow('of a test');
      expect((await a.forward(x, { ...options, engine })).data).toEqual(expected.data);
    }
  });
});

describe('a worker that is lost', () => {
  /** The next message with `run` in it is not answered: its thread has died. */
  function loseOne(): void {
    const [worker] = takeWorkers(1);
    const ask = worker.ask.bind(worker);
    const losing = vi.spyOn(worker, 'ask').mockImplementation((id, message, onStep) => {
      if (!('run' in message)) return ask(id, message, onStep);
      losing.mockRestore();
      worker.end('of a test');
      return ask(id, message, onStep);
    });
  }

  it('loses one call, and no other', async () => {
    const [a, b] = generators;
    const x = noise(3, 20);
    const expected = [await a.forward(x, options), await b.forward(x, options)];
    loseOne();
    const ends = await Promise.allSettled([
      a.forward(x, options),
      b.forward(x, blocking),
      a.forward(x, blocking),
      b.forward(x, options),
    ]);
    expect(ends.map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
    expect(ends[0]).toMatchObject({ reason: expect.any(WorkerError) });
    for (const [i, end] of ends.entries()) {
      if (end.status === 'fulfilled') expect(end.value.data).toEqual(expected[i % 2].data);
    }
  });

  it.each([2, 9])(
    'while the calling thread waits at a barrier is noticed within seconds: node %i',
    { timeout: 40_000 },
    async (node) => {
      const [a, b] = generators;
      const x = noise(4, 40);
      for (const worker of takeWorkers(3)) worker.end('of a test');
      const threads: Thread[] = [];
      const onWorker = (thread: Thread) => threads.push(thread);
      process.on('worker', onWorker);
      const expected = await a.forward(x, blocking).finally(() => process.off('worker', onWorker));
      expect(threads.length).toBeGreaterThanOrEqual(2);
      const onProgress = ({ done }: { done: number }) => {
        if (done === node) void threads[1].terminate();
      };
      const [lost, next] = await Promise.allSettled([
        a.forward(x, { ...blocking, onProgress }),
        b.forward(x, blocking),
      ]);
      expect(lost).toMatchObject({
        reason: new WorkerError('it ended with code 1'),
      });
      expect(next.status).toBe('fulfilled');
      expect((await a.forward(x, blocking)).data).toEqual(expected.data);
    },
  );

  it('after its part of a run that blocked loses nothing', async () => {
    const [a] = generators;
    const x = noise(5, 24);
    const expected = await a.forward(x, blocking);
    loseOne();
    await expect(a.forward(x, blocking)).rejects.toThrow(WorkerError);
    for (let i = 0; i < 2; i++) {
      expect((await a.forward(x, blocking)).data).toEqual(expected.data);
      for (const worker of takeWorkers(2)) worker.end('of a test');
    }
  });
});
