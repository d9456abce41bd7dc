import { execFile } from 'node:child_process';
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleCommand } from '../../scripts/bundleCommand.mjs';
import { encodeImage } from '../../src/image/formats.js';
import { type CommandResult, temporaryFolder } from '../support/command.js';
import { goldenPath } from '../support/golden.js';

const home = temporaryFolder();
const command = join(home.path, 'cyclegan.mjs');
const data = Uint8Array.from({ length: 720 }, (_, i) => (i * i * 7 + (i >> 3)) % 251);
const picture = encodeImage({ width: 20, height: 12, data }, 'in.png');
let count = 0;
let cwd = '';

/** A line of a shell, in which `cyclegan` is the command. */
function shell(line: string): Promise<CommandResult> {
  const script = `cyclegan() { "$0" "$1" "$@"; }; ${line}`.replace(
    '"$1" "$@"',
    `'${command}' "$@"`,
  );
  const env = { ...process.env, CYCLEGAN_CACHE: '' };
  return new Promise((resolve) =>
    execFile('bash', ['-c', script, process.execPath], { cwd, env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    ),
  );
}

function everything(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Map(
    names
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => [
        join(parentPath, name),
        readFileSync(join(parentPath, name), 'latin1'),
      ]),
  );
}

beforeAll(() => bundleCommand(command));
afterAll(home.remove);
beforeEach(() => {
  cwd = join(home.path, String(count++));
  mkdirSync(join(cwd, 'd'), { recursive: true });
  for (const name of ['a.png', 'd/b.png', 'd/c.png']) writeFileSync(join(cwd, name), picture);
  linkSync(join(cwd, 'a.png'), join(cwd, 'also.png'));
  for (const name of ['w.pth', 'v.pth']) copyFileSync(goldenPath('tiny_zip.pth'), join(cwd, name));
});

describe.skipIf(process.platform === 'win32')('a file that is read', () => {
  it.each([
    'cyclegan a.png -o o.png --json >> a.png',
    'cyclegan a.png -o o.png --json >> also.png',
    'cyclegan a.png - >> a.png',
    'cyclegan - -o o.png --json < a.png >> a.png',
    'cyclegan /dev/stdin -o o.png --json < a.png >> a.png',
    'cyclegan a.png -o o.png -w w.pth --json >> w.pth',
    'cyclegan d -o out --json >> d/c.png',
    'cyclegan "d/*.png" -o out --json >> d/c.png',
    'cyclegan d a.png -o out --json >> a.png',
    'cyclegan d -w w.pth -o out --json >> w.pth',
    'cyclegan inspect w.pth >> w.pth',
    'cyclegan inspect w.pth --json >> w.pth',
    'cyclegan diff w.pth v.pth >> v.pth',
    'cyclegan summary w.pth >> w.pth',
    'cyclegan export w.pth o.onnx >> w.pth',
  ])('is not written to by standard output: %s', async (line) => {
    const before = everything(cwd);
    const { code, stderr } = await shell(line);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/: standard output is this very file/),
    ]);
    expect(everything(cwd)).toEqual(before);
  });

  it.each([
    'cyclegan a.png -o o.png 2>> a.png',
    'cyclegan a.png none.png -o out 2>> a.png',
    'cyclegan a.png --unknown 2>> a.png',
    'cyclegan a.png -o o.png -w w.pth 2>> w.pth',
    'cyclegan d -o out &>> d/b.png',
    'cyclegan inspect w.pth 2>> w.pth',
    'cyclegan export w.pth o.onnx 2>> w.pth',
  ])('is not written to by messages either: %s', async (line) => {
    const before = everything(cwd);
    expect((await shell(line)).code).toBe(2);
    expect(everything(cwd)).toEqual(before);
  });
});

it.skipIf(process.platform === 'win32')('other files take what is told', async () => {
  const { code } = await shell(
    'cyclegan a.png -o o.png -w w.pth --resize none --json >> log.json 2>> log.txt < d/b.png',
  );
  expect(code).toBe(0);
  expect(JSON.parse(readFileSync(join(cwd, 'log.json'), 'utf8'))).toMatchObject({
    output: 'o.png',
  });
  expect(readFileSync(join(cwd, 'log.txt'), 'utf8')).toMatch(/a\.png \(20x12\) -> o\.png/);
  expect((await shell('cyclegan a.png - -w w.pth --resize none > s.png')).code).toBe(0);
  expect(readFileSync(join(cwd, 's.png')).equals(readFileSync(join(cwd, 'o.png')))).toBe(true);
});

it
  .skipIf(process.platform !== 'linux')
  .each([
    'cyclegan a.png - -q -w w.pth --resize 256 > o.png',
    'cyclegan a.png - -q -w w.pth --resize 256 >> log.png',
    'cyclegan inspect w.pth --json > log.json',
  ])(
  'what does not fit into a file is told, and not left half written in silence: %s',
  async (line) => {
    // A write that reaches the limit writes what fits, and says how much that was.
    const { code, stderr } = await shell(`trap '' XFSZ; ulimit -f 1; ${line}`);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/standard output: cannot write it \(EFBIG/),
    ]);
  },
);
