import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { encodeImage } from '../../src/image/formats.js';
import { saveStateDict } from '../../src/pth/write/saveStateDict.js';
import { commandInFolders, runCommand, SMALL_PICTURE } from '../support/command.js';
import { goldenPath } from '../support/golden.js';

const { file: command, at } = commandInFolders();
const weights = goldenPath('tiny_zip.pth');

beforeEach(() => writeFileSync(at('in.png'), encodeImage(SMALL_PICTURE, 'in.png')));

describe('the cache', () => {
  const inCache = async (cache: string, file = weights) => {
    const args = ['in.png', '-o', 'out.png', '-w', file, '--resize', 'none'];
    const { code, stderr } = await runCommand(command, args, at(), cache);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('rror')]);
    return readFileSync(at('out.png'), 'hex');
  };
  const codeCacheFile = (cache: string) => {
    const [name] = readdirSync(cache).filter((file) => file.startsWith('code-'));
    return join(cache, name);
  };
  /** A file that is made again is another one, put in place of the first. */
  const identity = (file: string) => {
    const { ino, mtimeMs, size } = statSync(file);
    return { ino, mtimeMs, size };
  };

  it('keeps machine code, which is made once, and what is right and fastest here, and changes nothing', async () => {
    const cache = at('cache');
    const expected = await inCache('');
    expect(await inCache(cache)).toBe(expected);
    const made = identity(codeCacheFile(cache));
    expect(await inCache(cache)).toBe(expected);
    expect(identity(codeCacheFile(cache))).toEqual(made);
    expect(readdirSync(cache).sort()).toEqual([
      expect.stringMatching(/^code-.*[^p]$/),
      expect.stringMatching(/^tile-.*\.json$/),
    ]);
  });

  it('never runs machine code that is damaged, or that of another network of the same size', async () => {
    const cache = at('cache');
    const wider = new ResNetGenerator(3, 3, 12, 2);
    await saveStateDict(wider.stateDict(), at('wider.pth'));
    const expected = await inCache('');
    expect(await inCache(cache)).toBe(expected);
    const file = codeCacheFile(cache);
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
    const other = await inCache('', at('wider.pth'));
    expect(await inCache(cache, at('wider.pth'))).toBe(other);
    expect(await inCache(cache)).toBe(expected);
  });

  it.skipIf(process.platform === 'win32')(
    'never runs machine code that somebody else could have written',
    async () => {
      const cache = at('cache');
      const expected = await inCache(cache);
      const file = codeCacheFile(cache);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      chmodSync(file, 0o620);
      const open = identity(file);
      expect(await inCache(cache)).toBe(expected);
      expect(identity(file)).not.toEqual(open);
      expect(statSync(file).mode & 0o777).toBe(0o600);
    },
  );
});
