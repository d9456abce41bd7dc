import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleCommand } from '../../scripts/bundleCommand.mjs';
import { encodeImage } from '../../src/image/formats.js';
import { runCommand, temporaryFolder } from '../support/command.js';
import { goldenPath } from '../support/golden.js';

const home = temporaryFolder();
const command = join(home.path, 'cyclegan.mjs');
const weights = goldenPath('tiny_zip.pth');
const isPosix = process.platform !== 'win32';
const hasFull = existsSync('/dev/full');
let count = 0;
let cwd = '';
const children: ChildProcess[] = [];

const run = (...args: string[]) => runCommand(command, args, cwd);
const tiny = ['-w', weights, '--resize', 'none'];
const grey = (width: number, height: number) =>
  encodeImage({ width, height, data: new Uint8Array(3 * width * height).fill(90) }, 'x.png');

beforeAll(() => bundleCommand(command));
afterAll(home.remove);
beforeEach(() => {
  cwd = join(home.path, String(count++));
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'in.png'), grey(20, 12));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

const fifo = (name: string) => {
  expect(spawnSync('mkfifo', [join(cwd, name)]).status).toBe(0);
  return join(cwd, name);
};

/** A script in a shell, where `$C` is the command. */
function shell(script: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const env = { ...process.env, CYCLEGAN_CACHE: '', C: `${process.execPath} ${command}` };
  const child = spawn('bash', ['-c', script], { cwd, env });
  children.push(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => (stdout += text));
  child.stderr.on('data', (text) => (stderr += text));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

describe.skipIf(!isPosix)('a pipe', () => {
  it('is read to its end, as picture and as weights', async () => {
    fifo('a.png');
    const { code, stderr } = await shell(
      `cat in.png > a.png & $C a.png o.png -w ${weights} --resize none && $C in.png p.png -w <(cat ${weights}) --resize none && $C <(cat in.png) q.png -w ${weights} --resize none`,
    );
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    const [a, b, c] = ['o.png', 'p.png', 'q.png'].map((name) => readFileSync(join(cwd, name)));
    expect(a.equals(b) && a.equals(c)).toBe(true);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'that nobody writes to does not hold the command: %s',
    async (signal) => {
      fifo('a.png');
      for (const args of [
        ['a.png', 'o.png', ...tiny],
        ['inspect', 'a.png'],
      ]) {
        const env = { ...process.env, CYCLEGAN_CACHE: '' };
        const child = spawn(process.execPath, [command, ...args], { cwd, env });
        children.push(child);
        const end = new Promise((resolve) => child.on('exit', (_, by) => resolve(by)));
        await new Promise((resolve) => setTimeout(resolve, 700));
        child.kill(signal);
        expect(await end).toBe(signal);
      }
    },
  );

  it('among others is passed over, by any of its names', async () => {
    fifo('a.png');
    symlinkSync('a.png', join(cwd, 'b.png'));
    symlinkSync('in.png', join(cwd, 'c.png'));
    const { code, stderr } = await run('.', '-o', 'out', ...tiny);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    expect(readdirSync(join(cwd, 'out')).sort()).toEqual(['c.png', 'in.png']);
  });
});

describe.skipIf(!isPosix)('what is no file', () => {
  it.each(['/dev/zero', '/dev/null'])('%s is refused, as picture and as weights', async (path) => {
    for (const args of [
      [path, 'o.png', ...tiny],
      ['inspect', path],
    ]) {
      const { code, stderr } = await run(...args);
      expect(code).toBe(1);
      expect(stderr).toContain(`${path}: this is no regular file`);
    }
  });

  it('a file of terabytes is refused, and none of it read', async () => {
    const path = join(cwd, 'huge.pgm');
    writeFileSync(path, Buffer.concat([Buffer.from('P5 20 12 255\n'), Buffer.alloc(20 * 12)]));
    truncateSync(path, 2 ** 41);
    const { code, stderr } = await run('huge.pgm', 'o.png', ...tiny);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'cyclegan: huge.pgm: this is too long: at most 2147483648 bytes are taken.\n',
    });
    rmSync(path);
  });

  it('of a file of terabytes that is read in blocks, nothing behind the picture is read', async () => {
    const path = join(cwd, 'huge.png');
    writeFileSync(path, grey(20, 12));
    truncateSync(path, 2 ** 41);
    expect(await run('huge.png', 'o.png', ...tiny)).toMatchObject({ code: 0 });
    expect(readFileSync(join(cwd, 'o.png')).length).toBeLessThan(5000);
    rmSync(path);
  });
});

describe.skipIf(!hasFull)('standard output that is full', () => {
  it.each([
    `inspect ${weights}`,
    `inspect ${weights} --json`,
    '--help',
    'download',
    `in.png o.png -w ${weights} --json`,
    `in.png - -w ${weights}`,
    `in.png -o out/ -w ${weights} --json`,
    'completion bash',
  ])('is an error of one line: %s', async (args) => {
    const { code, stderr } = await shell(`$C ${args} -q > /dev/full`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^cyclegan: standard output: cannot write it \(ENOSPC.*\)\.\n$/);
  });

  it('is no reason to end when it is standard error', async () => {
    expect(await shell(`$C in.png o.png -w ${weights} 2> /dev/full`)).toMatchObject({ code: 0 });
    expect(existsSync(join(cwd, 'o.png'))).toBe(true);
    expect(await shell('$C nothing.png 2> /dev/full')).toMatchObject({ code: 1 });
  });
});

