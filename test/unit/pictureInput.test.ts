import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { compose, toTensor } from '../../src/image/convert.js';
import { centerCrop } from '../../src/image/crop.js';
import { decodeImage, encodeImage, saveImage } from '../../src/image/formats.js';
import { ImageError, type Picture } from '../../src/image/picture.js';
import type { PictureInput } from '../../src/image/pictureInput.js';
import { resize } from '../../src/image/resize/resize.js';
import { toImageData } from '../../src/image/toImageData.js';
import { manualSeed } from '../../src/nn/random.js';
import { type TranslateOptions, translate } from '../../src/translate/translate.js';
import { temporaryFolder } from '../support/command.js';

const netG = (() => {
  manualSeed(3);
  return new ResNetGenerator(3, 3, 4, 1).eval();
})();

const SIZE = { width: 8, height: 6 };
const COUNT = 48;
const rgb = Uint8Array.from({ length: 3 * COUNT }, (_, i) => (i * 37 + 11) % 256);
const picture: Picture = { ...SIZE, data: rgb };
const seeThrough = Uint8Array.from({ length: COUNT }, (_, i) => (i * 5) % 256);

/** Pixel by pixel, as the HTML Standard lays out `ImageData`. */
function rgba(alpha: (pixel: number) => number): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(4 * COUNT);
  for (let i = 0; i < COUNT; i++) {
    out.set([rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2], alpha(i)], 4 * i);
  }
  return out;
}
const opaque = { ...SIZE, data: rgba(() => 255), colorSpace: 'srgb' };
const translucent = { ...SIZE, data: rgba((i) => seeThrough[i]), colorSpace: 'srgb' };

const js = (input: PictureInput, options: TranslateOptions = {}) =>
  translate(input, netG, { resize: null, engine: 'js', ...options });

/** Everything that takes a picture, and gives something that can be compared. */
const TAKERS: Readonly<Record<string, (input: PictureInput) => unknown>> = {
  translate: (input) => js(input),
  encodeImage: (input) => encodeImage(input, 'x.png'),
  'encodeImage as JPEG': (input) => encodeImage(input, 'x.jpg'),
  toTensor: toTensor(),
  resize: resize({ width: 5, height: 4 }),
  'resize to its own size': resize({ ...SIZE }),
  centerCrop: centerCrop(4),
  compose: compose(resize(5), toTensor()),
  toImageData,
};

const attempt = async (action: () => unknown): Promise<unknown> => {
  try {
    return await action();
  } catch (error) {
    return error;
  }
};

afterEach(() => vi.unstubAllGlobals());

describe.each(Object.entries(TAKERS))('%s', (_, take) => {
  it('takes RGBA that is opaque, and bytes of either kind, as RGB', async () => {
    const expected = await take(picture);
    expect(await take(opaque)).toEqual(expected);
    expect(await take({ ...opaque, data: new Uint8Array(opaque.data) })).toEqual(expected);
    expect(await take({ ...SIZE, data: new Uint8ClampedArray(rgb) })).toEqual(expected);
    expect(await take({ ...SIZE, data: Buffer.from(rgb) })).toEqual(expected);
    expect(await take({ ...SIZE, data: rgb, alpha: undefined })).toEqual(expected);
  });

  it('takes RGBA that is not as a picture with alpha', async () => {
    const expected = await take({ ...picture, alpha: seeThrough });
    expect(await take(translucent)).toEqual(expected);
  });

  it('refuses any other length, and tells both', async () => {
    const side = fc.integer({ min: 1, max: 9 });
    await fc.assert(
      fc.asyncProperty(side, side, fc.nat(400), fc.boolean(), async (width, height, n, clamped) => {
        fc.pre(n !== 3 * width * height && n !== 4 * width * height);
        const data = clamped ? new Uint8ClampedArray(n) : new Uint8Array(n);
        const error = await attempt(() => take({ width, height, data }));
        expect(error).toBeInstanceOf(ImageError);
        expect(error).toMatchObject({ code: 'ERR_PICTURE' });
        const { message } = error as Error;
        for (const number of [3 * width * height, 4 * width * height, n]) {
          expect(message).toMatch(new RegExp(`\\b${number}\\b`));
        }
      }),
      { numRuns: 40 },
    );
  });

  it.each<[unknown, RegExp]>([
    [{ ...picture, alpha: new Uint8Array(COUNT - 1) }, /alpha of 8 x 6 pixels has 48.*has 47/],
    [{ ...picture, alpha: [1] }, /alpha must be a Uint8Array.*is Array/],
    [{ ...SIZE, data: new Float32Array(3 * COUNT) }, /data must be.*is Float32Array/],
    [{ ...SIZE, data: new Uint16Array(3 * COUNT) }, /is Uint16Array/],
    [{ ...SIZE, data: [...rgb] }, /is Array/],
    [{ ...SIZE, data: rgb.buffer }, /is ArrayBuffer/],
    [{ ...SIZE, data: undefined }, /is Undefined/],
    [{ ...picture, width: '8' }, /whole numbers, but one is "8"/],
    [{ ...picture, width: 8.5 }, /8\.5/],
    [{ ...picture, height: Number.NaN }, /NaN/],
    [{ ...picture, width: -8, height: -6 }, /empty/],
    [{ width: 0, height: 6, data: new Uint8Array(0) }, /empty/],
    [{ ...opaque, colorSpace: 'display-p3' }, /Display P3.*srgb/],
    ['horse.jpg', /the text "horse.jpg"; openImage/],
    [Promise.resolve(picture), /Promise; await/],
    [new Blob([]), /Blob; openImage/],
    [rgb, /Uint8Array; openImage/],
    [null, /Null/],
    [undefined, /Undefined/],
    [{ ...SIZE, naturalWidth: 8, [Symbol.toStringTag]: 'HTMLImageElement' }, /createImageBitmap/],
  ])('refuses what is no picture (%#)', async (input, message) => {
    const error = await attempt(() => take(input as PictureInput));
    expect(error).toBeInstanceOf(ImageError);
    expect((error as Error).message).toMatch(message);
  });
});

