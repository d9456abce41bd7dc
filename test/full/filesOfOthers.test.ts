import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleCommand } from '../../scripts/bundleCommand.mjs';
import { encodeImage } from '../../src/image/formats.js';
import { PartFile } from '../../src/platform/partFile.js';
import { runCommand, temporaryFolder } from '../support/command.js';
import { goldenPath } from '../support/golden.js';

const home = temporaryFolder();
const command = join(home.path, 'cyclegan.mjs');
const weights = goldenPath('tiny_zip.pth');
const picture = encodeImage({ width: 20, height: 12, data: new Uint8Array(720) }, 'in.png');
let count = 0;
let cwd = '';

const run = (...args: string[]) => runCommand(command, [...args, '--resize', 'none'], cwd);

beforeAll(() => bundleCommand(command));
afterAll(home.remove);
beforeEach(() => {
  cwd = join(home.path, String(count++));
  mkdirSync(join(cwd, 'd'), { recursive: true });
});

describe('names that are nearly as long as file systems take', () => {
  it('do not keep the other pictures of a folder from being translated', async () => {
    const names = ['a.png', `${'n'.repeat(245)}.png`, `${'馬'.repeat(81)}.png`, 'z.png'];
    for (const name of names) writeFileSync(join(cwd, 'd', name), picture);
    const { code, stderr } = await run('d', '-o', 'out', '-w', weights);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('ENAMETOOLONG')]);
    expect(readdirSync(join(cwd, 'out')).sort()).toEqual(names.toSorted());
  });
});

describe('the weight file', () => {
  it.each([
    ['a folder', ['d']],
    ['a picture', ['d/a.png']],
  ])('is no output of %s, whatever it is called', async (_, inputs) => {
    writeFileSync(join(cwd, 'd/a.png'), picture);
    mkdirSync(join(cwd, 'out'));
    const own = join(cwd, 'out/a.png');
    const bytes = readFileSync(weights);
    writeFileSync(own, bytes);
    const { code, stderr } = await run(...inputs, '-o', 'out/', '--force', '-w', 'out/a.png');
    expect([code, stderr]).toEqual([2, expect.stringMatching(/would replace (an|the) input/)]);
    expect(readFileSync(own).equals(bytes)).toBe(true);
  });
});

describe('a part of a download', () => {
  it.each([
    ['symbolic', symlinkSync],
    ['hard', linkSync],
  ])('is not written through a %s link', async (_, link) => {
    const mine = join(cwd, 'mine.bin');
    writeFileSync(mine, 'mine');
    const part = join(cwd, 'model.pth.part');
    link(mine, part);
    await expect(
      PartFile.open(join(cwd, 'model.pth'), 'http://localhost/model.pth'),
    ).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' });
    expect(readFileSync(mine, 'utf8')).toBe('mine');
    expect(existsSync(part)).toBe(true);
  });
});
