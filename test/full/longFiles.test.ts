// Pictures of files that are longer than memory, or whose headers lie: refused by name, and before any memory is taken.
import { truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeImage, heldWhileDecoding } from '../../src/image/formats.js';
import { concatenate } from '../../src/platform/concatenate.js';
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

/** `Image.new('RGB', (16, 16), (200, 90, 30)).save(file, 'JPEG', quality=75, progressive=True)`, chroma of half the size both ways. */
const PROGRESSIVE = Buffer.from(
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/2wBDAQkJCQwLDBgNDRgyIRwhMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjL/wgARCAAQABADASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAP/xAAUAQEAAAAAAAAAAAAAAAAAAAAF/9oADAMBAAIQAxAAAAGIJa//xAAUEAEAAAAAAAAAAAAAAAAAAAAg/9oACAEBAAEFAh//xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oACAEDAQE/AX//xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oACAECAQE/AX//xAAUEAEAAAAAAAAAAAAAAAAAAAAg/9oACAEBAAY/Ah//xAAUEAEAAAAAAAAAAAAAAAAAAAAg/9oACAEBAAE/IR//2gAMAwEAAgADAAAAEAf/xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oACAEDAQE/EH//xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oACAECAQE/EH//xAAUEAEAAAAAAAAAAAAAAAAAAAAg/9oACAEBAAE/EB//2Q==',
  'base64',
);

/** The same that says it is larger, with bytes behind it that could hold as much. */
function sized(width: number, height: number): Uint8Array {
  const file = concatenate([PROGRESSIVE, new Uint8Array((width * height) / 200)]);
  const view = new DataView(file.buffer);
  const frame = PROGRESSIVE.indexOf(Buffer.from([0xff, 0xc2]));
  view.setUint16(frame + 5, height);
  view.setUint16(frame + 7, width);
  return file;
}

describe('a progressive JPEG', () => {
  const { at, run } = commandInFolders();
  const weights = goldenPath('tiny_zip.pth');

  it('is known to hold two bytes for each sample', () => {
    expect(heldWhileDecoding(PROGRESSIVE)).toBe(2 * (16 * 16 + 2 * 8 * 8));
    // In whole units of 16 pixels a side.
    expect(heldWhileDecoding(sized(1601, 1599))).toBe(2 * 1.5 * 1616 * 1600);
    expect(heldWhileDecoding(encodeImage(SMALL_PICTURE, 'a.jpg'))).toBe(0);
    expect(heldWhileDecoding(encodeImage(SMALL_PICTURE, 'a.png'))).toBe(0);
    const lying = sized(6000, 4000).subarray(0, PROGRESSIVE.length);
    expect(() => heldWhileDecoding(lying)).toThrow(/cannot hold 6000x4000 pixels/);
  });

  it('says what that costs, and is refused where --memory is less', async () => {
    writeFileSync(at('in.jpg'), sized(6000, 4000));
    const translate = (...options: string[]) => run('in.jpg', 'out.png', '-w', weights, ...options);
    const refused = await translate('--memory', '60M');
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(
        /^cyclegan: in.jpg is a JPEG of several scans .* 72 MB, more than --memory 60M; with --memory 72M /,
      ),
    ]);
    const told = await translate('--memory', '400M');
    expect([told.code, told.stderr]).toEqual([0, expect.stringMatching(/^in.jpg is .* 72 MB\.$/m)]);
  });
});
