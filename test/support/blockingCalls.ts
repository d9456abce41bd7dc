import { expect } from 'vitest';
import type { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { Tensor } from '../../src/tensor/tensor.js';

export const options = { engine: 'wasm', threads: 3 } as const;
/** What callers give as the reason, and get back. */
export const STOPPED = { why: 'stopped' };

export const noise = (seed: number, side: number) =>
  new Tensor(
    Float32Array.from({ length: side * side }, (_, i) => Math.sin(i * (seed + 1) * 0.37)),
    [1, 1, side, side],
  );

/** The same for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Calls at the same time, some of which block or are stopped, give what each gives alone, or the reason. */
export async function expectAsAlone(
  generators: readonly ResNetGenerator[],
  { seed, count }: { readonly seed: number; readonly count: number },
): Promise<void> {
  const next = random(seed);
  const sides = [16, 20, 24, 36];
  const jobs = Array.from({ length: count }, (_, i) => ({
    netG: generators[Math.floor(next() * generators.length)],
    x: noise(i, sides[Math.floor(next() * sides.length)]),
    isBlocking: next() < 0.7,
    /** A step at which it is stopped, or a time. */
    stop: next() < 0.4 ? { step: Math.floor(next() * 12), after: next() * 20 } : null,
    watched: next() < 0.5,
  }));
  const ends = await Promise.all(
    jobs.map(async ({ netG, x, isBlocking, stop, watched }) => {
      const controller = new AbortController();
      const timer =
        stop !== null && !watched
          ? setTimeout(() => controller.abort(STOPPED), stop.after)
          : undefined;
      try {
        return await netG.forward(x, {
          ...options,
          blocking: isBlocking,
          ...(stop === null ? {} : { signal: controller.signal }),
          ...(watched
            ? { onProgress: ({ done }) => done === stop?.step && controller.abort(STOPPED) }
            : {}),
        });
      } catch (error) {
        return error;
      } finally {
        clearTimeout(timer);
      }
    }),
  );
  let stopped = 0;
  for (const [i, end] of ends.entries()) {
    const { netG, x, stop } = jobs[i];
    if (!(end instanceof Tensor)) {
      expect(end).toBe(STOPPED);
      expect(stop).not.toBeNull();
      stopped++;
    } else {
      expect(end.data).toEqual((await netG.forward(x, options)).data);
    }
  }
  expect(stopped).toBeGreaterThan(0);
  expect(stopped).toBeLessThan(count);
}
