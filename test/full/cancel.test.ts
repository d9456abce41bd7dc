import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { encodePng } from '../../src/image/png/encodePng.js';
import { compile, leastMemory } from '../../src/nn/compile.js';
import { commandInFolders } from '../support/command.js';
import { filled } from '../support/familyCases.js';

/** A run in bands, with a scratch file, ends soon after it is told to, and can go on later. */

const MAX_MS = 200;
const THREADS = 2;

describe('a run with a scratch file', () => {
  let scratch = '';
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'cyclegan-cancel-'));
  });
  afterEach(() => rmSync(scratch, { recursive: true }));

  it.each([false, true])(
    'ends within 200 ms of its signal, wherever it is (blocking: %s)',
    async (blocking) => {
      const netG = new ResNetGenerator(3, 3, 16, 2).eval();
      const inputShape = [1, 3, 400, 520];
      const input = filled(inputShape, 7, -1, 1);
      const place = { engine: 'wasm', threads: THREADS, inputShape, scratch } as const;
      const memory = 1.1 * ((await leastMemory(netG, place)) as number);
      const program = await compile(netG, { ...place, memory });
      expect(program.scratchBytes).toBeGreaterThan(0);
      const begin = performance.now();
      const expected = await program.run(input, { blocking, signal: new AbortController().signal });
      const whole = performance.now() - begin;
      const took: number[] = [];
      for (let i = 0; i < 16; i++) {
        const controller = new AbortController();
        const how = i % 2 === 0 ? {} : { onProgress: () => undefined };
        const run = program.run(input, { ...how, blocking, signal: controller.signal });
        let told = Number.NaN;
        const stop = () => {
          told = performance.now();
          controller.abort();
        };
        const timer = setTimeout(stop, 0.8 * whole * Math.random());
        const end = await run.catch((error: unknown) => error);
        clearTimeout(timer);
        if (end === controller.signal.reason) took.push(performance.now() - told);
      }
      expect(took.length).toBeGreaterThan(4);
      expect(Math.max(...took)).toBeLessThan(MAX_MS);
      expect((await program.run(input)).data).toEqual(expected.data);
      program.dispose();
    },
  );
});

describe('the command, with a scratch file', () => {
  const { file, at, run } = commandInFolders();
  const [width, height] = [900, 800];
  const options = ['--resize', 'none', '--threads', String(THREADS)];

  /**
   * Begins to translate, and ends it some time after it could go on.
   * @returns What it said, and how long it took to say the first of it.
   */
  async function end(signal: NodeJS.Signals, args: readonly string[]) {
    const child = spawn(process.execPath, [file, ...args], { cwd: at(), stdio: 'pipe' });
    let [stderr, told, heard] = ['', 0, 0];
    child.stderr.on('data', (text) => {
      if (told > 0 && heard === 0) heard = performance.now();
      stderr += text;
    });
    const exit = new Promise<number | null>((resolve) => child.on('exit', resolve));
    const kinds = () => readdirSync(at('out')).filter((name) => name.endsWith('.journal'));
    await vi.waitFor(() => expect(kinds()).toHaveLength(1), { timeout: 120_000, interval: 20 });
    await new Promise((resolve) => setTimeout(resolve, 200 * Math.random()));
    told = performance.now();
    child.kill(signal);
    const code = await exit;
    return { code, stderr, milliseconds: heard - told };
  }

  it('goes on after Ctrl+C, which ends it at once, and after kill -9', async () => {
    const data = new Uint8Array(3 * width * height).map((_, i) => (i * i) >> 7);
    writeFileSync(at('in.png'), encodePng({ width, height, data }));
    mkdirSync(at('out'));
    const whole = await run('in.png', '-o', 'whole.png', ...options, '--memory', 'max');
    expect(whole).toMatchObject({ code: 0 });
    const least = await run('in.png', '-o', 'out/a.png', ...options, '--memory', '1M');
    const [, megabytes] = /--memory (\d+)M is enough/.exec(least.stderr) ?? [];
    const args = ['in.png', '-o', 'out/a.png', ...options, '--memory', `${megabytes}M`];
    const interrupted = await end('SIGINT', args);
    expect(interrupted.code, interrupted.stderr).toBe(130);
    expect(interrupted.stderr).toMatch(/is kept in .*out .*the same again goes on from there/);
    expect(interrupted.stderr).toContain('Interrupted');
    expect(interrupted.milliseconds).toBeLessThan(MAX_MS);
    expect(readdirSync(at('out')).filter((name) => !name.startsWith('.cyclegan'))).toEqual([]);
    expect((await end('SIGKILL', args)).code).toBeNull();
    const { code, stderr } = await run(...args);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/Goes on where an earlier run was ended: \d+ of \d+ layers are done/);
    expect(readdirSync(at('out'))).toEqual(['a.png']);
    expect(readFileSync(at('out', 'a.png')).equals(readFileSync(at('whole.png')))).toBe(true);
  });
});
