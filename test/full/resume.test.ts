import { execFile } from 'node:child_process';
import fs, {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { compile, traceGraph } from '../../src/nn/compile.js';
import type { Module } from '../../src/nn/module.js';
import { sha256 } from '../../src/platform/sha256.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import {
  type FamilyCase,
  familyCases,
  filled,
  runsOf,
  stateDictOf,
} from '../support/familyCases.js';
import type { ResumedResult, ResumedRun } from '../support/resumedRun.js';

/** A run with a scratch file whose process is killed goes on in another, and comes to the bits of one that has no such file. */

const home = mkdtempSync(join(tmpdir(), 'cyclegan-resume-'));
const program = join(home, 'run.mjs');
const scratch = join(home, 'scratch');
beforeAll(async () => {
  const entryPoints = [new URL('../support/resumedRun.ts', import.meta.url).pathname];
  const how = { bundle: true, platform: 'node', format: 'esm', target: 'node20.19' } as const;
  await build({ entryPoints, outfile: program, ...how });
});
afterAll(() => rmSync(home, { recursive: true, force: true }));
beforeEach(() => {
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch);
});

/** @returns What a process says; `null` for one that was killed. */
function start(run: ResumedRun): Promise<ResumedResult | null> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [program, JSON.stringify(run)], (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout));
      else if (error.signal === 'SIGKILL') resolve(null);
      else reject(new Error(stderr));
    });
  });
}

/** Files of a family's case: the first of its runs, or one with an input of another shape. */
function filesOf(one: FamilyCase, shape?: readonly number[]): Omit<ResumedRun, 'threads'> {
  const { name } = one;
  const weights = join(home, `${name}.pth`);
  writeFileSync(weights, encodeStateDict(stateDictOf(one), 'net.pth'));
  const tensor = shape === undefined ? runsOf(one)[0].input : filled(shape, 7, one.low, one.high);
  const input = join(home, `${name}.f32`);
  writeFileSync(input, new Uint8Array(tensor.data.buffer));
  return { weights, options: one.options, input, inputShape: tensor.shape };
}

const RESNET = familyCases.find(({ family }) => family === 'resnet') as FamilyCase;

const random = (below: number) => Math.floor(below * Math.random());

async function netOf(one: FamilyCase): Promise<Module> {
  const bytes = encodeStateDict(stateDictOf(one), 'net.pth');
  return (await openGenerator(bytes, one.options)).module;
}

