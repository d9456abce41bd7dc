import { afterEach, describe, expect, it, vi } from 'vitest';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { pause } from '../../src/platform/pause.js';
import { Tensor } from '../../src/tensor/tensor.js';

afterEach(() => {
  vi.useRealTimers();
});

describe('a pause', () => {
  it('lets timers and input take their turn', async () => {
    let ticked = false;
    setTimeout(() => {
      ticked = true;
    }, 1);
    const end = performance.now() + 2000;
    while (!ticked && performance.now() < end) await pause();
    expect(ticked).toBe(true);
  });

  it('comes to each caller, in the order of the calls', async () => {
    const order: number[] = [];
    await Promise.all([1, 2, 3].map((n) => pause().then(() => order.push(n))));
    expect(order).toEqual([1, 2, 3]);
  });

  it.each([
    { engine: 'js' },
    { engine: 'wasm', threads: 1 },
    { engine: 'wasm', threads: 2, blocking: true },
  ] as const)('does not wait for timers that a test has replaced: %o', async (options) => {
    vi.useFakeTimers();
    const netG = new ResNetGenerator(1, 1, 2, 1).eval();
    const output = await netG.forward(Tensor.zeros([1, 1, 16, 16]), options);
    expect(output.shape).toEqual([1, 1, 16, 16]);
    netG.dispose();
  });
});