describe.skipIf(!isPosix)('a reader that goes away', () => {
  it('interrupts a run of many: whole files, no others, and --resume goes on', async () => {
    for (let i = 0; i < 12; i++) writeFileSync(join(cwd, `${i}.png`), grey(64 + 4 * i, 64));
    const many = `$C . -o out -w ${weights} --resize none --json`;
    const first = await shell(`${many} | head -1; echo \${PIPESTATUS[0]}`);
    const [line, status] = first.stdout.trim().split('\n');
    expect(JSON.parse(line)).toHaveProperty('output');
    expect(status).toBe('141');
    expect(first.stderr).toMatch(/Interrupted: \d+ of 13 are done\. --resume goes on\.\n$/);
    const made = readdirSync(join(cwd, 'out'));
    expect(made.length).toBeLessThan(13);
    expect(made.filter((name) => !/^\w+\.png$/.test(name))).toEqual([]);
    expect(await shell(`${many} --resume`)).toMatchObject({ code: 0 });
    expect(readdirSync(join(cwd, 'out')).length).toBe(13);
  });

  it('is no error where nothing is left to do', async () => {
    const { stdout, stderr } = await shell(`$C --help | head -1; echo \${PIPESTATUS[0]}`);
    expect(stdout).toMatch(/^cyclegan .*\n0\n$/);
    expect(stderr).toBe('');
  });
});

describe('a picture that the network does not take', () => {
  it('is named, with the smallest size, alone and among others', async () => {
    writeFileSync(join(cwd, 'small.png'), grey(3, 200));
    const text =
      /small\.png: a picture of 3 x 200 is too small for this network: it takes (\d+) x \1 pixels and more/;
    const alone = await run('small.png', 'o.png', ...tiny);
    expect(alone).toMatchObject({ code: 1, stderr: expect.stringMatching(text) });
    const least = Number(text.exec(alone.stderr)?.[1]);
    const many = await run('small.png', 'in.png', '-o', 'out/', ...tiny, '--json');
    expect(many).toMatchObject({ code: 1, stderr: expect.stringMatching(text) });
    expect(readdirSync(join(cwd, 'out'))).toEqual(['in.png']);
    // It is the smallest.
    for (const [side, code] of [
      [least, 0],
      [least - 1, 1],
    ]) {
      writeFileSync(join(cwd, 'edge.png'), grey(side, side));
      expect(await run('edge.png', '-o', 'e.png', ...tiny)).toMatchObject({ code });
    }
  });

  it.skipIf(process.platform !== 'linux')(
    'for want of addresses is told so in true numbers',
    async () => {
      const { code, stderr } = await shell(`ulimit -v 8000000; $C in.png o.png -w ${weights} -q`);
      // V8 13 does without the addresses that it cannot set aside.
      if (Number(process.versions.v8.split('.')[0]) >= 13) {
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        return;
      }
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^cyclegan: in\.png: This process cannot have \d+ (kB|MB) .* limited to 8\.2 GB \(ulimit -v\)/,
      );
      expect(stderr).not.toContain('--resize');
      expect(
        await shell(`ulimit -v 8000000; $C in.png o.png -w ${weights} -q --engine js`),
      ).toMatchObject({
        code: 0,
      });
    },
  );
});

describe('a disk that is full', () => {
  const mount = (size: string) => {
    const place = join(cwd, 'disk');
    mkdirSync(place);
    return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', place]).status === 0;
  };

  it.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0).each(['4k', '64k'])(
    'really: a gallery and pictures leave no temporary file on one of %s',
    async (size) => {
      // Containers may not be allowed to mount; the disk's errors are tested without one in test/unit.
      if (!mount(size)) return;
      const disk = join(cwd, 'disk');
      try {
        const noise = { width: 150, height: 150, data: new Uint8Array(67_500) };
        for (let i = 0; i < noise.data.length; i++) noise.data[i] = (i * i * 31) >> 3;
        mkdirSync(join(cwd, 'in'));
        for (const name of ['a.png', 'b.png']) {
          writeFileSync(join(cwd, 'in', name), encodeImage(noise, name));
        }
        const { code } = await run('in', '-o', disk, ...tiny, '--gallery');
        expect(code).toBe(1);
        expect(readdirSync(disk).filter((name) => name.startsWith('.'))).toEqual([]);
      } finally {
        spawnSync('umount', [disk]);
      }
    },
  );
});

describe.skipIf(process.platform !== 'linux')('a cache that cannot be written to', () => {
  it('does not keep a picture from being translated', async () => {
    const args = ['in.png', '-o', 'o.png', ...tiny, '-q'];
    for (const cache of ['/proc/sys/cyclegan', '/dev/null', '/proc/1/fd']) {
      expect(await runCommand(command, args, cwd, cache)).toMatchObject({ code: 0, stderr: '' });
    }
  });
});
