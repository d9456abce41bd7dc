import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { compile } from '../../src/nn/compile.js';
import { beginScratch } from '../../src/platform/scratchFile.js';
import { filled } from '../support/familyCases.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cyclegan-scratch-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a scratch file', () => {
  it('is named after its owner, and goes with it', () => {
    const file = beginScratch(folder, 100);
    const [name] = readdirSync(folder);
    expect(name).toMatch(/^\.cyclegan-\d+-[\da-f]+-[\da-f]{8}\.scratch$/);
    expect(name).toContain(`-${process.pid}-`);
    file.remove();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('of a process that is gone is removed by the next, and nothing else is', () => {
    const first = beginScratch(folder, 100);
    const [name] = readdirSync(folder);
    const [, , place] = name.split('-');
    const { pid: gone } = spawnSync(process.execPath, ['-e', '']);
    const stale = `.cyclegan-${gone}-${place}-0123abcd.scratch`;
    const others = [
      // Of one that runs, of another machine, and no such names.
      `.cyclegan-${process.ppid}-${place}-0123abcd.scratch`,
      `.cyclegan-${gone}-${Number.parseInt(place, 16) === 1 ? 2 : 1}-0123abcd.scratch`,
      `.cyclegan-${gone}-${place}-0123abcd.scratch.png`,
      `cyclegan-${gone}-${place}-0123abcd.scratch`,
    ];
    for (const one of [stale, ...others]) writeFileSync(join(folder, one), 'x');
    const second = beginScratch(folder, 100);
    const left = readdirSync(folder);
    expect(left).not.toContain(stale);
    expect(left).toEqual(expect.arrayContaining([name, ...others]));
    for (const file of [first, second]) file.remove();
    expect(readdirSync(folder).sort()).toEqual(others.sort());
  });

  it('that its disk has no room for is refused before anything is written', () => {
    expect(() => beginScratch(folder, 2 ** 60)).toThrow(
      expect.objectContaining({
        code: 'ERR_SCRATCH',
        message: expect.stringMatching(`^${folder}: .*1152921504.6 GB \\(${2 ** 60} bytes\\)`),
      }),
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is refused in a folder that is not there', () => {
    const missing = join(folder, 'missing');
    expect(() => beginScratch(missing, 1)).toThrow(
      expect.objectContaining({ code: 'ERR_FILE_NOT_FOUND' }),
    );
  });
});

describe('a program with a scratch file', () => {
  const netG = new ResNetGenerator(3, 3, 4, 1).eval();
  const inputShape = [1, 3, 64, 64];
  const input = filled(inputShape, 7, -1, 1);
  const options = { inputShape, engine: 'wasm', economy: 'scratch' } as const;

  it('that is cut short says so, and runs again', async () => {
    const program = await compile(netG, { ...options, threads: 1, scratch: folder });
    const expected = await program.run(input);
    const [name] = readdirSync(folder);
    // The thread that does it all is told of each layer before the next.
    const cutShort = program.run(input, {
      blocking: true,
      onProgress: () => truncateSync(join(folder, name), 0),
    });
    await expect(cutShort).rejects.toMatchObject({ code: 'ERR_SCRATCH' });
    expect((await program.run(input)).data).toEqual(expected.data);
    program.dispose();
    await vi.waitFor(() => expect(readdirSync(folder)).toEqual([]), { timeout: 20_000 });
  });

  it('takes more memory where it can have none, unless its caller set a limit', async () => {
    const missing = join(folder, 'missing');
    const free = await compile(netG, { ...options, economy: undefined, scratch: missing });
    expect(free.memoryBytes).toBeGreaterThan(0);
    free.dispose();
    const limited = compile(netG, { ...options, scratch: missing, memory: 1e9 });
    await expect(limited).rejects.toMatchObject({ code: 'ERR_FILE_NOT_FOUND' });
  });

  it.each<unknown>(['', 7, null])('takes a folder, and no %j', async (scratch) => {
    const wrong = { ...options, scratch } as unknown as typeof options;
    await expect(compile(netG, wrong)).rejects.toMatchObject({ code: 'ERR_SHAPE' });
  });
});
