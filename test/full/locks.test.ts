import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  promises,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { withFileLock } from '../../src/platform/fileLock.js';
import { thisOwner } from '../../src/platform/lockOwner.js';
import { temporaryFolder } from '../support/command.js';

const home = temporaryFolder();
let count = 0;
let folder = '';
let lock = '';

beforeEach(() => {
  folder = join(home.path, `case${count++}`);
  mkdirSync(folder);
  lock = join(folder, 'x.lock');
});
afterEach(() => vi.restoreAllMocks());
afterAll(home.remove);

const full = () => Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
const take = () =>
  withFileLock(lock, async () => 'taken').catch(({ code }: { code: string }) => code);
/** A process that has ended. */
const gone = () => spawnSync(process.execPath, ['-e', '']).pid;

describe('a lock', () => {
  it('has its owner in it, and leaves nothing', async () => {
    await withFileLock(lock, async () => {
      expect(readdirSync(folder)).toEqual(['x.lock']);
      expect(JSON.parse(readFileSync(lock, 'utf8'))).toMatchObject({ pid: process.pid });
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is released when the work fails', async () => {
    await expect(withFileLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is not released over another that has taken its place', async () => {
    await withFileLock(lock, async () => writeFileSync(lock, 'another'));
    expect(readFileSync(lock, 'utf8')).toBe('another');
  });

  const here = thisOwner();
  const hasStart = here.start !== null;
  it.each<[string, () => string, string]>([
    ['of this process, which another thread holds', () => JSON.stringify(here), 'ERR_FILE_BUSY'],
    [
      'of one that runs',
      () => JSON.stringify({ ...thisOwner(), pid: process.ppid, start: startTicks(process.ppid) }),
      'ERR_FILE_BUSY',
    ],
    ['of one that has ended', () => JSON.stringify({ ...here, pid: gone() }), 'taken'],
    ...(hasStart
      ? ([
          [
            'of one whose number is another’s now',
            () => JSON.stringify({ ...here, start: '1' }),
            'taken',
          ],
        ] as [string, () => string, string][])
      : []),
    [
      'of another machine, a moment old',
      () => JSON.stringify({ ...here, place: 'b', pid: 1 }),
      'ERR_FILE_BUSY',
    ],
    ['that is empty, a moment old', () => '', 'ERR_FILE_BUSY'],
  ])('%s', async (_, text, expected) => {
    writeFileSync(lock, text());
    expect(await take()).toBe(expected);
    expect(readdirSync(folder)).toEqual(expected === 'taken' ? [] : ['x.lock']);
  });

  it.each([
    ['of another machine', JSON.stringify({ ...here, place: 'b' })],
    ['that is empty', ''],
    ['that was cut off', JSON.stringify(here).slice(0, 9)],
    ['that never was one', '{"pid":{},"place":[]}'],
  ])('%s counts no more when nobody has touched it', async (_, text) => {
    writeFileSync(lock, text);
    const before = Date.now() / 1000 - 61;
    utimesSync(lock, before, before);
    expect(await take()).toBe('taken');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is touched while it is held', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      await withFileLock(lock, async () => {
        const text = readFileSync(lock, 'utf8');
        utimesSync(lock, 1, 1);
        vi.advanceTimersByTime(10_000);
        await vi.waitFor(() => expect(statSync(lock).mtimeMs).toBeGreaterThan(1e6));
        expect(readFileSync(lock, 'utf8')).toBe(text);
      });
    } finally {
      vi.useRealTimers();
    }
  });

  it('sweeps what processes that were ended left beside it, and nothing else', async () => {
    const token = '01234567-89ab-4def-8123-456789abcdef';
    writeFileSync(`${lock}.${token}`, JSON.stringify({ ...here, pid: gone() }));
    writeFileSync(`${lock}.${token.replace('0', '1')}`, JSON.stringify(here));
    writeFileSync(`${lock}.mine`, JSON.stringify({ ...here, pid: gone() }));
    expect(await take()).toBe('taken');
    expect(readdirSync(folder)).toEqual([`x.lock.${token.replace('0', '1')}`, 'x.lock.mine']);
  });
});

