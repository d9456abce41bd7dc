import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  promises,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GalleryFile } from '../../src/cli/gallery/galleryFile.js';
import { findInputs } from '../../src/cli/pictures/inputs.js';
import { cleanUpOnSignals } from '../../src/cli/signals.js';
import { openBytes } from '../../src/platform/byteInput.js';
import { readFileBytes, writeFileAtomic } from '../../src/platform/files.js';
import { makeFolders } from '../../src/platform/folders.js';
import { readPipe } from '../../src/platform/pipes.js';
import { openWeights } from '../../src/pth/weightFile.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectAborted } from '../support/aborted.js';
import { temporaryFolder } from '../support/command.js';
import { goldenBytes } from '../support/golden.js';

const home = temporaryFolder();
const isPosix = process.platform !== 'win32';
let count = 0;
let cwd = '';

afterAll(home.remove);
beforeEach(() => {
  cwd = join(home.path, String(count++));
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'in.png'), '');
});
afterEach(() => vi.restoreAllMocks());

const fifo = (name: string) => {
  expect(spawnSync('mkfifo', [join(cwd, name)]).status).toBe(0);
  return join(cwd, name);
};

describe.skipIf(!isPosix)('an output that replaces', () => {
  const write = (name: string) =>
    writeFileAtomic(join(cwd, name), Buffer.from('made'), { replace: true });

  it.each([0o640, 0o600, 0o444, 0o755])('a file of mode %o leaves it so', async (mode) => {
    writeFileSync(join(cwd, 'a.png'), 'old');
    chmodSync(join(cwd, 'a.png'), mode);
    await write('a.png');
    expect(statSync(join(cwd, 'a.png')).mode & 0o777).toBe(mode);
    expect(readFileSync(join(cwd, 'a.png'), 'utf8')).toBe('made');
  });

  it('nothing, or a link, has the mode of any new file', async () => {
    writeFileSync(join(cwd, 'new.png'), '');
    writeFileSync(join(cwd, 'target.png'), '', { mode: 0o600 });
    symlinkSync('target.png', join(cwd, 'link.png'));
    await write('first.png');
    await write('link.png');
    const expected = statSync(join(cwd, 'new.png')).mode;
    for (const name of ['first.png', 'link.png']) {
      expect(lstatSync(join(cwd, name)).mode).toBe(expected);
    }
  });

  it('a pipe, or a link to one, is written into', async () => {
    const path = fifo('pipe.png');
    symlinkSync('pipe.png', join(cwd, 'link.png'));
    for (const name of ['pipe.png', 'link.png']) {
      const reader = spawn('cat', [path]);
      const chunks: Buffer[] = [];
      reader.stdout.on('data', (chunk) => chunks.push(chunk));
      const ended = new Promise((resolve) => reader.on('close', resolve));
      await write(name);
      await ended;
      expect(Buffer.concat(chunks).toString()).toBe('made');
      expect(statSync(path).isFIFO()).toBe(true);
    }
    expect(readdirSync(cwd).sort()).toEqual(['in.png', 'link.png', 'pipe.png']);
  });

  it('a pipe is refused where nothing may be replaced', async () => {
    const path = fifo('pipe.png');
    const writing = writeFileAtomic(path, Buffer.from('made'), { replace: false });
    await expect(writing).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' });
    expect(statSync(path).isFIFO()).toBe(true);
  });
});

describe.skipIf(!isPosix)('a pipe', () => {
  it('that never ends is given up', async () => {
    const path = fifo('a.png');
    const writer = spawn('bash', ['-c', `cat /dev/zero > ${path}`]);
    await expect(readPipe(path, 1_000_000)).rejects.toMatchObject({ code: 'ERR_FILE_TOO_LARGE' });
    writer.kill('SIGKILL');
  });

  it('of which nothing comes is let go of when its reader is told to stop', async () => {
    const path = fifo('a.png');
    const writer = spawn('bash', ['-c', `exec sleep 60 > ${path}`]);
    const signal = AbortSignal.timeout(100);
    const reading = openBytes(path, { signal });
    await expectAborted(reading, signal);
    writer.kill('SIGKILL');
  });

  it('among others is passed over, by any of its names', async () => {
    fifo('a.png');
    symlinkSync('a.png', join(cwd, 'b.png'));
    symlinkSync('in.png', join(cwd, 'c.png'));
    symlinkSync('nowhere', join(cwd, 'd.png'));
    const names = async (...operands: string[]) =>
      (await findInputs(operands, { recursive: true, outputs: null })).inputs.map(
        ({ relative }) => relative,
      );
    expect(await names(join(cwd, '*.png'))).toEqual(['c.png', 'd.png', 'in.png']);
    await expect(names(join(cwd, 'a.png'))).rejects.toThrow(/a\.png: this is no regular file/);
    expect(await names(cwd)).toEqual(['c.png', 'd.png', 'in.png']);
  });
});

