import { expect } from 'vitest';
import { returnMemory, takeMemory } from '../../src/engine/wasm/memoryPool.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { compile } from '../../src/nn/compile.js';
import { manualSeed } from '../../src/nn/random.js';
import { Tensor } from '../../src/tensor/tensor.js';

export const PAGE = 65_536;
export const wasm = { engine: 'wasm', threads: 2 } as const;

export function network(ngf = 5): ResNetGenerator {
  manualSeed(ngf);
  return new ResNetGenerator(3, 3, ngf, 1).eval();
}

export function wave(height: number, width: number): Tensor {
  const data = Float32Array.from({ length: 3 * height * width }, (_, i) => Math.sin(i * i));
  return new Tensor(data, [1, 3, height, width]);
}

export function isSame(a: Tensor, b: Tensor): boolean {
  return Buffer.from(a.data.buffer).equals(Buffer.from(b.data.buffer));
}

/** Takes all memories that are idle, so that a test knows which one is next. */
export function takeIdle(): WebAssembly.Memory[] {
  const taken: WebAssembly.Memory[] = [];
  for (;;) {
    const { memory, isFresh } = takeMemory(1, true);
    if (isFresh) return taken;
    taken.push(memory);
  }
}

/** Pages of the memory that is handed on: more than any of these programs needs. */
const LARGE = 2000;

/** A program gives in memory that is full of NaN, or was, what it gives in memory of its own. */
export async function expectNothingOfOthers(
  ngf: number,
  [height, width]: readonly [number, number],
): Promise<void> {
  const netG = network(ngf);
  const x = wave(height, width);
  takeIdle();
  const fresh = await compile(netG, { ...wasm, inputShape: x.shape });
  const expected = await fresh.run(x);
  const { memory } = takeMemory(LARGE, true);
  // Every float is NaN, and would make every sum NaN that it came into.
  new Uint8Array(memory.buffer).fill(0xff);
  returnMemory(memory, true);
  const program = await compile(netG, { ...wasm, inputShape: x.shape });
  expect(program.memoryBytes).toBe(LARGE * PAGE);
  expect(isSame(await program.run(x), expected)).toBe(true);
  expect(isSame(await program.run(x, { blocking: true }), expected)).toBe(true);
  fresh.dispose();
  program.dispose();
}
