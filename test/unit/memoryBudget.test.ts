import { describe, expect, it } from 'vitest';
import { STREAMED_PICTURE_BYTES, usualMemory, withinBudget } from '../../src/cli/memoryBudget.js';
import type { EngineOptions } from '../../src/engine/engine.js';
import { MemoryError } from '../../src/engine/wasm/newMemory.js';
import { CycleganError } from '../../src/errors.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { compile } from '../../src/nn/compile.js';

const size = { width: 24, height: 600 };

describe('--memory', () => {
  const netG = new ResNetGenerator(3, 3, 4, 1).eval();
  const inputShape = [1, 3, size.height, size.width];
  const run = (memory: number, pictures: number) => {
    const engine = { engine: 'wasm', threads: 1, memory } as const;
    const made = (own: EngineOptions) => compile(netG, { ...own, inputShape });
    return withinBudget(engine, size, made, pictures);
  };

  it.each([1, 5])(
    'that is too little is refused with what is enough, with %i pictures',
    async (pictures) => {
      const refusal = await run(1000, pictures).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: 'ERR_TOO_LARGE' });
      const [, enough] = /--memory (\d+)M is enough/.exec((refusal as Error).message) ?? [];
      const program = await run(Number(enough) * 1e6, pictures);
      // The pictures' bytes, in and out, are part of it.
      const bytes = pictures * 2 * 3 * size.width * size.height;
      expect(program.memoryBytes + bytes).toBeLessThanOrEqual(Number(enough) * 1e6);
      program.dispose();
    },
  );

  it('leaves a network more where its picture comes and goes row by row', async () => {
    const memoryFor = async (perPixel?: number) => {
      const own = async (options: EngineOptions) => options.memory ?? 0;
      return withinBudget<EngineOptions, number>({ memory: 1e6 }, size, own, 1, perPixel);
    };
    const pixels = size.width * size.height;
    // The network's input, three bytes a pixel and one of transparency.
    expect(await memoryFor(STREAMED_PICTURE_BYTES)).toBe(1e6 - 4 * pixels);
    expect(await memoryFor()).toBeLessThan(1e6 - 6 * pixels);
  });

  it('that is max leaves all to the engine', async () => {
    const engine = { memory: Number.POSITIVE_INFINITY };
    expect(await withinBudget(engine, size, async (own) => own)).toEqual(engine);
  });

  it('that is none is 768 MB, or half of what is free where that is less, with the pictures', async () => {
    const { memory } = await withinBudget<EngineOptions, EngineOptions>(
      {},
      size,
      async (own) => own,
      5,
    );
    expect(usualMemory(null)).toBe(768e6);
    expect(usualMemory(64e9)).toBe(768e6);
    expect(usualMemory(1.2e9)).toBeLessThanOrEqual(600e6);
    expect(usualMemory(1.2e9)).toBeGreaterThan(500e6);
    expect(memory).toBeLessThanOrEqual(768e6 - 5 * 6 * size.width * size.height);
    expect(memory).toBeGreaterThan(0);
  });

  it('that is none gives a network that needs more than that the least that it needs', async () => {
    const tried: unknown[] = [];
    const made = await withinBudget<EngineOptions, string>({}, size, async ({ memory }) => {
      tried.push(memory);
      if (memory === 5e9) return 'made';
      throw new MemoryError('too little', { least: 5e9 });
    });
    expect(made).toBe('made');
    expect(tried).toHaveLength(2);
  });

  it('leaves other errors as they are', async () => {
    const failed = new CycleganError('ERR_NAN', 'no number');
    const thrown = await withinBudget({ memory: 1 }, size, () => Promise.reject(failed)).catch(
      (error: unknown) => error,
    );
    expect(thrown).toBe(failed);
  });
});