function digestOf({ data }: Tensor): string {
  return sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/** Of a run that has all values in memory. */
async function untiledOf(one: FamilyCase, input: Tensor): Promise<string> {
  const how = { engine: 'wasm', inputShape: input.shape, threads: 1, economy: 'none' } as const;
  const whole = await compile(await netOf(one), how);
  const digest = digestOf(await whole.run(input));
  whole.dispose();
  return digest;
}

describe('a run that its signal ends', () => {
  const families = new Map(familyCases.map((one) => [one.family, one] as const));
  it.each([...families])('%s', async (_, one) => {
    const net = await netOf(one);
    const [{ input }] = runsOf(one);
    const expected = await untiledOf(one, input);
    const place = { economy: 'scratch', scratch, resume: true };
    const how = { engine: 'wasm', inputShape: input.shape, threads: 2, ...place } as const;
    let total = 1;
    for (const share of [0.3 * Math.random(), 0.3 + 0.7 * Math.random()]) {
      const stopAt = 1 + Math.floor(share * (total - 1));
      const controller = new AbortController();
      const ended = await compile(net, how);
      const made = ended.run(input, {
        blocking: true,
        signal: controller.signal,
        onProgress: (progress) => {
          total = progress.total;
          if (progress.done === stopAt) controller.abort();
        },
      });
      await made.then(undefined, (error) => expect(error).toMatchObject({ name: 'AbortError' }));
      ended.dispose();
      await settled();
      const next = await compile(net, how);
      const output = await next.run(input, { onProgress: () => undefined });
      expect(digestOf(output), `ended at ${stopAt} of ${total}`).toBe(expected);
      next.dispose();
      await settled();
      expect(readdirSync(scratch)).toEqual([]);
    }
  });

  /** Until files of a program that is gone are nobody's. */
  async function settled(): Promise<void> {
    await vi.waitFor(() => {
      expect(readdirSync(scratch).filter((name) => name.includes(`-${process.pid}-`))).toEqual([]);
    });
  }
});

describe('a run whose folder changes under it', () => {
  const [{ input }] = runsOf(RESNET);
  const place = { economy: 'scratch', scratch, resume: true };
  const how = { engine: 'wasm', inputShape: input.shape, threads: 2, ...place } as const;
  const nothingLeft = () => vi.waitFor(() => expect(readdirSync(scratch)).toEqual([]));

  it('begins anew with one file for all threads, where the journal went as the file was taken over', async () => {
    const net = await netOf(RESNET);
    const expected = await untiledOf(RESNET, input);
    const controller = new AbortController();
    const ended = await compile(net, how);
    const onProgress = ({ done, total }: { readonly done: number; readonly total: number }) => {
      if (done === total - 2) controller.abort();
    };
    const { signal } = controller;
    await expect(ended.run(input, { blocking: true, signal, onProgress })).rejects.toThrow();
    ended.dispose();
    await vi.waitFor(() => expect(readdirSync(scratch).join()).toMatch(/-0-.*journal.*-0-/));
    const { renameSync } = fs;
    const renaming = vi.spyOn(fs, 'renameSync').mockImplementation((from, to) => {
      // Another process sweeps the folder between the two.
      if (/-0-.*\.journal$/.test(String(from))) rmSync(from);
      renameSync(from, to);
    });
    const program = await compile(net, how);
    const output = await program.run(input, { blocking: true });
    expect(renaming.mock.calls.map(([from]) => String(from)).join()).toMatch(/-0-.*\.journal/);
    renaming.mockRestore();
    expect(digestOf(output)).toBe(expected);
    program.dispose();
    await nothingLeft();
  });

  it('goes on where its file has lost its name', async () => {
    const program = await compile(await netOf(RESNET), { ...how, threads: 1 });
    const output = await program.run(input, {
      blocking: true,
      onProgress: ({ done, total }) => {
        if (done < total / 2) return;
        for (const name of readdirSync(scratch)) rmSync(join(scratch, name));
      },
    });
    expect(digestOf(output)).toBe(await untiledOf(RESNET, input));
    program.dispose();
    await nothingLeft();
  });
});

const KILLED = ['resnet', 'unet', 'ugatit', 'animegan2', 'fast-neural-style', 'pix2pixhd-global'];

describe('a run that is killed', () => {
  it.each(KILLED.map((name, i) => [name, 1 + (i % 2)] as const))(
    'of %s with %i threads',
    async (family, threads) => {
      const one = familyCases.find((each) => each.family === family) as FamilyCase;
      const files = { ...filesOf(one), threads };
      const expected = await untiledOf(one, runsOf(one)[0].input);
      const { nodes } = traceGraph(await netOf(one), files.inputShape);
      // Of some, a program counts nodes less, which are views of weights.
      const killAt = 1 + random(nodes.length - 2);
      expect(await start({ ...files, scratch, killAt })).toBeNull();
      const made = await start({ ...files, scratch });
      const at = `killed at ${killAt} of ${nodes.length}`;
      expect(made, at).toMatchObject({ sha256: expected });
      expect(readdirSync(scratch), at).toEqual([]);
    },
  );

  it.each([1, 2])('wherever it is in a layer, with %i threads', async (threads) => {
    const shape = [1, 3, 300, 260];
    const files = { ...filesOf(RESNET, shape), threads };
    const expected = await untiledOf(RESNET, filled(shape, 7, RESNET.low, RESNET.high));
    const moments: (readonly number[])[] = [];
    for (let i = 0; i < 4; i++) {
      const [killAt, afterMs] = [1 + 8 * i + random(8), random(60)];
      moments.push([killAt, afterMs]);
      await start({ ...files, scratch, killAt, afterMs });
    }
    const made = await start({ ...files, scratch });
    const at = `killed at ${JSON.stringify(moments)}, resumed at ${made?.resumed}`;
    expect(made?.sha256, at).toBe(expected);
    expect(readdirSync(scratch)).toEqual([]);
  });
});

describe('what a run that was killed has left', () => {
  /** Kills one late, and returns the names of its files. */
  async function kill(files: ResumedRun): Promise<{ journal: string; data: string }> {
    const total = (await start({ ...files, scratch: undefined }))?.total ?? 0;
    expect(await start({ ...files, scratch, killAt: total - 2 })).toBeNull();
    const names = readdirSync(scratch);
    const [journal, data] = ['.journal', '.scratch'].map(
      (kind) => names.find((name) => name.endsWith(kind)) ?? '',
    );
    return { journal: join(scratch, journal), data: join(scratch, data) };
  }

  const files = () => ({ ...filesOf(RESNET), threads: 1 });

  it('is taken up once, by the same run alone', async () => {
    const run = files();
    const expected = await start({ ...run, scratch: undefined });
    await kill(run);
    const input = join(home, 'other.f32');
    const { data } = filled(run.inputShape, 8, RESNET.low, RESNET.high);
    writeFileSync(input, new Uint8Array(data.buffer));
    const other = await start({ ...run, input, scratch });
    expect(other?.resumed).toBe(0);
    expect(other?.sha256).not.toBe(expected?.sha256);
    // That has left it where it is.
    const made = await start({ ...run, scratch });
    expect(made?.sha256).toBe(expected?.sha256);
    expect(made?.resumed).toBeGreaterThan(0);
    expect(readdirSync(scratch)).toEqual([]);
    expect(await start({ ...run, scratch })).toMatchObject({ resumed: 0 });
  });

  it('is for one of those that want it at the same time', async () => {
    const run = files();
    const expected = await start(run);
    await kill(run);
    const made = await Promise.all([1, 2, 3].map(() => start({ ...run, scratch })));
    for (const one of made) expect(one?.sha256).toBe(expected?.sha256);
    expect(made.filter((one) => (one?.resumed ?? 0) > 0)).toHaveLength(1);
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('goes after a week, with what else is left', async () => {
    const run = files();
    const { journal, data } = await kill(run);
    const then = Date.now() / 1000 - 8 * 86_400;
    for (const path of [journal, data]) utimesSync(path, then, then);
    expect(await start({ ...run, scratch })).toMatchObject({ resumed: 0 });
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('is of no use without its journal, or without its values', async () => {
    const run = files();
    const expected = await start(run);
    for (const lost of ['journal', 'data'] as const) {
      rmSync((await kill(run))[lost]);
      const made = await start({ ...run, scratch });
      expect(made).toMatchObject({ resumed: 0, sha256: expected?.sha256 });
      expect(readdirSync(scratch)).toEqual([]);
    }
    truncateSync((await kill(run)).data, 100);
    const made = await start({ ...run, scratch });
    expect(made).toMatchObject({ resumed: 0, sha256: expected?.sha256 });
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('is of no use where a byte of its journal is another, or lacks', async () => {
    const run = files();
    const expected = await start(run);
    const { journal, data } = await kill(run);
    const [kept, keptData] = [join(home, 'journal'), join(home, 'data')];
    copyFileSync(journal, kept);
    copyFileSync(data, keptData);
    const whole = readFileSync(kept);
    const damaged = [
      whole.subarray(0, random(whole.length)),
      whole.subarray(0, whole.length - 1),
      new Uint8Array(0),
      Buffer.concat([whole, Buffer.of(0)]),
      ...Array.from({ length: 5 }, () => {
        const copy = Buffer.from(whole);
        copy[random(copy.length)] ^= 1 + random(255);
        return copy;
      }),
    ];
    for (const bytes of damaged) {
      copyFileSync(keptData, data);
      writeFileSync(journal, bytes);
      const made = await start({ ...run, scratch });
      expect(made).toMatchObject({ resumed: 0, sha256: expected?.sha256 });
      // One whose first bytes say another key stays for whom it may be.
      for (const name of readdirSync(scratch)) rmSync(join(scratch, name));
    }
    copyFileSync(keptData, data);
    writeFileSync(journal, whole);
    expect((await start({ ...run, scratch }))?.resumed).toBeGreaterThan(0);
  });
});
