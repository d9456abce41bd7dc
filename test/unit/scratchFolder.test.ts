import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withScratch } from '../../src/cli/scratchFolder.js';

let folder = '';
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'cyclegan-scratch-')));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the folder of a scratch file', () => {
  it('is the one beside the output, as far as it is there', async () => {
    expect(await withScratch({}, join(folder, 'new', 'newer', 'a.png'))).toEqual({
      scratch: folder,
    });
  });

  it('is the one that an output leads to that is a link to a file', async () => {
    const beside = join(folder, 'beside');
    mkdirSync(beside);
    writeFileSync(join(beside, 'a.png'), 'x');
    symlinkSync(join(beside, 'a.png'), join(folder, 'a.png'));
    expect(await withScratch({}, join(folder, 'a.png'))).toEqual({ scratch: beside });
  });

  it.skipIf(process.platform !== 'linux').each([null, '/dev/null', '/dev/full', '/dev/none.png'])(
    'is none for %s, unless it is named',
    async (output) => {
      expect(await withScratch({ threads: 1 }, output)).toEqual({ threads: 1 });
      expect(await withScratch({ scratch: folder }, output)).toEqual({ scratch: folder });
    },
  );

  it('is refused where it is none', async () => {
    await expect(withScratch({ scratch: join(folder, 'none') }, null)).rejects.toThrow(
      /--scratch takes a folder/,
    );
  });
});
