import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  decodeImage,
  encodeImage,
  imageSize,
  loadDecoder,
  loadEncoder,
  openImage,
} from '../../src/image/formats.js';
import { ImageError } from '../../src/image/picture.js';
import { goldenPath } from '../support/golden.js';

interface Case {
  readonly name: string;
  readonly file: string;
  readonly size: readonly [width: number, height: number];
  readonly rgb: string;
  readonly alpha?: string;
}

const { cases } = JSON.parse(readFileSync(goldenPath('webps.json'), 'utf8')) as { cases: Case[] };
const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
const fileOf = (wanted: string) => bytesOf(cases.find(({ name }) => name === wanted)?.file ?? '');

it('without its code, decodeImage says what to do', () => {
  const told = { code: 'ERR_IMAGE_CODEC', message: expect.stringMatching(/await openImage/) };
  expect(() => decodeImage(fileOf('lossy-13x7'))).toThrow(expect.objectContaining(told));
  const dot = { width: 1, height: 1, data: Uint8Array.of(1, 2, 3) };
  expect(() => encodeImage(dot, 'dot.webp')).toThrow(/await saveImage/);
});

describe('with its code', () => {
  beforeAll(async () => {
    await loadDecoder(fileOf('lossy-13x7'));
    await loadEncoder('x.webp');
  });

  it.each(cases)('$name: the pixels are those of Pillow', ({ file, size, rgb, alpha }) => {
    const [width, height] = size;
    const bytes = bytesOf(file);
    const picture = decodeImage(bytes);
    expect([picture.width, picture.height]).toEqual([width, height]);
    expect(Buffer.from(picture.data).toString('base64')).toBe(rgb);
    expect(picture.alpha).toBeUndefined();
    expect(imageSize(bytes.subarray(0, 40))).toEqual({ width, height });
    const kept = decodeImage(bytes, { alpha: true });
    if (alpha !== undefined) expect(Buffer.from(kept.alpha ?? []).toString('base64')).toBe(alpha);
  });

  it.each(cases)('$name: what is cut short is refused, or it is the same picture', (given) => {
    const whole = bytesOf(given.file);
    for (let length = 12; length < whole.length; length += 1 + (whole.length >> 3)) {
      try {
        const { data } = decodeImage(whole.subarray(0, length));
        expect(Buffer.from(data).toString('base64')).toBe(given.rgb);
      } catch (error) {
        expect(error).toBeInstanceOf(ImageError);
      }
    }
  });

  it('sizes that are too large are refused before memory is taken', () => {
    const bytes = fileOf('lossless-13x7');
    // Of VP8L, 14 bits are a side: 16384 x 16384.
    bytes.set([0xff, 0xff, 0xff, 0x0f], 21);
    expect(() => decodeImage(bytes)).toThrow(/16384 x 16384 pixels is too large/);
    const canvas = fileOf('animated-part-lossy');
    canvas.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 24);
    expect(() => decodeImage(canvas)).toThrow(/too large/);
  });

  it('a picture beyond its canvas, or of another size than it says, is refused', () => {
    const bytes = fileOf('animated-part-lossy');
    const frame = Buffer.from(bytes).indexOf('ANMF') + 8;
    bytes[frame] = 200;
    expect(() => decodeImage(bytes)).toThrow(/beyond its canvas/);
    bytes[frame] = 0;
    bytes[frame + 6] = 3;
    expect(() => decodeImage(bytes)).toThrow(/of another size/);
  });

  it('is turned as EXIF or XMP say, behind the pixels', () => {
    const { size, file } = cases.find(({ name }) => name === 'turned') as Case;
    const [width, height] = size;
    const bytes = bytesOf(file);
    expect(decodeImage(bytes, { autoOrient: true })).toMatchObject({
      width: height,
      height: width,
    });
    expect(imageSize(bytes, { autoOrient: true })).toEqual({ width: height, height: width });
    expect(imageSize(bytes.subarray(0, 64), { autoOrient: true })).toBeNull();
    const upright = decodeImage(fileOf('xmp'));
    const turned = decodeImage(fileOf('xmp'), { autoOrient: true });
    expect(turned.data.subarray(0, 3)).toEqual(upright.data.subarray(-3));
  });

  it('leaves no ImageData behind, which Node has none of', () => {
    decodeImage(fileOf('lossy-13x7'));
    expect('ImageData' in globalThis).toBe(false);
  });

  it('is written, lossy, with alpha', async () => {
    const [width, height] = [40, 30];
    const data = Uint8Array.from(
      { length: 3 * width * height },
      (_, i) => 40 + Math.floor(i / 3) / 8,
    );
    const back = decodeImage(encodeImage({ width, height, data }, 'x.webp', { quality: 100 }));
    const errors = data.map((value, i) => Math.abs(value - back.data[i]));
    expect(errors.reduce((sum, error) => sum + error, 0) / data.length).toBeLessThan(2);
    const alpha = data.slice(0, width * height);
    const clear = await openImage(encodeImage({ width, height, data, alpha }, 'x.WEBP'), {
      alpha: true,
    });
    expect(clear.alpha).toEqual(alpha);
    expect(() => encodeImage({ width, height, data }, 'x.webp', { quality: 0 })).toThrow(
      /1 to 100/,
    );
    const long = { width: 16_384, height: 1, data: new Uint8Array(3 * 16_384) };
    expect(() => encodeImage(long, 'x.webp')).toThrow(/at most 16383 pixels/);
  });
});
