import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CycleganError } from '../../src/errors.js';
import { sha256 } from '../../src/platform/sha256.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { type Checkpoint, CheckpointStore } from '../../src/train/checkpoint/checkpointStore.js';
import { resolveSettings } from '../../src/train/options/settings.js';
import { temporaryFolder } from '../support/command.js';

const home = temporaryFolder();
afterAll(home.remove);
let run = '';
let count = 0;
beforeEach(() => {
  run = join(home.path, String(count++));
});

function checkpoint(iteration: number): Checkpoint {
  const network = (value: number) => ({
    stateDict: new Map([['weight', { data: Float32Array.of(value, iteration), shape: [2] }]]),
    config: { value },
  });
  return {
    record: {
      iteration,
      settings: resolveSettings({ poolSize: 3 }),
      ...{ engine: null, init: null, epoch: null },
      pictures: { A: '0'.repeat(64), B: '1'.repeat(64) },
      ...{ height: 8, width: 8, pools: { A: 0, B: 2 } },
    },
    networks: { G_A: network(1), G_B: network(2), D_A: network(3), D_B: network(4) },
    tensors: new Map([['iteration', { data: Float32Array.of(iteration), shape: [1] }]]),
  };
}

const NAMES = ['net_G_A', 'net_G_B', 'net_D_A', 'net_D_B', 'state'].map((name) => `${name}.pth`);
const filesOf = (slot: string) => NAMES.map((name) => `${slot}_${name}`);
const codeOf = (action: Promise<unknown>) =>
  action.then(
    () => 'none',
    (error: unknown) => (error instanceof CycleganError ? error.code : error),
  );

