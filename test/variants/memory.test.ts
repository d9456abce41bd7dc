import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineOptions } from '../../src/engine/engine.js';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { compile } from '../../src/nn/compile.js';
import type { Module } from '../../src/nn/module.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { engines } from '../support/engines.js';
import { familyCases, filled, runsOf, stateDictOf } from '../support/familyCases.js';

/** However a program saves memory, its results are those of one that does not, to the bit. */

const ECONOMIES = ['overlays', 'chains', 'scratch'];

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cyclegan-scratch-'));
});
afterAll(() => {
  // Programs that are gone have left nothing.
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
});

async function bitsOf(net: Module, input: Tensor, options: EngineOptions): Promise<Buffer> {
  const program = await compile(net, { ...options, inputShape: input.shape });
  const { data } = await program.run(input);
  program.dispose();
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

async function expectSameBits(net: Module, input: Tensor, options: EngineOptions): Promise<void> {
  const expected = await bitsOf(net, input, { ...options, economy: 'none' });
  for (const economy of ECONOMIES) {
    const made = await bitsOf(net, input, { ...options, economy, scratch: folder });
    expect(made.equals(expected), economy).toBe(true);
  }
}

/** The least memory that a program with a scratch file takes, as the refusal of less says. */
async function leastOf(net: Module, { shape }: Tensor, options: EngineOptions): Promise<number> {
  try {
    const how = { ...options, inputShape: shape, scratch: folder, memory: 1 };
    (await compile(net, how)).dispose();
    // The reference plans no memory.
    return Number.POSITIVE_INFINITY;
  } catch (error) {
    const [, megabytes] = /needs at least (\d+) MB of memory/.exec(String(error)) ?? [];
    return Number(megabytes) * 1e6;
  }
}

/** Weights and inputs without a pattern, the same each time. */
function resnet(channels: number, blocks: number): ResNetGenerator {
  const netG = new ResNetGenerator(3, 3, channels, blocks).eval();
  const entries = [...netG.stateDict()].map(
    ([key, { shape }], number) => [key, filled(shape, number, -0.1, 0.1)] as const,
  );
  netG.loadStateDict(new Map(entries));
  return netG;
}

describe.each(engines)('on $name', ({ options, unavailable }) => {
  const cases = familyCases.map((one) => [one.name, one] as const);
  it.skipIf(unavailable !== null).each(cases)('%s', async (_, one) => {
    const bytes = encodeStateDict(stateDictOf(one), 'net.pth');
    const { module } = await openGenerator(bytes, one.options);
    const [{ input }] = runsOf(one);
    await expectSameBits(module, input, options);
  });

  // The reference plans no memory.
  const plansNone = unavailable !== null || options.engine === 'js';
  it.skipIf(plansNone)('whatever the size and the budget', async () => {
    const sizes = fc.record({
      channels: fc.integer({ min: 4, max: 20 }),
      blocks: fc.integer({ min: 0, max: 2 }),
      height: fc.integer({ min: 16, max: 500 }),
      width: fc.integer({ min: 16, max: 48 }),
      threads: fc.integer({ min: 1, max: 3 }),
      // Of what lies between the least and what it would like to have.
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ channels, blocks, height, width, threads, share }) => {
        const netG = resnet(channels, blocks);
        const input = filled([1, 3, height, width], 7, -1, 1);
        const how = { ...options, threads, inputShape: input.shape };
        const free = await compile(netG, { ...how, memory: Number.POSITIVE_INFINITY });
        const least = await leastOf(netG, input, { ...options, threads });
        const memory = Math.ceil(least + share * Math.max(0, free.memoryBytes - least));
        const made = await compile(netG, { ...how, memory, scratch: folder });
        expect(made.memoryBytes).toBeLessThanOrEqual(memory);
        expect((await made.run(input)).data).toEqual((await free.run(input)).data);
        for (const program of [free, made]) program.dispose();
      }),
      { numRuns: 6 },
    );
  });

  it.skipIf(unavailable !== null).each([
    [8, 64, 48],
    [8, 300, 20],
    [16, 21, 130],
    [20, 97, 33],
  ])('%i channels, a picture of %i rows and %i columns', async (channels, height, width) => {
    const input = filled([1, 3, height, width], 7, -1, 1);
    const netG = resnet(channels, 2);
    const inFile = { economy: 'scratch', scratch: folder };
    const program = await compile(netG, { ...options, ...inFile, inputShape: input.shape });
    const isPlanned = options.engine !== 'js';
    expect(program.details.some((detail) => detail.includes('in a scratch file'))).toBe(isPlanned);
    program.dispose();
    await expectSameBits(netG, input, options);
  });
});
