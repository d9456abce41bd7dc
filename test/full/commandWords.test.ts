import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { encodeImage } from '../../src/image/formats.js';
import { commandInFolders, runCommand, SMALL_PICTURE } from '../support/command.js';
import { goldenPath } from '../support/golden.js';

const { file: command, at, run } = commandInFolders();
const weights = goldenPath('tiny_zip.pth');
const PNG = encodeImage(SMALL_PICTURE, 'a.png');
const usual = ['-w', weights, '--resize', 'none'];
beforeEach(() => writeFileSync(at('a.png'), PNG));

/** Standard output and error of a command on a terminal. */
function onTerminal(line: string): string {
  const all = `cd '${at()}'; TERM=xterm CYCLEGAN_CACHE= '${process.execPath}' '${command}' ${line}`;
  return spawnSync('script', ['-qec', all, '/dev/null'], { encoding: 'utf8', input: '' }).stdout;
}
const hasScript = spawnSync('script', ['--version']).status === 0;

describe('a failure with --json', () => {
  it('is a line, too, with its code and the picture that it is about', async () => {
    writeFileSync(at('text.png'), 'no picture');
    const cases = [
      [['none.png', 'b.png'], 1, { input: 'none.png', error: { code: 'ERR_FILE_NOT_FOUND' } }],
      [['text.png', 'b.png'], 1, { input: 'text.png', error: { code: 'ERR_IMAGE_FORMAT' } }],
      [['a.png', 'a.png'], 2, { input: 'a.png', error: { code: 'ERR_USAGE' } }],
      [['none', 'nothing', '-o', 'out'], 1, { error: { code: 'ERR_FILE_NOT_FOUND' } }],
    ] as const;
    for (const [args, code, line] of cases) {
      const result = await run(...args, ...usual, '--json');
      expect(result.code).toBe(code);
      expect(JSON.parse(result.stdout)).toMatchObject(line);
    }
    const several = await run('a.png', 'text.png', '-o', 'out', ...usual, '--json');
    const lines = several.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ input, error }) => [input, error?.code])).toEqual(
      expect.arrayContaining([
        ['a.png', undefined],
        ['text.png', 'ERR_IMAGE_FORMAT'],
      ]),
    );
    expect(lines).toHaveLength(2);
  });

  it('has no place where standard output is for a picture', async () => {
    expect(await run('a.png', '-', '--json')).toMatchObject({ code: 2, stdout: '' });
  });

  it('has times of tenths of milliseconds', async () => {
    const { stdout } = await run('a.png', 'b.png', ...usual, '--json');
    for (const time of Object.values<number>(JSON.parse(stdout).milliseconds)) {
      expect(Math.round(time * 10) / 10).toBe(time);
    }
  });
});

describe('folders that are missing', () => {
  it('are made for OUT and for -o alike', async () => {
    for (const args of [['new/deep/b.png'], ['-o', 'other/b.png'], ['-o', 'third/']]) {
      expect(await run('a.png', ...args, ...usual)).toMatchObject({ code: 0 });
    }
    const outputs = ['new/deep/b.png', 'other/b.png', 'third/a.png'];
    expect(outputs.map((name) => existsSync(at(name)))).toEqual([true, true, true]);
  });

  it('are not made for what cannot be translated', async () => {
    writeFileSync(at('text.png'), 'no picture');
    expect(await run('text.png', 'new/b.png', ...usual)).toMatchObject({ code: 1 });
    expect(readdirSync(at()).sort()).toEqual(['a.png', 'text.png']);
  });
});

it.runIf(process.getuid?.() === 0)(
  'a folder that cannot be written to is told by the name that was given',
  async () => {
    mkdirSync(at('locked'));
    chmodSync(at('locked'), 0o555);
    for (const folder of [at(), at('..')]) chmodSync(folder, 0o755);
    chmodSync(command, 0o755);
    const uid = 65_534;
    for (const name of ['locked/b.png', 'locked/new/b.png']) {
      const result = await runCommand(command, ['a.png', name, '--resize', 'none'], at(), '', {
        uid,
      });
      expect(result).toMatchObject({
        code: 1,
        stderr: `cyclegan: ${name}: cannot write it (EACCES: permission denied).\n`,
      });
    }
  },
);

describe('--dry-run', () => {
  it('tells what would be written, and writes nothing', async () => {
    mkdirSync(at('in/deep'), { recursive: true });
    for (const name of ['in/b.png', 'in/deep/c.jpg']) writeFileSync(at(name), PNG);
    const lines = async (...args: string[]) => (await run(...args, '--dry-run')).stdout;
    expect(await lines('a.png')).toBe('a.png -> a.cyclegan.png\n');
    expect(await lines('a.png', '--suffix', '_z', '--format', 'jpg')).toBe('a.png -> a_z.jpg\n');
    expect(await lines('in', '-r', '-o', 'out')).toBe(
      'in/b.png -> out/b.png\nin/deep/c.jpg -> out/deep/c.png\n',
    );
    expect(await lines('a.png', '--json')).toBe('{"input":"a.png","output":"a.cyclegan.png"}\n');
    expect(readdirSync(at()).sort()).toEqual(['a.png', 'in']);
    writeFileSync(at('b.png'), 'old');
    expect(await run('a.png', 'b.png', '--dry-run')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/b\.png exists/),
    });
  });
});

describe('--suffix', () => {
  it('names outputs, which are then passed over', async () => {
    writeFileSync(at('b.png'), PNG);
    expect(await run('.', '--suffix', '_z', ...usual)).toMatchObject({ code: 0 });
    expect(readdirSync(at()).sort()).toEqual(['a.png', 'a_z.png', 'b.png', 'b_z.png']);
    const again = await run('.', '--suffix', '_z', '--resume', ...usual);
    expect(again).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/Nothing to do: all 2 pictures/),
    });
  });
});

it('the note on the built-in model does not precede an error', async () => {
  const { stderr } = await run('a.png', 'b.png', '--resize', '3');
  expect(stderr).toMatch(
    /^cyclegan: a\.png: a picture of \d+ x 3 is too small for this network: it takes \d+ x \d+ pixels and more/,
  );
  expect(stderr).not.toMatch(/built-in/);
});

describe.runIf(hasScript)('a terminal', () => {
  it('gets no picture', () => {
    expect(onTerminal('a.png -')).toMatch(
      /Standard output is a terminal, which cannot show a picture/,
    );
    expect(onTerminal('--frames')).toMatch(
      /Standard output is a terminal, which cannot show frames/,
    );
  });

  it('shows a bar for one picture, with the time that is left, and no layer', () => {
    const shown = onTerminal(`a.png b.png -w '${weights}' --resize none`);
    expect(shown).toMatch(/\[#+\.*\] {2}\d.* left {2}a\.png/);
    expect(shown).not.toMatch(/conv2d/);
    expect(onTerminal(`a.png c.png -w '${weights}' --resize none --debug`)).toMatch(
      /1\/\d+ .*conv|pad/i,
    );
  });
});

it('that standard input is waited for is said', async () => {
  const child = spawn(process.execPath, [command, '-', 'b.png', ...usual], { cwd: at() });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
    if (/Waiting for a picture on standard input/.test(stderr)) child.stdin.end(PNG);
  });
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
  expect(stderr).toMatch(/^Waiting for a picture on standard input\.\n- \(20x12\) -> b\.png/);
});