it('saveImage writes no file of what is no picture', async () => {
  const folder = temporaryFolder();
  try {
    const wrong = { ...SIZE, data: new Uint8Array(5) };
    await expect(saveImage(wrong, `${folder.path}/x.png`)).rejects.toMatchObject({
      code: 'ERR_PICTURE',
    });
    await saveImage(translucent, `${folder.path}/x.png`);
  } finally {
    folder.remove();
  }
});

describe('alpha of RGBA', () => {
  it('goes through translate as that of a picture, and PNG keeps it', async () => {
    const translated = await js(translucent);
    expect(translated.alpha).toBeInstanceOf(Uint8Array);
    expect(translated.data).toEqual((await js(picture)).data);
    const kept = await js(translucent, { keepSize: true });
    expect(kept.alpha).toEqual(seeThrough);
    const decoded = decodeImage(encodeImage(translucent, 'x.png'), { alpha: true });
    expect(decoded).toEqual({ ...picture, alpha: seeThrough });
  });
});

describe('toImageData', () => {
  it('is the inverse of taking ImageData', () => {
    expect(toImageData(picture)).toEqual(opaque);
    expect(toImageData({ ...picture, alpha: seeThrough })).toEqual(translucent);
    expect([...toImageData({ width: 1, height: 1, data: Uint8Array.of(1, 2, 3) }).data]).toEqual([
      1, 2, 3, 255,
    ]);
  });

  it('makes an ImageData where there is such a class', () => {
    class ImageData {
      readonly data: Uint8ClampedArray;
      readonly width: number;
      readonly height: number;
      constructor(data: Uint8ClampedArray, width: number, height: number) {
        this.data = data;
        this.width = width;
        this.height = height;
      }
    }
    vi.stubGlobal('ImageData', ImageData);
    const made = toImageData(picture);
    expect(made).toBeInstanceOf(ImageData);
    expect([made.width, made.height, made.data]).toEqual([8, 6, opaque.data]);
  });
});

