import { expect } from 'vitest';
import { runProgram } from './builtLibrary.js';

/** How much more memory a process may have after many programs than after the largest of them alone. */
export const LEEWAY = 1.3;

/**
 * Runs `text` in a process of its own and gives the memory that it has at its end, in bytes, as the system counts it. Nobody
 * asks for garbage to be collected, for users do not; a moment is all that the process gets for it.
 */
export async function memoryAfter(text: string): Promise<number> {
  return Number(await told(`${text} await tellMemory();`));
}

/** How often a process that has too much memory may be measured again. */
const MAX_TRIES = 5;

/**
 * As `memoryAfter`, of the first of some processes that has less than `limit`, or of the leanest. On a busy machine V8 puts
 * collections off, which adds memory now and then; a leak is there in every process.
 */
export async function leastMemoryAfter(text: string, limit: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < MAX_TRIES && least >= limit; turn++)
    least = Math.min(least, await memoryAfter(text));
  return least;
}

/**
 * What `text` tells in a process of its own: `tellMemory` writes the memory that it has, in bytes, in a line.
 * @returns Digits and line ends, for all else is an error.
 */
export async function told(text: string): Promise<string> {
  const { status, output } = await runProgram(`
    const { compile, ResNetGenerator, Tensor, translate } = library;
    const generator = (seed) => () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed / 2 ** 32;
    };
    const pictureOf = ([height, width]) => Tensor.full([1, 3, height, width], 0.1);
    const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
    const wasm = { engine: 'wasm' };
    /** Sides that are random, and the same for each process. */
    const randomSizes = (count, least, most) => {
      const random = generator(1);
      const side = () => least + Math.floor(random() * (most - least + 1));
      return Array.from({ length: count }, () => [side(), side()]);
    };
    const largestOf = (sizes) => sizes.reduce((a, b) => (b[0] * b[1] > a[0] * a[1] ? b : a));
    const tellMemory = async () => {
      await pause(1000);
      console.log(process.memoryUsage.rss());
    };
    ${text}`);
  expect(output).toMatch(/^(\d+\n)+$/);
  expect(status).toBe(0);
  return output;
}
