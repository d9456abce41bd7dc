import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Program } from '../../src/engine/engine.js';
import { returnMemory, takeMemory } from '../../src/engine/wasm/memoryPool.js';
import { takeWorkers } from '../../src/engine/wasm/pool/pool.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { compile } from '../../src/nn/compile.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectAborted } from '../support/aborted.js';
import {
  expectNothingOfOthers,
  isSame,
  network,
  PAGE,
  takeIdle,
  wasm,
  wave,
} from '../support/handedOnMemory.js';

describe('memory of programs that are gone', () => {
  it('is the next one’s, whatever it holds', async () => {
    // The full suite has more of them.
    await expectNothingOfOthers(5, [21, 34]);
    await expectNothingOfOthers(24, [33, 12]);
  });

  it('is the smallest that is large enough, or else the largest grows', () => {
    takeIdle();
    const [two, nine, five] = [2, 9, 5].map((pages) => takeMemory(pages, true).memory);
    for (const memory of [two, nine, five]) returnMemory(memory, true);
    expect(takeMemory(4, true).memory).toBe(five);
    const grown = takeMemory(12, true);
    expect(grown).toEqual({ memory: nine, isFresh: false });
    expect(nine.buffer.byteLength).toBe(12 * PAGE);
    expect(takeMemory(1, false).memory.buffer).toBeInstanceOf(ArrayBuffer);
    expect(takeMemory(2, true).memory).toBe(two);
    expect(takeMemory(1, true).isFresh).toBe(true);
  });

  it('is not handed on while a run goes on that began before', async () => {
    takeIdle();
    const netG = network(24);
    const [large, small] = [wave(256, 256), wave(64, 64)];
    const expected = await Promise.all([large, small].map((x) => netG.forward(x, wasm)));
    netG.dispose();
    takeIdle();
    const slow = await compile(netG, { ...wasm, inputShape: large.shape });
    const running = slow.run(large);
    slow.dispose();
    const other = await compile(netG, { ...wasm, inputShape: small.shape });
    expect(isSame(await other.run(small), expected[1])).toBe(true);
    expect(isSame(await running, expected[0])).toBe(true);
    other.dispose();
    const taken: WebAssembly.Memory[] = [];
    await vi.waitFor(() => expect(taken.push(...takeIdle())).toBe(2));
  });

  it.each([{ blocking: true }, { blocking: false }])(
    'is handed on after runs that were aborted or that failed: %o',
    async ({ blocking }) => {
      takeIdle();
      const netG = network(24);
      const x = wave(128, 128);
      // A listener that throws ends a run only where it is called from within it.
      for (const end of blocking ? ['abort', 'fail'] : ['abort']) {
        const program = await compile(netG, { ...wasm, inputShape: x.shape });
        const controller = new AbortController();
        const onProgress = ({ done }: { done: number }) => {
          if (done !== 4) return;
          if (end === 'abort') controller.abort();
          else throw new Error('from the outside');
        };
        const run = program.run(x, { blocking, onProgress, signal: controller.signal });
        program.dispose();
        if (end === 'abort') await expectAborted(run, controller.signal);
        else await expect(run).rejects.toThrow('from the outside');
        await vi.waitFor(() => expect(takeIdle()).toHaveLength(1));
      }
    },
  );

  it('is not handed on while workers pack weights that nobody waits for', async () => {
    takeIdle();
    const netG = network(24);
    const [worker] = takeWorkers(1);
    const ask = worker.ask.bind(worker);
    let leave = () => {};
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const slow = vi.spyOn(worker, 'ask').mockImplementation(async (...message) => {
      const reply = await ask(...message);
      await left;
      return reply;
    });
    const program = await compile(netG, { ...wasm, inputShape: [1, 3, 32, 32], early: true });
    slow.mockRestore();
    program.dispose();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(takeIdle()).toEqual([]);
    leave();
    await vi.waitFor(() => expect(takeIdle()).toHaveLength(1));
  });
});

describe('programs at the same time', () => {
  it('give what they give one after the other', async () => {
    const netG = network(16);
    const pictures = [40, 96, 64, 33, 72, 128, 50, 81].map((side) => wave(side, 2 * side - 30));
    const alone: Tensor[] = [];
    for (const x of pictures) alone.push(await netG.forward(x, wasm));
    for (let round = 0; round < 2; round++) {
      const together = await Promise.all(
        pictures.map((x, i) => netG.forward(x, { ...wasm, blocking: i % 3 === round })),
      );
      for (const [i, y] of together.entries()) expect(isSame(y, alone[i])).toBe(true);
      netG.dispose();
    }
  });
});

describe('programs that a module keeps', () => {
  const netG = network(24);
  const programOf = ([height, width]: readonly number[]) =>
    netG.program([1, 3, height, width], wasm);
  afterEach(() => netG.dispose());

  it('are the last one alone, where sizes are ever new', async () => {
    const first = await programOf([200, 200]);
    const again = await programOf([200, 200]);
    expect(again).toBe(first);
    await programOf([180, 220]);
    await expect(first.run(wave(200, 200))).rejects.toMatchObject({ code: 'ERR_DISPOSED' });
  });

  it('are those of sizes that take turns', async () => {
    const sizes = [
      [200, 200],
      [180, 220],
      [160, 240],
    ];
    for (let turn = 0; turn < 3; turn++) for (const size of sizes) await programOf(size);
    const kept = await Promise.all(sizes.map(programOf));
    for (let turn = 0; turn < 2; turn++) {
      for (const [i, size] of sizes.entries()) expect(await programOf(size)).toBe(kept[i]);
    }
  });

  it('are all of them, up to four, where they are small', async () => {
    takeIdle();
    const small = new ResNetGenerator(1, 1, 1, 0).eval();
    const programs = async (...sides: number[]) => {
      const made: Program[] = [];
      for (const side of sides) made.push(await small.program([1, 1, side, side], wasm));
      return made;
    };
    const kept = await programs(8, 12, 16, 20);
    for (const [i, again] of (await programs(8, 12, 16, 20)).entries()) expect(again).toBe(kept[i]);
    await programs(24);
    expect(await programs(12)).toEqual([kept[1]]);
    await expect(kept[0].run(Tensor.zeros([1, 1, 8, 8]))).rejects.toMatchObject({
      code: 'ERR_DISPOSED',
    });
    small.dispose();
  });

  it('stay when other weights are loaded, and have those then', async () => {
    const other = network(24);
    const before = await programOf([40, 40]);
    netG.loadStateDict(other.stateDict());
    const after = await programOf([40, 40]);
    expect(after).toBe(before);
    const expected = await other.forward(wave(40, 40));
    expect((await after.run(wave(40, 40))).data).toEqual(expected.data);
    other.dispose();
  });
});