describe('what is no file', () => {
  it.skipIf(!isPosix)('a socket is refused', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(cwd, 's.png'), resolve));
    await expect(readFileBytes(join(cwd, 's.png'))).rejects.toThrow(/no regular file/);
    await new Promise((resolve) => server.close(resolve));
  });

  it.skipIf(process.platform !== 'linux')(
    'takes no folders, which is told and not tried for ever',
    () => {
      expect(() => makeFolders('/proc/sys/cyclegan/a/b')).toThrow(/ENOENT|EACCES|EPERM|EROFS/);
      expect(() => makeFolders(join(cwd, 'in.png', 'a'))).toThrow(/ENOTDIR|EEXIST/);
      makeFolders(join(cwd, 'a', 'b', 'c'));
      makeFolders(join(cwd, 'a', 'b', 'c'));
      expect(readdirSync(join(cwd, 'a', 'b'))).toEqual(['c']);
    },
  );
});

describe('a file that is another one by the next look', () => {
  const of = (value: number) =>
    encodeStateDict(
      new Map(['a', 'b'].map((key) => [key, Tensor.full([100, 100], value)])),
      'x.safetensors',
    );

  it.each<[string, (path: string, bytes: Uint8Array) => void]>([
    ['written over', writeFileSync],
    [
      'put in its place',
      (path, bytes) => {
        writeFileSync(`${path}.new`, bytes);
        renameSync(`${path}.new`, path);
      },
    ],
  ])('is not read as if it were the first: %s', async (_, replace) => {
    const path = join(cwd, 'x.safetensors');
    writeFileSync(path, of(1));
    const file = await openWeights(path);
    expect((await file.tensor('a')).data[0]).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    replace(path, of(2));
    await expect(file.tensor('b')).rejects.toThrow(/x\.safetensors: the file was changed/);
    await expect(file.stateDict()).rejects.toThrow(/x\.safetensors: the file was changed/);
    expect((await (await openWeights(path)).tensor('b')).data[0]).toBe(2);
  });
});

describe('a disk that is full', () => {
  const full = () =>
    Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  /** From the so-manieth write on, there is no space; closing fails as well. */
  function fillUp(after: number): void {
    const { open } = promises;
    let writes = 0;
    vi.spyOn(promises, 'open').mockImplementation(async (path, ...rest) => {
      const handle = await open(path, ...rest);
      const { appendFile, close } = handle;
      vi.spyOn(handle, 'appendFile').mockImplementation((...args) =>
        ++writes > after ? Promise.reject(full()) : appendFile.apply(handle, args),
      );
      vi.spyOn(handle, 'close').mockImplementation(async () => {
        await close.call(handle);
        if (writes > after) throw full();
      });
      return handle;
    });
  }
  const job = () => ({
    input: { path: join(cwd, 'in.png'), relative: 'in.png' },
    output: join(cwd, 'out', 'in.png'),
  });
  const begin = () =>
    GalleryFile.begin(join(cwd, 'out'), [job()], { replace: 'never', details: [] });

  it('leaves nothing of a gallery, whenever that comes', async () => {
    fillUp(0);
    await expect(begin()).rejects.toThrow(/index\.html.*no space/);
    expect(readdirSync(join(cwd, 'out'))).toEqual([]);
    vi.restoreAllMocks();
    fillUp(1);
    const gallery = await begin();
    await expect(gallery.end('')).rejects.toThrow(/no space/);
    await gallery.discard();
    expect(readdirSync(join(cwd, 'out'))).toEqual([]);
  });

  it('leaves nothing of a picture', async () => {
    fillUp(1);
    const bytes = [Uint8Array.of(1), Uint8Array.of(2)];
    const written = writeFileAtomic(join(cwd, 'o.png'), bytes, { replace: false });
    await expect(written).rejects.toThrow(/o\.png.*no space/);
    expect(readdirSync(cwd)).toEqual(['in.png']);
  });
});

