import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { commandInFolders, runCommand } from '../support/command.js';

const { file: command, at } = commandInFolders();
const run = (...args: string[]) => runCommand(command, args, at(), at('cache'));

function put(name: string, content: string): string {
  const path = join(at('cache'), name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

it('lists what was downloaded, with size, date and digest, and removes it by name', async () => {
  const model = put('models/book/horse2zebra.pth', 'x'.repeat(1_500_000));
  const other = put('models/zoo/monet2photo.pth', 'y');
  const part = put('models/book/horse2zebra.pth.part', 'half');
  utimesSync(model, 1e9, 1e9);
  const digest = createHash('sha256').update('x'.repeat(1_500_000)).digest('hex');
  const { code, stdout, stderr } = await run('cache');
  expect([code, stdout.split('\n')[0]]).toEqual([
    0,
    `book/horse2zebra     1.5 MB  2001-09-09  ${digest}`,
  ]);
  expect(stderr).toMatch(/cache: 3 models, 1\.5 MB/);
  expect(JSON.parse((await run('cache', '--json')).stdout).models).toHaveLength(3);
  expect(await run('cache', 'remove', 'book/horse2zebra')).toMatchObject({ code: 0 });
  // A part without a note is none of a download's.
  expect([model, other, part].map(existsSync)).toEqual([false, true, true]);
});

it('clears what it has put there, and nothing else', async () => {
  const own = [
    'models/zoo/monet2photo.pth',
    'code-fma-1-0123456789abcdef',
    'tile-0123456789abcdef.json',
  ].map((name) => put(name, 'x'));
  const others = [
    'notes.txt',
    'models/own/model.pth',
    'code-fma.js',
    'backup-0123456789abcdef',
    'backup-0123456789abcdef.json',
  ].map((name) => put(name, 'x'));
  expect(await run('cache', 'clear')).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^zoo\/monet2photo is removed\.\n2 files about this machine/),
  });
  expect(own.map(existsSync)).toEqual(own.map(() => false));
  expect(others.map(existsSync)).toEqual(others.map(() => true));
});

it.each([
  [['remove'], 2, /cache remove MODEL/],
  [['remove', '../../x'], 1, /no model of that name/],
  [['purge'], 2, /cache clear/],
])('cache %j is refused', async (args, code, message) => {
  expect(await run('cache', ...args)).toMatchObject({
    code,
    stderr: expect.stringMatching(message),
  });
});
