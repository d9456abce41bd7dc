import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleCommand } from '../../scripts/bundleCommand.mjs';
import { encodeImage } from '../../src/image/formats.js';
import { type CommandResult, runCommand, temporaryFolder } from '../support/command.js';

const home = temporaryFolder();
const command = join(home.path, 'cyclegan.mjs');
const picture = encodeImage({ width: 20, height: 12, data: new Uint8Array(720) }, 'in.png');
/** Nobody: to root, no folder is locked. */
const uid = process.getuid?.() === 0 ? 65_534 : undefined;
let count = 0;
let cwd = '';

const run = (...args: string[]): Promise<CommandResult> =>
  runCommand(command, [...args, '--resize', 'none'], cwd, '', { uid });

beforeAll(async () => {
  chmodSync(home.path, 0o755);
  await bundleCommand(command);
});
afterAll(home.remove);
beforeEach(() => {
  cwd = join(home.path, String(count++));
  for (const name of ['in/locked', 'in/sub']) mkdirSync(join(cwd, name), { recursive: true });
  for (const name of ['', 'in', 'in/sub']) chmodSync(join(cwd, name), 0o777);
});
const put = (name: string) => writeFileSync(join(cwd, name), picture);
const linesOf = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe.skipIf(process.platform === 'win32')('a folder that is locked', () => {
  it('is told of, and the other pictures are translated', async () => {
    for (const name of ['in/a.png', 'in/sub/b.png', 'in/locked/c.png']) put(name);
    chmodSync(join(cwd, 'in/locked'), 0);
    const first = await run('in', '-r', '-o', 'out', '--json', '--quiet');
    chmodSync(join(cwd, 'in/locked'), 0);
    expect([first.code, first.stderr.split('\n')]).toEqual([
      1,
      [
        expect.stringMatching(/^cyclegan: in\/locked: cannot read it \(EACCES/),
        'cyclegan: 1 folder not looked into.',
        '',
      ],
    ]);
    const [locked, ...done] = linesOf(first.stdout);
    expect(locked).toMatchObject({ input: 'in/locked', error: { code: 'ERR_FILE' } });
    expect(done.map(({ input }) => input).sort()).toEqual(['in/a.png', 'in/sub/b.png']);
    expect(readdirSync(join(cwd, 'out'), { recursive: true }).sort()).toEqual(
      ['a.png', 'sub', 'sub/b.png'].sort(),
    );
    // With nothing left to do, it is lacking all the same.
    const again = await run('in', '-r', '-o', 'out', '--resume');
    expect([again.code, again.stderr]).toEqual([
      1,
      expect.stringMatching(/1 folder not looked into/),
    ]);
    chmodSync(join(cwd, 'in/locked'), 0o755);
  });

  it('is all that there is', async () => {
    chmodSync(join(cwd, 'in/locked'), 0);
    for (const flags of [[], ['--gallery']]) {
      const { code, stderr } = await run('in', '-r', '-o', 'out', ...flags);
      expect([code, stderr]).toEqual([1, expect.stringMatching(/in\/locked: cannot read it/)]);
      expect(existsSync(join(cwd, 'out'))).toBe(false);
    }
    chmodSync(join(cwd, 'in/locked'), 0o755);
  });
});

describe.skipIf(process.platform !== 'linux')('pictures whose names cannot be', () => {
  it('are told of one by one, and the others are translated', async () => {
    const long = `in/${'n'.repeat(250)}.png`;
    for (const name of ['in/a\ufffd.png', long]) put(name);
    writeFileSync(Buffer.from(`${cwd}/in/a\xff.png`, 'latin1'), picture);
    const { code, stderr } = await run('in');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/2 of 3 pictures could not be/)]);
    expect(stderr).toMatch(/in\/a\\xff\.png: the name is not UTF-8/);
    expect(stderr).toMatch(/n\.cyclegan\.png: the name is too long: it has 263 bytes/);
    expect(existsSync(join(cwd, 'in/a\ufffd.cyclegan.png'))).toBe(true);
    const one = await run(long);
    expect([one.code, one.stderr]).toEqual([1, expect.stringMatching(/too long.*-o names one/)]);
  });

  it('are not taken for others on the command line', async () => {
    put('a\ufffd.png');
    const before = readdirSync(cwd);
    for (const line of [
      "$'a\\xff.png'",
      "$'a\\xff.png' b.png",
      "$'a\ufffd.png' -o $'o\\xe4.png'",
    ]) {
      const { code, stderr } = await shell(`"$0" "$1" ${line}`);
      expect([code, stderr]).toEqual([
        2,
        expect.stringMatching(/\$'\S+\\x(ff|e4)\.png': .* not UTF-8/),
      ]);
      expect(readdirSync(cwd)).toEqual(before);
    }
    const { code, stderr } = await shell(`"$0" "$1" a\ufffd.png --resize none`);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/a\ufffd\.cyclegan\.png/)]);
  });

  const shell = (line: string): Promise<CommandResult> =>
    new Promise((resolve) =>
      execFile('bash', ['-c', line, process.execPath, command], { cwd }, (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
      ),
    );
});
