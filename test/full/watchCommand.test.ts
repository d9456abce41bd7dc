import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { encodeImage } from '../../src/image/formats.js';
import { commandInFolders, SMALL_PICTURE } from '../support/command.js';
import { goldenPath } from '../support/golden.js';

const { file: command, at, run } = commandInFolders();
const weights = goldenPath('tiny_zip.pth');
const PNG = encodeImage(SMALL_PICTURE, 'a.png');
const OTHER = encodeImage({ ...SMALL_PICTURE, data: SMALL_PICTURE.data.toReversed() }, 'a.png');
const SOON = { timeout: 60_000, interval: 50 };

let child: ChildProcess | null = null;
afterEach(() => child?.kill('SIGKILL'));

function watch(...args: string[]) {
  const all = [command, '--watch', 'in', '-o', 'out', '-w', weights, '--resize', 'none', ...args];
  const started = spawn(process.execPath, all, { cwd: at(), stdio: ['ignore', 'pipe', 'pipe'] });
  child = started;
  const texts = { stdout: '', stderr: '' };
  started.stdout.on('data', (text) => (texts.stdout += text));
  started.stderr.on('data', (text) => (texts.stderr += text));
  const code = new Promise((resolve) => started.on('close', resolve));
  const end = () => {
    started.kill('SIGINT');
    return code;
  };
  return { texts, end };
}

it('translates what is there and what appears, whole files only, and ends with a summary', async () => {
  mkdirSync(at('in'));
  writeFileSync(at('in/first.png'), PNG);
  const { texts, end } = watch('--json');
  await expect.poll(() => existsSync(at('out/first.png')), SOON).toBe(true);
  writeFileSync(at('in/second.png.part'), PNG);
  writeFileSync(at('in/half.png'), PNG.subarray(0, 100));
  renameSync(at('in/second.png.part'), at('in/second.png'));
  await expect.poll(() => existsSync(at('out/second.png')), SOON).toBe(true);
  expect(existsSync(at('out/half.png'))).toBe(false);
  writeFileSync(at('in/half.png'), PNG);
  await expect.poll(() => existsSync(at('out/half.png')), SOON).toBe(true);
  const whole = readFileSync(at('out/first.png'));
  expect(['second', 'half'].map((name) => readFileSync(at(`out/${name}.png`)))).toEqual([
    whole,
    whole,
  ]);
  writeFileSync(at('in/first.png'), OTHER);
  await expect.poll(() => readFileSync(at('out/first.png')).equals(whole), SOON).toBe(false);
  await expect.poll(() => texts.stdout.split('\n').length, SOON).toBe(5);
  expect(await end()).toBe(0);
  expect(texts.stderr).toMatch(/^Watching in; Ctrl\+C ends it\.$[\s\S]*^4 pictures in /m);
  expect(
    texts.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).input)
      .sort(),
  ).toEqual([...['in/first.png', 'in/first.png', 'in/half.png', 'in/second.png']]);
});

it('reports what cannot be translated, goes on, and leaves what others have written', async () => {
  for (const folder of ['in', 'out']) mkdirSync(at(folder));
  writeFileSync(at('in/text.png'), 'no picture');
  writeFileSync(at('in/there.png'), PNG);
  writeFileSync(at('out/there.png'), 'somebody else’s');
  const { texts, end } = watch();
  await expect.poll(() => texts.stderr, SOON).toMatch(/in\/text\.png: This is no picture/);
  writeFileSync(at('in/fine.png'), PNG);
  await expect.poll(() => existsSync(at('out/fine.png')), SOON).toBe(true);
  await expect.poll(() => texts.stderr, SOON).toMatch(/fine\.png \(20x12\)/);
  expect(await end()).toBe(1);
  expect(texts.stderr).toMatch(/out\/there\.png: is there already; --force replaces it/);
  expect(texts.stderr).toMatch(/1 of 2 pictures could not be translated/);
  expect(readFileSync(at('out/there.png'), 'utf8')).toBe('somebody else’s');
  expect(readdirSync(at('out')).sort()).toEqual(['fine.png', 'there.png']);
});

it('reports what would replace a picture, and goes on', async () => {
  for (const folder of ['in', 'out']) mkdirSync(at(folder));
  writeFileSync(at('in/same.png'), PNG);
  symlinkSync('../in/same.png', at('out/same.png'));
  const { texts, end } = watch('--force');
  await expect.poll(() => texts.stderr, SOON).toMatch(/out\/same\.png: an output would replace/);
  writeFileSync(at('in/fine.png'), PNG);
  await expect.poll(() => existsSync(at('out/fine.png')), SOON).toBe(true);
  await expect.poll(() => texts.stderr, SOON).toMatch(/fine\.png \(20x12\)/);
  expect(await end()).toBe(1);
  expect(readFileSync(at('in/same.png'))).toEqual(Buffer.from(PNG));
});

it.each([
  [['--watch', 'none'], 1, /none: no such file/],
  [['--watch', '.', '-o', '.'], 2, /among the inputs/],
  [['--watch', '.', 'a.png'], 2, /--watch takes one folder/],
  [['--watch', '.', '--gallery'], 2, /--gallery cannot be had with --watch/],
  [['--watch', '.', '--frames'], 2, /--watch cannot be had with a stream/],
])('%j is refused', async (args, code, message) => {
  expect(await run(...args)).toMatchObject({ code, stderr: expect.stringMatching(message) });
});
