import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeImage, imageSize } from '../../src/image/formats.js';
import { ImageError } from '../../src/image/picture.js';
import { goldenPath } from '../support/golden.js';

interface Case {
  readonly name: string;
  readonly file: string;
  readonly size: readonly [width: number, height: number];
  readonly rgb: string;
}

const { cases } = JSON.parse(readFileSync(goldenPath('otherPictures.json'), 'utf8')) as {
  cases: Case[];
};
const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
const fileOf = (wanted: string) => bytesOf(cases.find(({ name }) => name === wanted)?.file ?? '');

describe('BMP, GIF, PNM and animated PNG', () => {
  it.each(cases)(
    '$name: the pixels are those of Pillow',
    ({ file, size: [width, height], rgb }) => {
      const picture = decodeImage(bytesOf(file));
      expect([picture.width, picture.height]).toEqual([width, height]);
      expect(Buffer.from(picture.data).equals(Buffer.from(rgb, 'base64'))).toBe(true);
      expect(imageSize(bytesOf(file))).toEqual({ width, height });
    },
  );

  it.each(cases)(
    '$name: what is cut short is refused, or the same picture',
    ({ name, file, rgb }) => {
      const whole = bytesOf(file);
      // Of text, nothing tells whether the last number is whole.
      const end = whole.length - (name.endsWith('-text') ? 4 : 0);
      for (let length = 3; length < end; length += 1 + (whole.length >> 5)) {
        try {
          const { data } = decodeImage(whole.subarray(0, length));
          expect(Buffer.from(data).equals(Buffer.from(rgb, 'base64'))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(ImageError);
        }
      }
    },
  );

  it('what is damaged is refused, or read as some picture of no more pixels than its bytes can tell', () => {
    const change = fc.record({
      which: fc.integer({ min: 0, max: cases.length - 1 }),
      changes: fc.array(fc.record({ at: fc.nat(), to: fc.nat(255) }), {
        minLength: 1,
        maxLength: 4,
      }),
    });
    fc.assert(
      fc.property(change, ({ which, changes }) => {
        const bytes = bytesOf(cases[which].file);
        for (const { at, to } of changes) bytes[2 + (at % Math.min(60, bytes.length - 2))] = to;
        try {
          const { width, height, data } = decodeImage(bytes);
          expect(data).toHaveLength(width * height * 3);
        } catch (error) {
          expect(error).toBeInstanceOf(ImageError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

/** Of an uncompressed BMP of 32 bits with those masks, its one pixel's number. */
function pixelOf(number: number, masks: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(14 + 108 + 4);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(10, 14 + 108, true);
  view.setUint32(14, 108, true);
  view.setInt32(18, 1, true);
  view.setInt32(22, 1, true);
  view.setUint16(28, 32, true);
  view.setUint32(30, 3, true);
  for (const [i, mask] of masks.entries()) view.setUint32(54 + 4 * i, mask, true);
  view.setUint32(14 + 108, number, true);
  return bytes;
}

describe('where Pillow 9.4 cannot tell', () => {
  it('masks of any place and length are scaled to 255', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 3, maxLength: 3 }),
        fc.integer({ min: 0, max: 0xffffffff }),
        (lengths, number) => {
          let shift = 0;
          const parts = lengths.map((length) => {
            const part = { shift, max: 2 ** length - 1 };
            shift += length;
            return part;
          });
          const masks = parts.map((part) => (part.max * 2 ** part.shift) >>> 0);
          const expected = parts.map((part) =>
            Math.floor(((Math.floor(number / 2 ** part.shift) % (part.max + 1)) * 255) / part.max),
          );
          expect([...decodeImage(pixelOf(number, masks)).data]).toEqual(expected);
        },
      ),
    );
  });

  it('a mask tells how opaque a pixel is, if that is asked for', () => {
    const bytes = pixelOf(0x80102030, [0xff0000, 0xff00, 0xff, 0xff000000]);
    expect(decodeImage(bytes).alpha).toBeUndefined();
    expect(decodeImage(bytes, { alpha: true })).toMatchObject({
      data: Uint8Array.of(0x10, 0x20, 0x30),
      alpha: Uint8Array.of(0x80),
    });
  });

  it('pixels that would begin within the header are refused: all of it would be taken for colours', () => {
    for (const name of ['bmp8', 'bmp24', 'bmp8-os2']) {
      for (const place of [0, 10, 25]) {
        const bytes = fileOf(name);
        new DataView(bytes.buffer).setUint32(10, place, true);
        expect(() => decodeImage(bytes)).toThrow(
          `The BMP says that its pixels begin at byte ${place}, within its header.`,
        );
      }
    }
  });

  it('runs may skip pixels and whole rows, which are the first colour then', () => {
    const bytes = fileOf('bmp8-rle');
    const start = new DataView(bytes.buffer).getUint32(10, true);
    // One pixel; three right and two up; one pixel; a row without a run; one pixel.
    const runs = [1, 1, 0, 2, 3, 2, 1, 2, 0, 0, 0, 0, 1, 3, 0, 1];
    const file = new Uint8Array([...bytes.subarray(0, start), ...runs]);
    const { width, height, data } = decodeImage(file);
    const colour = (index: number) => [...file.subarray(54 + 4 * index, 57 + 4 * index)].reverse();
    const expected = new Map([
      [(height - 1) * width, 1],
      [(height - 3) * width + 4, 2],
      [(height - 5) * width, 3],
    ]);
    for (let pixel = 0; pixel < width * height; pixel++) {
      expect([...data.subarray(pixel * 3, pixel * 3 + 3)]).toEqual(
        colour(expected.get(pixel) ?? 0),
      );
    }
  });

  it('greys of 16 bits give their high byte', () => {
    const file = new Uint8Array([...Buffer.from('P5 2 1 65535\n'), 0x12, 0x34, 0xff, 0xff]);
    expect([...decodeImage(file).data]).toEqual([0x12, 0x12, 0x12, 255, 255, 255]);
  });

  it("a GIF's transparent colour is alpha, if that is asked for", () => {
    const { data, alpha } = decodeImage(fileOf('gif-part-transparent'), { alpha: true });
    const hidden = [...data.subarray(0, 3)].join();
    expect(alpha?.[0]).toBe(0);
    for (const [pixel, opacity] of (alpha ?? []).entries()) {
      const shown = [...data.subarray(pixel * 3, pixel * 3 + 3)].join() !== hidden;
      expect(opacity).toBe(shown ? 255 : 0);
    }
  });

  it('sizes that bytes cannot hold are refused before memory is taken', () => {
    const rle = fileOf('bmp8-rle');
    new DataView(rle.buffer).setInt32(18, 13_000, true);
    new DataView(rle.buffer).setInt32(22, 13_000, true);
    expect(() => decodeImage(rle)).toThrow(/bytes for 13000 x 13000 pixels/);
    expect(() => decodeImage(new TextEncoder().encode('P6 13000 13000 255\nabc'))).toThrow(
      /ends within its pixels/,
    );
  });
});

it('what is not read is told by name', () => {
  const latin1 = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
  for (const [start, name] of [
    ['\0\0\0\x18ftypmp42', 'a film, of which ffmpeg'],
    ['\x1aE\xdf\xa3', 'a film'],
    ['\0\0\0\x0cjP  \r\n', 'a JPEG 2000'],
    // As Pillow writes 96 x 64 pixels of RGB, and of a palette.
    ['\0\0\x02\0\0\0\0\0\0\0\0\0\x60\0\x40\0\x18\0', 'a TGA'],
    ['\0\x01\x01\0\0\0\x01\x18\0\0\0\0\x60\0\x40\0\x08\0', 'a TGA'],
    ['\xff\n', 'a JPEG XL'],
    ['\0\0\x01\0\x01\0', 'an icon'],
    ['<svg>', 'an SVG'],
  ] as const) {
    expect(() => decodeImage(latin1(start))).toThrow(`This is ${name}`);
  }
});
