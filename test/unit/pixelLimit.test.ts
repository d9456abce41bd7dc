import { afterEach, describe, expect, it } from 'vitest';
import { decodeImage, encodeImage, loadDecoder, loadEncoder } from '../../src/image/formats.js';
import { setMaxPixels } from '../../src/image/picture.js';
import { ConvTranspose2d } from '../../src/nn/convTranspose2d.js';
import { translate } from '../../src/translate/translate.js';

afterEach(() => setMaxPixels());

const black = (width: number, height: number) => ({
  width,
  height,
  data: new Uint8Array(3 * width * height),
});

describe('the most pixels of a picture', () => {
  const files = ['png', 'jpg', 'tif', 'webp'];

  it.each(files)('hold for what is read from %s', async (extension) => {
    await loadEncoder(`.${extension}`);
    const file = encodeImage(black(8, 4), `.${extension}`);
    await loadDecoder(file);
    setMaxPixels(32);
    expect(decodeImage(file)).toMatchObject({ width: 8, height: 4 });
    setMaxPixels(31);
    expect(() => decodeImage(file)).toThrow(
      /8 ?x ?4 .*at most 31 pixels are taken, .*--max-pixels.*setMaxPixels/,
    );
    setMaxPixels();
    expect(decodeImage(file)).toMatchObject({ width: 8, height: 4 });
  });

  it('hold for what is written, and the message says how to have more', () => {
    setMaxPixels(31);
    expect(() => encodeImage(black(8, 4), '.png')).toThrow(
      /8 x 4 pixels is too large: at most 31 pixels are taken.*--max-pixels.*setMaxPixels/,
    );
  });

  it('are those of Pillow', () => {
    // `PIL.Image.MAX_IMAGE_PIXELS` is 89,478,485, and twice that is an error.
    const header = (width: number) => new TextEncoder().encode(`P5 ${width} 1 255 `);
    const limit = 2 * 89_478_485;
    expect(() => decodeImage(header(limit + 1))).toThrow(/too large/);
    expect(() => decodeImage(header(limit))).not.toThrow(/too large/);
  });

  it('hold for what a network would make, before it begins', async () => {
    const network = new ConvTranspose2d(3, 3, 2, { stride: 2 }).eval();
    const progress: unknown[] = [];
    setMaxPixels(64);
    const made = translate(black(8, 8), network, {
      ...{ resize: null, engine: 'js' },
      onProgress: (node) => progress.push(node),
    });
    await expect(made).rejects.toThrow('The result of 16 x 16 pixels is too large');
    expect(progress).toEqual([]);
  });

  it.each([0, 1.5, -1, Number.NaN, 2 ** 31, '9'])('are not %s', (pixels) => {
    expect(() => setMaxPixels(pixels as number)).toThrow(
      expect.objectContaining({ code: 'ERR_IMAGE_SIZE' }),
    );
  });
});
