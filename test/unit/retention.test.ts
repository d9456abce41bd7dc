import { existsSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sweepStore } from '../../src/queue/retention.js';
import { FolderStore } from '../../src/queue/store/folderStore.js';
import { temporaryFolder } from '../support/command.js';

const DAY_MS = 86_400_000;
const [A, B, C] = ['aa', 'bb', 'cc'].map((start) => start.padEnd(64, start));
const NOTHING = { keys: new Set<string>(), ids: new Set<string>() };

let home: ReturnType<typeof temporaryFolder>;
let store: FolderStore;
beforeEach(async () => {
  home = temporaryFolder();
  store = await FolderStore.open(join(home.path, 'store'));
});
afterEach(() => home.remove());

function put(key: string, days: number): string {
  const path = join(store.folder, key);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, key);
  age(key, days);
  return key;
}

function age(key: string, days: number): void {
  const then = new Date(Date.now() - days * DAY_MS);
  utimesSync(join(store.folder, key), then, then);
}

const left = (keys: readonly string[]) => keys.filter((key) => existsSync(join(store.folder, key)));

describe('sweeping a store', () => {
  it('removes what has lain there for longer than is said, and nothing else', async () => {
    const old = [
      put(`results/aa/${A}.png`, 8),
      put(`reports/aa/${A}.json`, 8),
      put(`pictures/aa/${A}`, 8),
      put(`weights/aa/${A}`, 8),
      put(`places/aa/${A}/0123456789abcdef.json`, 8),
    ];
    const young = old.map((key) => put(key.replaceAll('aa', 'bb'), 6));
    expect(await sweepStore(store, 7 * DAY_MS, async () => NOTHING)).toBe(5);
    expect(left(old)).toEqual([]);
    expect(left(young)).toEqual(young);
  });

  it('keeps what jobs need, however old it is', async () => {
    const kept = [
      put(`results/aa/${A}.png`, 99),
      put(`reports/aa/${A}.json`, 99),
      put(`places/aa/${A}/0123456789abcdef.json`, 99),
      put(`pictures/bb/${B}`, 99),
      put(`weights/cc/${C}`, 99),
    ];
    const inUse = {
      keys: new Set([`pictures/bb/${B}`, `weights/cc/${C}`]),
      ids: new Set([A]),
    };
    expect(await sweepStore(store, DAY_MS, async () => inUse)).toBe(0);
    expect(left(kept)).toEqual(kept);
  });

  it('leaves what users have put there, whatever it is called, and what links lead to', async () => {
    const own = [
      put('horse.jpg', 99),
      put('pictures/horse.jpg', 99),
      put('pictures/aa/horse.jpg', 99),
      put(`pictures/bb/${A}`, 99),
      put(`results/aa/${A}.png.txt`, 99),
      put(`results/deep/aa/${A}.png`, 99),
      put('results/aa/.horse.cyclegan-tmp', 99),
      put(`out/.horse.png.17-0123abcd.cyclegan-tmp`, 99),
      put(`mine/${C}`, 99),
    ];
    mkdirSync(join(store.folder, 'weights/cc'), { recursive: true });
    symlinkSync(join(store.folder, 'mine', C), join(store.folder, 'weights/cc', C));
    writeFileSync(join(home.path, 'elsewhere'), 'x');
    symlinkSync(
      join(home.path, 'elsewhere'),
      join(store.folder, 'weights/cc', `cc${C.slice(4)}ff`),
    );
    await sweepStore(store, DAY_MS, async () => NOTHING);
    expect(left(own)).toEqual(own);
  });

  it('removes after a day what a process that was killed has left half-written', async () => {
    const name = `results/aa/.${A}.png.17-0123abcd.cyclegan-tmp`;
    const [old, underWay] = [put(name, 1.1), put(name.replace('17', '18'), 0.9)];
    await sweepStore(store, 99 * DAY_MS, async () => NOTHING);
    expect(left([old, underWay])).toEqual([underWay]);
  });

  it('removes folders of jobs that are empty, once nothing has happened there for as long', async () => {
    const [old, young] = [`places/aa/${A}`, `places/bb/${B}`];
    for (const key of [old, young]) mkdirSync(join(store.folder, key), { recursive: true });
    age(old, 8);
    await sweepStore(store, 7 * DAY_MS, async () => NOTHING);
    expect(left([old, young])).toEqual([young]);
  });

  it('is done by one of the workers that share a store, every six hours', async () => {
    await sweepStore(store, DAY_MS, async () => NOTHING);
    const old = put(`results/aa/${A}.png`, 8);
    const never = () => Promise.reject(new Error('it asked again'));
    expect(await sweepStore(store, DAY_MS, never)).toBe(0);
    age('reports/swept', 0.3);
    expect(await sweepStore(store, DAY_MS, async () => NOTHING)).toBe(1);
    expect(left([old])).toEqual([]);
  });

  it('removes nothing where nobody can tell what jobs need, and does it the next time', async () => {
    const old = put(`results/aa/${A}.png`, 8);
    const away = () => Promise.reject(new Error('the queue is away'));
    await expect(sweepStore(store, DAY_MS, away)).rejects.toThrow('away');
    expect(left([old])).toEqual([old]);
    expect(await sweepStore(store, DAY_MS, async () => NOTHING)).toBe(1);
  });
});

it('what is submitted again is new again', async () => {
  const key = put(`pictures/aa/${A}`, 8);
  expect(await store.renew(key)).toBe(true);
  expect(await sweepStore(store, DAY_MS, async () => NOTHING)).toBe(0);
  expect(left([key])).toEqual([key]);
  expect(await store.renew(`pictures/bb/${B}`)).toBe(false);
});
