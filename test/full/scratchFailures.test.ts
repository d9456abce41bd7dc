import fs, { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { economiesFor } from '../../src/engine/wasm/budget.js';
import { returnMemory, takeMemory } from '../../src/engine/wasm/memoryPool.js';
import { MemoryError, PAGE } from '../../src/engine/wasm/newMemory.js';
import { WeightPacker } from '../../src/engine/wasm/weightPacker.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { compile, leastMemory } from '../../src/nn/compile.js';
import { builtin } from '../../src/platform/builtin.js';
import { freeMemory } from '../../src/platform/freeMemory.js';
import { filled } from '../support/familyCases.js';

/** What stands around a scratch file fails, or is not there: nothing is lost, and nothing left. */

vi.mock('../../src/platform/freeMemory.js', { spy: true });
vi.mock('../../src/platform/builtin.js', { spy: true });
vi.mock('../../src/engine/wasm/memoryPool.js', { spy: true });
vi.mock('../../src/engine/wasm/budget.js', { spy: true });

const netG = new ResNetGenerator(3, 3, 4, 1).eval();
const inputShape = [1, 3, 256, 64];
const input = filled(inputShape, 7, -1, 1);
const how = { inputShape, engine: 'wasm', threads: 1 } as const;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cyclegan-scratch-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.resetAllMocks();
  rmSync(folder, { recursive: true });
});

describe('a program whose values could lie in a file', () => {
  it('is refused where it was to have them there, and no folder is named', async () => {
    await expect(compile(netG, { ...how, economy: 'scratch' })).rejects.toMatchObject({
      code: 'ERR_UNKNOWN_VARIANT',
      message: expect.stringContaining('needs a folder'),
    });
    // Nor is it made where its plan has them there all the same.
    vi.mocked(economiesFor).mockReturnValueOnce(['scratch']);
    await expect(compile(netG, how)).rejects.toThrow(/no file|there is none/);
  });

  it('has code that fails where there is no file', async () => {
    const made = vi.spyOn(WebAssembly, 'Instance');
    const program = await compile(netG, { ...how, economy: 'none' });
    program.dispose();
    const imports: unknown = made.mock.lastCall?.[1]?.e;
    const { transfer } = imports as { readonly transfer: () => void };
    expect(transfer).toThrow(/there is none/);
  });

  it('has them in memory where there are no files, and says so', async () => {
    const least = await leastMemory(netG, how);
    const withFile = await leastMemory(netG, { ...how, scratch: folder });
    expect(withFile).toBeLessThan(least as number);
    const expected = await compile(netG, how);
    const { data } = await expected.run(input);
    expected.dispose();
    const { builtin: actual } = await vi.importActual<{ builtin: typeof builtin }>(
      '../../src/platform/builtin.js',
    );
    vi.mocked(builtin).mockImplementation((name) => (name === 'fs' ? null : actual(name)));
    expect(await leastMemory(netG, { ...how, scratch: folder })).toBe(least);
    const program = await compile(netG, { ...how, scratch: folder, memory: least as number });
    expect(program.details).toContainEqual(expect.stringContaining('no scratch file'));
    expect((await program.run(input)).data).toEqual(data);
    program.dispose();
    const less = { ...how, scratch: folder, memory: withFile as number };
    await expect(compile(netG, less)).rejects.toMatchObject({
      code: 'ERR_SCRATCH',
      message: expect.stringMatching(/this thread has no files .* allow more memory/),
    });
  });

  it('has them in the file when it cannot keep to what is aimed at', async () => {
    vi.mocked(freeMemory).mockReturnValue(2);
    const program = await compile(netG, { ...how, scratch: folder });
    expect(program.details).toContainEqual(expect.stringContaining('in a scratch file'));
    // It may have got a larger memory, of a program that is gone.
    const [pages] = vi.mocked(takeMemory).mock.lastCall ?? [];
    const least = await leastMemory(netG, { ...how, scratch: folder });
    expect(pages).toBe((least as number) / PAGE);
    expect(readdirSync(folder)).toHaveLength(1);
    program.dispose();
  });
});

describe('a program that is not made', () => {
  const inFile = { ...how, economy: 'scratch' } as const;
  const failures = {
    'memory that is refused': () =>
      vi.mocked(takeMemory).mockImplementationOnce(() => {
        throw new MemoryError('none is left');
      }),
    'a file that cannot be opened': () => refuseOpening(),
    'code that cannot be loaded': () =>
      vi.spyOn(WebAssembly, 'Instance').mockImplementationOnce(breakDown),
    'weights that cannot be packed': () =>
      vi.spyOn(WeightPacker.prototype, 'fill').mockImplementationOnce(breakDown),
  };

  function breakDown(): never {
    throw new RangeError('broken');
  }

  /** As where a process has too many files open: the file is made, but no thread has it. */
  function refuseOpening(): void {
    const { openSync } = fs;
    vi.spyOn(fs, 'openSync').mockImplementation((path, flags, mode) => {
      if (flags === 'wx' || !String(path).endsWith('.scratch')) return openSync(path, flags, mode);
      throw Object.assign(new Error('EMFILE: too many open files, open'), { code: 'EMFILE' });
    });
  }

  it.each(Object.entries(failures))('for %s leaves no file and no memory', async (_, fail) => {
    // Once, so that the self-check is behind it.
    (await compile(netG, { ...inFile, scratch: folder })).dispose();
    await vi.waitFor(() => expect(readdirSync(folder)).toEqual([]));
    const held = () => {
      const taken = vi.mocked(takeMemory).mock.results.filter(({ type }) => type === 'return');
      return taken.length - vi.mocked(returnMemory).mock.calls.length;
    };
    await vi.waitFor(() => expect(held()).toBe(0));
    fail();
    const made = compile(netG, { ...inFile, scratch: folder, memory: 1e9 });
    await expect(made).rejects.toThrow(/none is left|too many open files|broken/);
    expect(readdirSync(folder)).toEqual([]);
    await vi.waitFor(() => expect(held()).toBe(0));
  });

  it('for want of a file is made with more memory, where no limit is set', async () => {
    refuseOpening();
    vi.mocked(freeMemory).mockReturnValue(2);
    const program = await compile(netG, { ...how, scratch: folder });
    expect(program.details.join()).not.toContain('scratch');
    expect(readdirSync(folder)).toEqual([]);
    program.dispose();
  });
});