describe('checkpoints', () => {
  it('are the last two, the state with the SHA-256 of its weights', async () => {
    const store = new CheckpointStore(run);
    for (const iteration of [0, 5, 9]) await store.save(checkpoint(iteration));
    expect(readdirSync(run)).toEqual([...filesOf('latest'), ...filesOf('previous')].sort());
    const found = await new CheckpointStore(run).recover();
    expect(found?.record.iteration).toBe(9);
    expect(found?.notes).toEqual([]);
    expect(found?.record.weights.G_A).toBe(sha256(readFileSync(join(run, 'latest_net_G_A.pth'))));
    expect(found?.state.tensors.get('iteration')?.shape).toEqual([1]);
  });

  it('are complete whenever the process ends: between any two renames, and while files are written', async () => {
    const store = new CheckpointStore(run);
    await store.save(checkpoint(1));
    await store.save(checkpoint(2));
    const before = new Map(readdirSync(run).map((name) => [name, readFileSync(join(run, name))]));
    await store.save(checkpoint(3));
    const after = new Map(filesOf('latest').map((name) => [name, readFileSync(join(run, name))]));
    const restore = () => {
      rmSync(run, { recursive: true });
      mkdirSync(run);
      for (const [name, bytes] of before) writeFileSync(join(run, name), bytes);
    };
    const next = (name: string) => name.replace('latest', 'next');
    const previous = (name: string) => name.replace('latest', 'previous');
    // So many of the five files are written; the state comes last.
    for (let written = 0; written <= 5; written++) {
      restore();
      for (const name of filesOf('latest').slice(0, written)) {
        writeFileSync(join(run, next(name)), after.get(name) as Uint8Array);
      }
      const found = await store.recover();
      expect(found?.record.iteration, `${written} files`).toBe(written === 5 ? 3 : 2);
      expect(readdirSync(run)).toEqual([...before.keys()]);
      expect(await store.recover()).toMatchObject({ record: found?.record, notes: [] });
    }
    // So many of the ten renames are done.
    for (let renames = 0; renames <= 10; renames++) {
      restore();
      for (const name of filesOf('latest')) {
        writeFileSync(join(run, next(name)), after.get(name) as Uint8Array);
      }
      const moves = filesOf('latest').flatMap((name) => [
        [name, previous(name)],
        [next(name), name],
      ]);
      for (const [from, to] of moves.slice(0, renames)) renameSync(join(run, from), join(run, to));
      const found = await store.recover();
      expect(found?.record.iteration, `${renames} renames`).toBe(3);
      expect(readdirSync(run)).toEqual([...before.keys()]);
      for (const [name, bytes] of after) {
        expect(readFileSync(join(run, name)).equals(bytes), name).toBe(true);
        const old = before.get(name) as Buffer;
        expect(readFileSync(join(run, previous(name))).equals(old), previous(name)).toBe(true);
      }
    }
  });

  it('fall back to the one before, and keep what is none of theirs', async () => {
    const store = new CheckpointStore(run);
    await store.save(checkpoint(1));
    await store.save(checkpoint(2));
    writeFileSync(join(run, 'latest_net_D_A.pth'), 'mine');
    const found = await store.recover();
    expect(found?.record.iteration).toBe(1);
    expect(found?.notes).toEqual([expect.stringMatching(/latest_net_D_A\.pth.*latest_state\.pth/)]);
    expect(readFileSync(join(run, 'unusable1_net_D_A.pth'), 'utf8')).toBe('mine');
    expect((await store.recover())?.record.iteration).toBe(1);
  });

  it('that are all damaged are told of one by one', async () => {
    const store = new CheckpointStore(run);
    await store.save(checkpoint(1));
    await store.save(checkpoint(2));
    rmSync(join(run, 'latest_net_G_B.pth'));
    writeFileSync(join(run, 'previous_state.pth'), 'no weights');
    const error = await store.recover().catch((reason: CycleganError) => reason);
    expect(error).toMatchObject({ code: 'ERR_TRAIN_STATE' });
    expect(String(error)).toMatch(/latest_net_G_B\.pth: it is missing/);
    expect(String(error)).toMatch(/previous_state\.pth/);
    expect(existsSync(join(run, 'latest_net_G_A.pth'))).toBe(true);
  });

  it('are not begun where files of somebody have their names', async () => {
    const names = ['latest_net_G_A.pth', '20_net_D_B.pth', 'log.jsonl', 'latest_state.txt'];
    for (const [i, name] of names.entries()) {
      const folder = `${run}-${i}`;
      mkdirSync(folder);
      writeFileSync(join(folder, name), '');
      const store = new CheckpointStore(folder);
      expect(await codeOf(store.recover())).toBe(i < 3 ? 'ERR_FILE_EXISTS' : 'none');
    }
  });

  it('stay as they were where the disk is full', async () => {
    const store = new CheckpointStore(run);
    await store.save(checkpoint(1));
    const files = readdirSync(run);
    const fs = process.getBuiltinModule('node:fs/promises');
    const open = fs.open;
    let writes = 0;
    const full = vi.spyOn(fs, 'open').mockImplementation(async (...args) => {
      const file = await open(...args);
      if (args[1] === 'wx' && ++writes === 4) {
        file.appendFile = async () => {
          throw Object.assign(new Error('ENOSPC: no space left on device, write'), {
            code: 'ENOSPC',
          });
        };
      }
      return file;
    });
    const error = await store.save(checkpoint(2)).catch((reason: CycleganError) => reason);
    full.mockRestore();
    expect(error).toMatchObject({ code: 'ERR_FILE' });
    expect(String(error)).toMatch(/no space left/);
    expect(readdirSync(run)).toEqual(files);
    expect((await store.recover())?.record.iteration).toBe(1);
  });

  it('are refused where another weight file stands in place of the state', async () => {
    const store = new CheckpointStore(run);
    await store.save(checkpoint(1));
    const weights = new Map([['__proto__', { data: Float32Array.of(1), shape: [1] }]]);
    writeFileSync(join(run, 'latest_state.pth'), encodeStateDict(weights, 'x.pth'));
    expect(await codeOf(store.recover())).toBe('ERR_TRAIN_STATE');
  });
});