describe('a canvas', () => {
  /** As far as this library uses one; a context is asked for its pixels in sRGB. */
  class Canvas {
    drawn: unknown = null;
    readonly width: number;
    readonly height: number;
    readonly context: string;
    constructor(width = 8, height = 6, context = '2d') {
      this.width = width;
      this.height = height;
      this.context = context;
    }
    getContext(kind: string) {
      if (kind !== this.context) return null;
      return {
        drawImage: (image: unknown) => {
          this.drawn = image;
        },
        getImageData: (...args: unknown[]) => {
          expect(args).toEqual([0, 0, this.width, this.height, { colorSpace: 'srgb' }]);
          return translucent;
        },
      };
    }
  }
  class ImageBitmap {
    readonly width: number = 8;
    readonly height: number = 6;
    readonly [Symbol.toStringTag] = 'ImageBitmap';
    close() {}
  }
  const expected = { ...picture, alpha: seeThrough };
  const taken = (input: PictureInput) => decodeImage(encodeImage(input, 'x.png'), { alpha: true });

  it('gives its pixels', () => {
    expect(taken(new Canvas())).toEqual(expected);
  });

  it('of another kind, or a bitmap, is drawn on one of its own', () => {
    const scratch: Canvas[] = [];
    class OffscreenCanvas extends Canvas {
      constructor(width: number, height: number) {
        super(width, height);
        scratch.push(this);
      }
    }
    vi.stubGlobal('OffscreenCanvas', OffscreenCanvas);
    for (const image of [new Canvas(8, 6, 'webgl'), new ImageBitmap()]) {
      expect(taken(image)).toEqual(expected);
      expect(scratch.pop()?.drawn).toBe(image);
    }
  });

  it('is an element of the document where there is no OffscreenCanvas', () => {
    const element = new Canvas(300, 150);
    vi.stubGlobal('document', { createElement: (name: string) => name === 'canvas' && element });
    expect(taken(new ImageBitmap())).toEqual(expected);
    expect([element.width, element.height]).toEqual([8, 6]);
  });

  it('is missing in Node, which the error says', () => {
    expect(() => encodeImage(new ImageBitmap(), 'x.png')).toThrow(
      expect.objectContaining({
        code: 'ERR_NO_CANVAS',
        message: expect.stringMatching(/no canvas here.*width, height, data/),
      }),
    );
  });

  it.each([
    [new Canvas(0, 6), /0 x 6 pixels is empty/],
    [Object.assign(new ImageBitmap(), { width: 0, height: 0 }), /0 x 0 pixels is empty/],
    [
      Object.assign(new Canvas(), {
        getContext: () => ({
          getImageData: () => {
            throw new Error('The canvas has been tainted');
          },
        }),
      }),
      /tainted.*another site/,
    ],
  ])('that gives none is refused (%#)', (input, message) => {
    expect(() => toTensor()(input)).toThrow(ImageError);
    expect(() => toTensor()(input)).toThrow(message);
  });
});

describe('the options of translate', () => {
  it.each<[unknown, RegExp]>([
    ['none', /"none"; null is meant/],
    ['256', /"256"; 256 is meant/],
    ['scale-width:512', /\{ width: 512 \} is meant/],
    ['320x240', /\{ width: 320, height: 240 \} is meant/],
    ['', /got ""/],
    [Number.NaN, /got NaN/],
    [Number.POSITIVE_INFINITY, /got Infinity/],
    [0, /got 0\./],
    [-4, /got -4\./],
    [12.5, /got 12\.5/],
    [{ width: 0 }, /\{ width: 0 \}/],
    [{ width: '8', height: 6 }, /\{ width: "8", height: 6 \}/],
    [{ width: 8, height: null }, /\{ width: 8, height: null \}/],
    [{ height: 6 }, /\{ height: 6 \}/],
    [{}, /without width/],
    [[8, 6], /an array of 2/],
    [true, /got true/],
    [8n, /got 8/],
  ])('resize: %o is refused, with what is taken', async (value, message) => {
    const options = { resize: value } as TranslateOptions;
    const error = await attempt(() => translate(picture, netG, options));
    expect(error).toBeInstanceOf(ImageError);
    expect(error).toMatchObject({ code: 'ERR_RESIZE', message: expect.stringMatching(message) });
    expect((error as Error).message).toMatch(/a number.*\{ width, height \}.*null/);
  });

  it.each([['4'], [0], [-1], [2.5], [Number.NaN], [null], [{ width: 4 }]])(
    'crop: %o is refused',
    async (value) => {
      const options = { resize: null, crop: value } as TranslateOptions;
      await expect(translate(picture, netG, options)).rejects.toMatchObject({ code: 'ERR_CROP' });
    },
  );

  it('resize: null leaves a picture as large as it is', async () => {
    const { width, height } = await js({ width: 32, height: 24, data: new Uint8Array(2304) });
    expect([width, height]).toEqual([32, 24]);
  });
});

/** Compiled and never called: what the types of a page call a picture is one. */
export function inPage(
  data: ImageData,
  element: HTMLCanvasElement,
  canvas: OffscreenCanvas,
  bitmap: ImageBitmap,
): void {
  for (const input of [data, element, canvas, bitmap, picture]) void translate(input, netG);
  element.getContext('2d')?.putImageData(toImageData(picture) satisfies ImageData, 0, 0);
}
