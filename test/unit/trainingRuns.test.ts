import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { CycleganError } from '../../src/errors.js';
import {
  readRecord,
  type StateRecord,
  writeRecord,
} from '../../src/train/checkpoint/stateRecord.js';
import { changedSettings, resolveSettings } from '../../src/train/options/settings.js';
import { TRAIN_OPTIONS } from '../../src/train/options/trainOptions.js';
import { type LogEntry, RunLog } from '../../src/train/runLog.js';
import { temporaryFolder } from '../support/command.js';

const home = temporaryFolder();
afterAll(home.remove);
let run = '';
let count = 0;
beforeEach(() => {
  run = join(home.path, String(count++));
});

describe('a state file that somebody has written', () => {
  const digest = 'f'.repeat(64);
  const state: StateRecord = {
    iteration: 7,
    settings: resolveSettings({ poolSize: 3 }),
    ...{ engine: null, init: null, epoch: null },
    ...{ height: 8, width: 8, pools: { A: 0, B: 2 } },
    pictures: { A: digest, B: digest },
    weights: { G_A: digest, G_B: digest, D_A: digest, D_B: digest },
  };
  const record = () => JSON.parse(JSON.stringify(writeRecord(state))) as Record<string, unknown>;

  it('is read where it is one', () => {
    expect(readRecord(record())).toEqual(state);
  });

  it.each([
    ['format', 'other', /no state of a training run/],
    ['version', 2, /version 2/],
    ['iteration', -1, /iteration/],
    ['iteration', 1.5, /iteration/],
    ['iteration', '7', /iteration/],
    ['height', 1e9, /height/],
    ['pools', { A: 4, B: 0 }, /A is no whole number from 0 to 3/],
    ['weights', { G_A: '../x', G_B: '', D_A: '', D_B: '' }, /G_A is no SHA-256/],
    ['pictures', null, /pictures/],
    ['engine', 7, /engine/],
    ['settings', { ...resolveSettings({}), lr: 'fast' }, /lr takes a number/],
    ['settings', { ...resolveSettings({}), batchSize: 1e9 }, /batchSize/],
    ['settings', {}, /nEpochs/],
  ])('is refused for %s of %j', (name, value, message) => {
    const changed = { ...record(), [name]: value };
    expect(() => readRecord(changed)).toThrow(message);
    expect(() => readRecord(changed)).toThrow(CycleganError);
  });

  it('gives nothing but errors of its kind, whatever it holds', () => {
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom(...Object.keys(record())), (value, name) => {
        for (const one of [value, { ...record(), [name]: value }]) {
          try {
            readRecord(one);
          } catch (error) {
            expect(error).toBeInstanceOf(CycleganError);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('the log', () => {
  const entry = (iteration: number): LogEntry => ({
    ...{ iteration, epoch: 1, seconds: 0.5, lr: 2e-4 },
    ...{ D_A: 1, G_A: 2, cycle_A: 3, idt_A: 4, D_B: 5, G_B: 6, cycle_B: 7, idt_B: 8 },
  });
  const lines = (path: string) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .map((line) => (line === '' ? null : (JSON.parse(line) as LogEntry).iteration));

  it('has a line per iteration; what a killed run did after its checkpoint is cut off', async () => {
    const path = `${run}.jsonl`;
    const first = await RunLog.open(path, 0);
    for (let i = 1; i <= 5; i++) await first.append(entry(i));
    await first.close();
    expect(Object.keys(JSON.parse(readFileSync(path, 'utf8').split('\n')[0])).slice(-8)).toEqual([
      ...['D_A', 'G_A', 'cycle_A', 'idt_A', 'D_B', 'G_B', 'cycle_B', 'idt_B'],
    ]);
    appendFileSync(path, '{"iteration":6,"epo');
    const seen: number[] = [];
    const second = await RunLog.open(path, 3, ({ iteration }) => seen.push(iteration));
    await second.append(entry(4));
    await second.sync();
    await second.close();
    expect(seen).toEqual([1, 2, 3]);
    expect(lines(path)).toEqual([1, 2, 3, 4, null]);
  });

  it('is not read beyond what is none, however long that is', async () => {
    const path = `${run}.jsonl`;
    writeFileSync(path, `${JSON.stringify(entry(1))}\n${'x'.repeat(200_000)}\n`);
    await (await RunLog.open(path, 9)).close();
    expect(lines(path)).toEqual([1, null]);
    writeFileSync(path, `null\n`);
    await (await RunLog.open(path, 9)).close();
    expect(lines(path)).toEqual([null]);
  });
});

describe('options', () => {
  it("are those of the authors' script, unless others are given or the preset's", () => {
    expect(resolveSettings({})).toMatchObject({
      ...{ lambdaA: 10, lambdaB: 10, lambdaIdentity: 0.5, lr: 0.0002, beta1: 0.5, poolSize: 50 },
      ...{ nEpochs: 100, nEpochsDecay: 100, batchSize: 1, loadSize: 286, cropSize: 256 },
      ...{ ngf: 64, ndf: 64, nBlocks: 9, nLayersD: 3, ganMode: 'lsgan', norm: 'instance' },
      ...{ preprocess: 'resize_and_crop', direction: 'AtoB', noFlip: false, maxIterations: null },
    });
    expect(resolveSettings({ ngf: 8, nBlocks: undefined }, 'fast')).toMatchObject({
      ngf: 8,
      nBlocks: 6,
      cropSize: 128,
    });
  });

  it.each([
    [{ lr: -1 }, /lr takes a number from 0 to 1, but got -1/],
    [{ batchSize: 0.5 }, /batchSize takes a whole number/],
    [{ norm: 'group' as 'none' }, /norm takes instance, batch, none, but got "group"/],
    [{ ganMode: 'wgangp' as 'lsgan' }, /ganMode takes lsgan, vanilla/],
    [{ cropSize: 300 }, /cropSize is 300.*loadSize 286/],
    [{ cropSize: 254 }, /multiple of 4/],
    [{ nEpochs: 0, nEpochsDecay: 0 }, /both 0/],
    [{ noFlip: 1 as unknown as true }, /noFlip takes true or false/],
  ])('%j are refused by name', (given, message) => {
    expect(() => resolveSettings(given)).toThrow(message);
  });

  it('may change while a run pauses where they only say how long it goes on, or what is written', () => {
    const free = Object.entries(TRAIN_OPTIONS).flatMap(([name, option]) =>
      'mayChange' in option ? [name] : [],
    );
    expect(free.sort()).toEqual([
      ...['maxIterations', 'nEpochs', 'nEpochsDecay', 'saveEpochFreq', 'saveLatestFreq'],
    ]);
    const before = resolveSettings({});
    expect(changedSettings(before, resolveSettings({ nEpochs: 7, maxIterations: 3 }))).toEqual([]);
    expect(changedSettings(before, resolveSettings({ lr: 1, seed: 4 }))).toEqual([
      { name: 'lr', before: 0.0002, now: 1 },
      { name: 'seed', before: 0, now: 4 },
    ]);
  });
});
