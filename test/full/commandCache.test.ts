import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleCommand } from '../../scripts/bundleCommand.mjs';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { encodeImage } from '../../src/image/formats.js';
import { saveStateDict } from '../../src/pth/write/saveStateDict.js';
import { runCommand, temporaryFolder } from '../support/command.js';
import { goldenPath } from '../support/golden.js';

const home = temporaryFolder();
const command = join(home.path, 'cyclegan.mjs');
let count = 0;
let cwd = '';

const weights = goldenPath('tiny_zip.pth');
const grey = { width: 20, height: 12, data: new Uint8Array(720).map((_, i) => (i * 7) % 256) };

beforeAll(() => bundleCommand(command));
afterAll(home.remove);
beforeEach(() => {
  cwd = join(home.path, String(count++));
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'in.png'), encodeImage(grey, 'in.png'));
});

describe('the cache', () => {
  const inCache = async (cache: string, file = weights) => {
    const args = ['in.png', '-o', 'out.png', '-w', file, '--resize', 'none'];
    const { code, stderr } = await runCommand(command, args, cwd, cache);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('rror')]);
    return readFileSync(join(cwd, 'out.png'), 'hex');
  };
  const keptCode = (cache: string) => {
    const [name] = readdirSync(cache).filter((file) => file.startsWith('code-'));
    return join(cache, name);
  };
  /** A file that is made again is another one, put in place of the first. */
  const identity = (file: string) => {
    const { ino, mtimeMs, size } = statSync(file);
    return { ino, mtimeMs, size };
  };

  it('keeps machine code, which is made once, and what is right and fastest here, and changes nothing', async () => {
    const cache = join(cwd, 'cache');
    const expected = await inCache('');
    expect(await inCache(cache)).toBe(expected);
    const made = identity(keptCode(cache));
    expect(await inCache(cache)).toBe(expected);
    expect(identity(keptCode(cache))).toEqual(made);
    expect(readdirSync(cache).sort()).toEqual([
      expect.stringMatching(/^code-.*[^p]$/),
      expect.stringMatching(/^tile-.*\.json$/),
    ]);
  });

  it('never runs machine code that is damaged, or that of another network of the same size', async () => {
    const cache = join(cwd, 'cache');
    const wider = new ResNetGenerator(3, 3, 12, 2);
    await saveStateDict(wider.stateDict(), join(cwd, 'wider.pth'));
    const expected = await inCache('');
    expect(await inCache(cache)).toBe(expected);
    const file = keptCode(cache);
    const bytes = readFileSync(file);
    const flipped = (at: number) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
    const damages = [
      bytes.subarray(0, 3),
      bytes.subarray(0, bytes.length - 1),
      flipped(bytes.length >> 1),
      flipped(bytes.length - 40),
    ];
    for (const damaged of damages) {
      writeFileSync(file, damaged);
      const broken = identity(file);
      expect(await inCache(cache)).toBe(expected);
      expect(identity(file)).not.toEqual(broken);
    }
    const other = await inCache('', join(cwd, 'wider.pth'));
    expect(await inCache(cache, join(cwd, 'wider.pth'))).toBe(other);
    expect(await inCache(cache)).toBe(expected);
  });

  it.skipIf(process.platform === 'win32')(
    'never runs machine code that somebody else could have written',
    async () => {
      const cache = join(cwd, 'cache');
      const expected = await inCache(cache);
      const file = keptCode(cache);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      chmodSync(file, 0o620);
      const open = identity(file);
      expect(await inCache(cache)).toBe(expected);
      expect(identity(file)).not.toEqual(open);
      expect(statSync(file).mode & 0o777).toBe(0o600);
    },
  );
});