describe('a name', () => {
  it('is given when the bytes are on the disk', async () => {
    const steps: string[] = [];
    const { open, rename, link } = promises;
    vi.spyOn(promises, 'open').mockImplementation(async (path, ...rest) => {
      const handle = await open(path, ...rest);
      const { sync } = handle;
      vi.spyOn(handle, 'sync').mockImplementation(() => {
        steps.push(path === cwd ? 'folder' : 'bytes');
        return sync.call(handle);
      });
      return handle;
    });
    vi.spyOn(promises, 'rename').mockImplementation((...args) => {
      steps.push('name');
      return rename(...args);
    });
    vi.spyOn(promises, 'link').mockImplementation((...args) => {
      steps.push('name');
      return link(...args);
    });
    for (const replace of [true, false]) {
      await writeFileAtomic(join(cwd, `${replace}`), goldenBytes('tiny_zip.pth'), { replace });
    }
    expect(steps).toEqual(['bytes', 'name', 'folder', 'bytes', 'name', 'folder']);
  });

  it('is given where the file system cannot say that they are', async () => {
    const { open } = promises;
    vi.spyOn(promises, 'open').mockImplementation(async (path, ...rest) => {
      const handle = await open(path, ...rest);
      const cannot = Object.assign(new Error('EINVAL'), { code: 'EINVAL' });
      vi.spyOn(handle, 'sync').mockRejectedValue(cannot);
      return handle;
    });
    await writeFileAtomic(join(cwd, 'x'), Uint8Array.of(1), { replace: true });
    expect(readdirSync(cwd).sort()).toEqual(['in.png', 'x']);
  });
});

describe('a file that is being written', () => {
  const names = () => readdirSync(cwd).sort();
  function* pieces(meanwhile: () => void) {
    yield Uint8Array.of(1);
    meanwhile();
    yield Uint8Array.of(2);
  }

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'is gone when %s ends the process',
    async (signal) => {
      const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
      const listeners = process.listenerCount(signal);
      cleanUpOnSignals();
      const found: unknown[] = [];
      const written = writeFileAtomic(
        join(cwd, 'out.png'),
        pieces(() => {
          found.push(names().length);
          process.emit(signal, signal);
          found.push(names(), kill.mock.calls);
        }),
        { replace: false },
      );
      await expect(written).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_FILE/) });
      expect(found).toEqual([2, ['in.png'], [[process.pid, signal]]]);
      expect(process.listenerCount(signal)).toBe(listeners);
      expect(names()).toEqual(['in.png']);
    },
  );

  it('is left to who else listens', async () => {
    const heard = vi.fn();
    process.on('SIGTERM', heard);
    cleanUpOnSignals();
    await writeFileAtomic(
      join(cwd, 'out.png'),
      pieces(() => process.emit('SIGTERM', 'SIGTERM')),
      { replace: false },
    );
    process.off('SIGTERM', heard);
    expect(heard).toHaveBeenCalledOnce();
    expect(names()).toEqual(['in.png', 'out.png']);
  });

  it('has a name of its own, whatever processes of the same number have left', async () => {
    writeFileSync(join(cwd, `.out.png.${process.pid}.cyclegan-tmp`), 'of another');
    await Promise.allSettled(
      [1, 2, 3].map((value) =>
        writeFileAtomic(join(cwd, 'out.png'), Uint8Array.of(value), { replace: true }),
      ),
    ).then((ends) => expect(ends.map(({ status }) => status)).toEqual(Array(3).fill('fulfilled')));
    expect(names()).toEqual([`.out.png.${process.pid}.cyclegan-tmp`, 'in.png', 'out.png']);
  });
});
