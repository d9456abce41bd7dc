// Pictures of files that are longer than memory, or whose headers lie: refused by name, and before any memory is taken.
import { truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeImage } from '../../src/image/formats.js';
import { commandInFolders, SMALL_PICTURE } from '../support/command.js';
import { goldenPath } from '../support/golden.js';

const GIGABYTES_20 = 20 * 2 ** 30;

describe('a picture', () => {
  const { at, run } = commandInFolders();
  const weights = goldenPath('tiny_zip.pth');
  const translate = (input: string) => run(input, 'out.png', '-w', weights);

  it.each([
    ['JPEG', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)],
    ['BMP', Buffer.from('BM')],
    ['WebP', Buffer.from('RIFF____WEBPVP8 ')],
  ])(
    'of a file of 20 gigabytes that is no more than a beginning is refused: %s',
    async (_, start) => {
      writeFileSync(at('in'), start);
      truncateSync(at('in'), GIGABYTES_20);
      const found = await translate('in');
      expect([found.code, found.stderr]).toEqual([
        1,
        expect.stringMatching(/^cyclegan: in: .*too long/),
      ]);
    },
  );

  it('before such a length is read all the same', async () => {
    writeFileSync(at('in.png'), encodeImage(SMALL_PICTURE, 'in.png'));
    truncateSync(at('in.png'), GIGABYTES_20);
    expect(await translate('in.png')).toMatchObject({ code: 0 });
  });

  it('whose header tells of no pixels is refused by its decoder', async () => {
    const bytes = new Uint8Array(100);
    bytes.set(Buffer.from('BM'));
    writeFileSync(at('in.bmp'), bytes);
    const found = await translate('in.bmp');
    expect([found.code, found.stderr]).toEqual([
      1,
      expect.stringMatching(/^cyclegan: in.bmp: The BMP/),
    ]);
  });
});
