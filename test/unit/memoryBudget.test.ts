import { describe, expect, it } from 'vitest';
import { networkBudget, withinBudget } from '../../src/cli/memoryBudget.js';
import { CycleganError } from '../../src/errors.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { compile } from '../../src/nn/compile.js';

const size = { width: 24, height: 600 };

describe('--memory', () => {
  const netG = new ResNetGenerator(3, 3, 4, 1).eval();
  const inputShape = [1, 3, size.height, size.width];
  const run = (memory: number, pictures: number) => {
    const engine = { engine: 'wasm', threads: 1, memory } as const;
    const how = { ...networkBudget(engine, size, pictures), inputShape };
    return withinBudget(engine, size, () => compile(netG, how), pictures);
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

  it('that is none, or max, leaves all to the engine', () => {
    for (const engine of [{}, { memory: Number.POSITIVE_INFINITY }]) {
      expect(networkBudget(engine, size)).toEqual(engine);
    }
  });

  it('leaves other errors as they are', async () => {
    const failed = new CycleganError('ERR_NAN', 'no number');
    const thrown = await withinBudget({ memory: 1 }, size, () => Promise.reject(failed)).catch(
      (error: unknown) => error,
    );
    expect(thrown).toBe(failed);
  });
});
