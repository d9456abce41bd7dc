import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { availableCores, secondCache } from '../../src/platform/cores.js';
import { isHeld, thisOwner } from '../../src/platform/lockOwner.js';
import { canBlock } from '../../src/platform/pause.js';
import { isAlive } from '../../src/platform/processes.js';

const CACHE = '/sys/devices/system/cpu/cpu0/cache/index2/size';
const INFO = '/proc/cpuinfo';
const QUOTA = '/sys/fs/cgroup/cpu.max';
const OLD_QUOTA = '/sys/fs/cgroup/cpu/cpu.cfs_quota_us';
const OLD_PERIOD = '/sys/fs/cgroup/cpu/cpu.cfs_period_us';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** A machine whose affinity mask allows `parallel` threads, and of which Linux tells this. */
function machine(parallel: number, told: Readonly<Record<string, string>>): void {
  vi.spyOn(os, 'availableParallelism').mockReturnValue(parallel);
  vi.spyOn(fs, 'readFileSync').mockImplementation((path) => {
    const text = told[String(path)];
    if (text === undefined) throw new Error('ENOENT');
    return text;
  });
}

/** @param cores Of each processor: the socket and the core that it belongs to. */
const cpuinfo = (...cores: readonly (readonly [number, number])[]) =>
  cores
    .map(
      ([socket, core], i) => `processor\t: ${i}\nphysical id\t: ${socket}\ncore id\t\t: ${core}\n`,
    )
    .join('\n');

describe('cores that a process may use', () => {
  it.each<[string, number, number, Readonly<Record<string, string>>]>([
    ['as many as there are, where nothing else is told', 6, 6, {}],
    [
      'without the second threads of each',
      2,
      4,
      { [INFO]: cpuinfo([0, 0], [0, 1], [0, 0], [0, 1]) },
    ],
    ['of two sockets', 4, 4, { [INFO]: cpuinfo([0, 0], [0, 1], [1, 0], [1, 1]) }],
    ['no more than the mask allows', 1, 1, { [INFO]: cpuinfo([0, 0], [0, 1]) }],
    [
      'unknown where processors have no cores',
      8,
      8,
      { [INFO]: 'processor\t: 0\n\nprocessor\t: 1\n' },
    ],
    ['a quota of two and a half', 2, 8, { [QUOTA]: '250000 100000\n' }],
    ['half a core', 1, 8, { [QUOTA]: '50000 100000\n' }],
    ['no quota', 8, 8, { [QUOTA]: 'max 100000\n' }],
    ['a quota of version 1', 3, 8, { [OLD_QUOTA]: '300000\n', [OLD_PERIOD]: '100000\n' }],
    ['no quota of version 1', 8, 8, { [OLD_QUOTA]: '-1\n', [OLD_PERIOD]: '100000\n' }],
  ])('are %s', (_, expected, parallel, told) => {
    machine(parallel, told);
    expect(availableCores()).toBe(expected);
  });

  it.each([
    [4, 4],
    [undefined, 1],
    [0, 1],
  ])('are what a browser says: %s', (hardwareConcurrency, expected) => {
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never);
    vi.stubGlobal('navigator', { hardwareConcurrency });
    expect(availableCores()).toBe(expected);
  });
});

it.each([
  ['512K\n', 524_288],
  ['2M\n', 2_097_152],
  ['1280K\n', 1_310_720],
  ['', null],
  ['big\n', null],
])('the second cache is what Linux says of it: %j', (text, expected) => {
  machine(1, text === '' ? {} : { [CACHE]: text });
  expect(secondCache()).toBe(expected);
});

it('processes are alive if they run, whosever they are, and numbers of none are not', () => {
  expect([process.pid, process.ppid].map(isAlive)).toEqual([true, true]);
  expect([0, -1, -process.pid, 1.5, Number.NaN, 2 ** 22 + 1].map(isAlive)).toEqual(
    new Array(6).fill(false),
  );
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  expect([1, 0].map(isAlive)).toEqual([true, false]);
  for (const [code, alive] of [
    ['EPERM', true],
    ['ESRCH', false],
  ] as const) {
    kill.mockImplementation(() => {
      throw Object.assign(new Error(code), { code });
    });
    expect(isAlive(process.pid)).toBe(alive);
  }
});

it.skipIf(process.platform !== 'linux')(
  'processes are not alive that have ended, though their number is still taken',
  async () => {
    const parent = spawn('bash', ['-c', 'sleep 60 & echo $!; exec sleep 60']);
    const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
    // Only bash would ask how its child ended: the child goes when bash is gone.
    await vi.waitFor(() =>
      expect(fs.readFileSync(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sleep\n'),
    );
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(fs.readFileSync(`/proc/${pid}/stat`, 'utf8')).toMatch(/\) Z /));
    expect([parent.pid, pid].map((id) => isAlive(Number(id)))).toEqual([true, false]);
    const here = thisOwner();
    const start = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[21];
    expect(isHeld(JSON.stringify({ ...here, pid, start }), 0)).toBe(false);
    expect(isHeld(String(pid), 0)).toBe(false);
    parent.kill('SIGKILL');
  },
);

it('a thread may sleep where memory can be shared and waiting is allowed', () => {
  expect(canBlock()).toBe(true);
  vi.spyOn(Atomics, 'wait').mockImplementation(() => {
    throw new TypeError('Atomics.wait cannot be called in this context');
  });
  expect(canBlock()).toBe(false);
  vi.restoreAllMocks();
  vi.stubGlobal('SharedArrayBuffer', undefined);
  expect(canBlock()).toBe(false);
});
