import { describe, expect, it } from 'vitest';
import { encodeImage } from '../../src/image/formats.js';
import { encodePpm } from '../../src/image/pnm/encodePpm.js';
import {
  beginsPicture,
  firstPictureLength,
  splitPictures,
} from '../../src/image/stream/pictureStream.js';
import { concatenate } from '../../src/platform/concatenate.js';
import { utf8Bytes } from '../../src/platform/text.js';
import { SMALL_PICTURE } from '../support/command.js';
import { chunk, END, header, packed, png } from '../support/pngs.js';

const JPEG = encodeImage(SMALL_PICTURE, 'a.jpg');
const PNG = encodeImage(SMALL_PICTURE, 'a.png');
const PPM = encodePpm(SMALL_PICTURE);

/** A JPEG with another segment behind its first marker. */
function withSegment(marker: number, content: Uint8Array): Uint8Array {
  const length = content.length + 2;
  const segment = concatenate([[0xff, marker, length >> 8, length & 255], content]);
  return concatenate([JPEG.subarray(0, 2), segment, JPEG.subarray(2)]);
}

/** Pictures that hold what looks like the beginning or the end of one. */
const TRICKY: readonly (readonly [string, Uint8Array])[] = [
  ['a JPEG with a whole one as its preview', withSegment(0xe1, JPEG)],
  ['a JPEG with bytes 0xff before a marker', concatenate([JPEG.subarray(0, -2), [255, 255, 217]])],
  [
    'a JPEG with what belongs to nothing before a marker',
    concatenate([[255, 216, 1, 2], JPEG.subarray(2)]),
  ],
  [
    'a PNG with an end and a beginning in its text',
    png(
      header(1, 1),
      chunk('tEXt', concatenate([END, PNG])),
      chunk('IDAT', packed([[0, 0, 0]])),
      END,
    ),
  ],
  ['a PPM of pixels that spell P6', concatenate([utf8Bytes('P6 2 1 255\n'), utf8Bytes('P6 1 1')])],
  [
    'a PGM of 16 bits with a comment',
    concatenate([utf8Bytes('P5 # P5 1\n1 2\n65535\n'), [1, 2, 3, 4]]),
  ],
  [
    'a PGM with a long comment',
    concatenate([utf8Bytes(`P5 #${'x'.repeat(3000)}\n1 2 255\n`), [9, 9]]),
  ],
  ['a PBM whose rows end within a byte', concatenate([utf8Bytes('P4 9 2\n'), [1, 128, 2, 0]])],
];

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** What comes before the stream ends, or before what is thrown. */
async function split(bytes: Uint8Array, size = bytes.length) {
  const pictures: Uint8Array[] = [];
  try {
    for await (const picture of splitPictures(inPieces(bytes, size))) pictures.push(picture.bytes);
  } catch (error) {
    return { pictures, error };
  }
  return { pictures, error: null };
}

describe('a stream of pictures', () => {
  const all = [JPEG, PNG, PPM, ...TRICKY.map(([, bytes]) => bytes), JPEG];

  it.each([1, 3, 64, 1000, 1e6])('is cut where each ends, in pieces of %i bytes', async (size) => {
    const { pictures, error } = await split(concatenate(all), size);
    expect(error).toBeNull();
    expect(pictures.map(({ length }) => length)).toEqual(all.map(({ length }) => length));
    expect(pictures.map((bytes) => Buffer.from(bytes))).toEqual(
      all.map((bytes) => Buffer.from(bytes)),
    );
  });

  it.each(TRICKY)('is not misled by %s', async (_, bytes) => {
    expect((await split(concatenate([bytes, PNG]))).pictures).toEqual([
      Uint8Array.from(bytes),
      PNG,
    ]);
  });

  it('gives a picture as soon as its last byte is there', async () => {
    for (const bytes of all) {
      const waiting = new Promise<IteratorResult<Uint8Array>>(() => undefined);
      const pieces = [{ value: bytes, done: false }];
      const stream = { next: async () => pieces.shift() ?? waiting };
      const pictures = splitPictures({ [Symbol.asyncIterator]: () => stream });
      expect((await pictures.next()).value.bytes).toEqual(Uint8Array.from(bytes));
    }
  });

  it.each([
    ['JPEG', JPEG],
    ['PNG', PNG],
    ['PPM', PPM],
  ])('ends with an error within a %s, wherever it is cut', async (_, bytes) => {
    for (let length = 1; length < bytes.length; length++) {
      const { pictures, error } = await split(concatenate([PNG, bytes.subarray(0, length)]), 50);
      expect(pictures).toHaveLength(1);
      expect(error).toMatchObject({ code: 'ERR_FRAME' });
    }
  });

  it.each([
    ['a text', utf8Bytes('hello, world'), /no picture begins here/],
    ['a WebP', utf8Bytes('RIFF....WEBPVP8 '), /this is a WebP/],
    ['a PPM of text', utf8Bytes('P3 1 1 255 1 2 3\n'), /does not tell where it ends/],
    ['a PNM without an end of its header', utf8Bytes(`P5 #${'x'.repeat(20_000)}`), /header/],
    [
      'a JPEG within the data of another',
      concatenate([JPEG.subarray(0, -2), JPEG]),
      /another begins/,
    ],
    ['a PNG without a chunk', concatenate([PNG.subarray(0, -12), PPM]), /no chunk/],
    ['a JPEG with further pictures', withSegment(0xe2, utf8Bytes('MPF\0....')), /Multi-Picture/],
  ])('takes no %s', async (_, bytes, message) => {
    const { pictures, error } = await split(concatenate([PNG, bytes]));
    expect(pictures).toEqual([PNG]);
    expect(error).toMatchObject({ code: 'ERR_FRAME', message: expect.stringMatching(message) });
  });

  it('holds no more of one than is allowed, whatever a header says', async () => {
    const endless = { [Symbol.asyncIterator]: () => ({ next: async () => piece }) };
    const piece = { value: new Uint8Array(1000).fill(0x50), done: false };
    const huge = concatenate([PNG.subarray(0, 8), [0x7f, 255, 255, 255], utf8Bytes('IDAT')]);
    async function* stream() {
      yield huge;
      yield* endless;
    }
    await expect(splitPictures(stream(), { maxBytes: 5000 }).next()).rejects.toThrow(/too long/);
  });

  it('lets what it reads go when nobody wants more', async () => {
    let ended = false;
    async function* stream() {
      try {
        for (;;) yield PNG;
      } finally {
        ended = true;
      }
    }
    for await (const { format } of splitPictures(stream())) {
      expect(format).toBe('png');
      break;
    }
    await expect.poll(() => ended).toBe(true);
  });
});

describe('the length of the first picture', () => {
  it('is that of its file, whatever follows', async () => {
    for (const bytes of [JPEG, PNG, PPM, ...TRICKY.map(([, tricky]) => tricky)]) {
      expect(await firstPictureLength(concatenate([bytes, PNG]))).toBe(bytes.length);
    }
  });

  it('is the whole where a photograph carries further pictures, and unknown where nothing tells', async () => {
    const photograph = concatenate([withSegment(0xe2, utf8Bytes('MPF\0....')), JPEG]);
    expect(await firstPictureLength(photograph)).toBe(photograph.length);
    expect(await firstPictureLength(PNG.subarray(0, 50))).toBeNull();
    expect(await firstPictureLength(utf8Bytes('GIF89a'))).toBeNull();
    expect([JPEG, PNG, PPM, utf8Bytes('GIF89a'), new Uint8Array(0)].map(beginsPicture)).toEqual([
      ...[true, true, true],
      ...[false, false],
    ]);
  });
});