describe('a disk that is full', () => {
  it('leaves no lock', async () => {
    const { open } = promises;
    vi.spyOn(promises, 'open').mockImplementation(async (path, ...rest) => {
      const handle = await open(path, ...rest);
      vi.spyOn(handle, 'writeFile').mockRejectedValue(full());
      return handle;
    });
    await expect(withFileLock(lock, async () => 'taken')).rejects.toThrow(/x\.lock.*no space/);
    expect(readdirSync(folder)).toEqual([]);
    vi.restoreAllMocks();
    expect(await take()).toBe('taken');
  });
});

describe('a disk without links', () => {
  it('has locks as well, and none when it is full', async () => {
    const none = () => Object.assign(new Error('EPERM: no links'), { code: 'EPERM' });
    vi.spyOn(promises, 'link').mockImplementation(() => Promise.reject(none()));
    await withFileLock(lock, async () => {
      expect(await take()).toBe('ERR_FILE_BUSY');
      expect(JSON.parse(readFileSync(lock, 'utf8'))).toMatchObject({ pid: process.pid });
    });
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(lock, JSON.stringify({ ...thisOwner(), pid: gone() }));
    expect(await take()).toBe('taken');
  });
});

describe('starters that race', () => {
  const program = join(home.path, 'racer.mjs');

  beforeAll(async () => {
    await build({
      entryPoints: [join(import.meta.dirname, '../../src/platform/fileLock.ts')],
      outfile: join(home.path, 'fileLock.mjs'),
      bundle: true,
      format: 'esm',
      platform: 'node',
    });
    // Steps take as long as chance says, so that they fall between each other in all ways.
    writeFileSync(
      program,
      `import fs from 'node:fs';
       const { withFileLock } = await import('./fileLock.mjs');
       const [folder, dies] = process.argv.slice(2);
       const pause = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
       for (const name of ['link', 'rm', 'open', 'stat']) {
         const step = fs.promises[name];
         fs.promises[name] = async (...args) => { await pause(); return step(...args); };
       }
       for (let done = false; !done; ) {
         try {
           await withFileLock(folder + '/x.lock', async () => {
             fs.writeFileSync(folder + '/inside', '', { flag: 'wx' });
             await pause();
             fs.unlinkSync(folder + '/inside');
             fs.appendFileSync(folder + '/held', '.');
             if (dies === 'true') process.exit(0);
           });
           done = true;
         } catch (error) {
           if (error.code !== 'ERR_FILE_BUSY') throw error;
         }
       }`,
    );
  });

  it('never hold it twice, and do not stop each other for ever', async () => {
    writeFileSync(lock, JSON.stringify({ ...thisOwner(), pid: gone() }));
    const ends = await Promise.all(
      Array.from({ length: 20 }, (_, i) => {
        // Every other one dies with the lock in its hands.
        const child = spawn(process.execPath, [program, folder, String(i % 2 === 0)]);
        let output = '';
        child.stdout.on('data', (text) => (output += text));
        child.stderr.on('data', (text) => (output += text));
        return new Promise<string>((resolve) =>
          child.on('close', (code) => resolve(`${code} ${output}`)),
        );
      }),
    );
    expect(ends).toEqual(new Array(20).fill('0 '));
    expect(readFileSync(join(folder, 'held'), 'utf8').length).toBe(20);
    expect(existsSync(join(folder, 'inside'))).toBe(false);
    expect(await take()).toBe('taken');
    expect(readdirSync(folder)).toEqual(['held']);
  });
});

function startTicks(pid: number): string | null {
  if (!existsSync(`/proc/${pid}/stat`)) return null;
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
}
