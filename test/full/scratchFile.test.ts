import { spawnSync } from 'node:child_process';
import fs, {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os, { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { compile } from '../../src/nn/compile.js';
import { beginScratch } from '../../src/platform/scratchFile.js';
import { filled } from '../support/familyCases.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cyclegan-scratch-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** As where two versions of the library are loaded; anew each time. */
async function anotherCopy(): Promise<{ readonly beginScratch: typeof beginScratch }> {
  const source = '../../src/platform/scratchFile.js';
  return import(/* @vite-ignore */ `${source}?copy=${crypto.randomUUID()}`);
}

/** What this process's scratch files are called, but for the token. */
function namesakeOf(path: string): string {
  return path.replace(/-[\da-f]{8}\.scratch$/, '-0123abcd.scratch');
}

/** Of a process that is gone. */
function staleOf(path: string): string {
  const { pid: gone } = spawnSync(process.execPath, ['-e', '']);
  return namesakeOf(path).replace(`-${process.pid}-`, `-${gone}-`);
}

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
        message: expect.stringMatching(
          `^${folder}: .*1152921504.6 GB \\(${2 ** 60} bytes\\), and .* \\(\\d+ bytes\\) are free\\. .*--scratch.*--memory`,
        ),
      }),
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is begun whatever of others cannot be removed, or listed', () => {
    const first = beginScratch(folder, 100);
    const stale = staleOf(first.path);
    mkdirSync(stale);
    const second = beginScratch(folder, 100);
    vi.spyOn(fs, 'readdirSync').mockImplementationOnce(() => {
      throw Object.assign(new Error('EACCES: permission denied, scandir'), { code: 'EACCES' });
    });
    const third = beginScratch(folder, 100);
    for (const file of [first, second, third]) file.remove();
    expect(readdirSync(folder).map((name) => join(folder, name))).toEqual([stale]);
  });

  it('of another copy of the library, or of another thread, is left alone', async () => {
    const first = beginScratch(folder, 100);
    // Such as a copy that knew how to stay in use for days.
    utimesSync(first.path, 0, 0);
    const copy = await anotherCopy();
    expect(copy.beginScratch).not.toBe(beginScratch);
    const other = namesakeOf(first.path);
    const code = `require('fs').writeFileSync(${JSON.stringify(other)}, 'x')`;
    const thread = new Worker(code, { eval: true });
    await new Promise((resolve) => thread.once('exit', resolve));
    const second = copy.beginScratch(folder, 100);
    expect(readdirSync(folder)).toHaveLength(3);
    // One from before this process began is that of a namesake.
    const before = Date.now() / 1000 - process.uptime() - 3600;
    utimesSync(other, before, before);
    // Unless it is open: a machine that slept has clocks that disagree.
    const descriptor = fs.openSync(other, 'r+');
    const third = beginScratch(folder, 100);
    if (process.platform === 'linux') expect(fs.existsSync(other)).toBe(true);
    fs.closeSync(descriptor);
    const fourth = beginScratch(folder, 100);
    expect(fs.existsSync(other)).toBe(false);
    for (const file of [first, second, third, fourth]) file.remove();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('asks once for the place of its process, however many files there are', () => {
    const first = beginScratch(folder, 100);
    const [name] = readdirSync(folder);
    for (let i = 0; i < 20; i++) {
      writeFileSync(join(folder, `${i}.png`), 'x');
      writeFileSync(join(folder, name.replace(/[\da-f]{8}\.scratch/, `${1e7 + i}.scratch`)), 'x');
    }
    const asked = vi.spyOn(os, 'hostname');
    const second = beginScratch(folder, 100);
    expect(asked).toHaveBeenCalledOnce();
    for (const file of [first, second]) file.remove();
  });

  it('that cannot be removed yet goes as the process ends', async () => {
    const once = vi.spyOn(process, 'once');
    const copy = await anotherCopy();
    const file = copy.beginScratch(folder, 100);
    vi.spyOn(fs, 'rmSync').mockImplementation(() => {
      throw Object.assign(new Error('EACCES: permission denied, rm'), { code: 'EACCES' });
    });
    const [, atExit] = once.mock.calls.find(([event]) => event === 'exit') ?? [];
    file.remove();
    atExit?.();
    expect(readdirSync(folder)).toHaveLength(1);
    vi.mocked(fs.rmSync).mockRestore();
    atExit?.();
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

  it('that a quota ends says that the disk is full', async () => {
    const program = await compile(netG, { ...options, threads: 1, scratch: folder });
    const errno = -os.constants.errno.EDQUOT;
    vi.spyOn(fs, 'writeSync').mockImplementation(() => {
      // As Node tells of it, which has no name for it.
      throw Object.assign(new Error(`Unknown system error ${errno}, write`), { errno });
    });
    await expect(program.run(input, { blocking: true })).rejects.toMatchObject({
      code: 'ERR_SCRATCH',
      message: expect.stringMatching(/disk is too full.* are free, perhaps beyond what this user/),
    });
    vi.restoreAllMocks();
    program.dispose();
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
