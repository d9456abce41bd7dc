import { describe, expect, it } from 'vitest';
import { decodeImage, encodeImage, imageSize } from '../../src/image/formats.js';
import type { Picture } from '../../src/image/picture.js';
import { concatenate } from '../../src/platform/concatenate.js';
import { chunk, deflate, END, header, packed, png } from '../support/pngs.js';

const TAG = 0x0112;
const [BYTE, ASCII, SHORT, LONG, RATIONAL, SBYTE, SSHORT, SLONG, FLOAT] = [
  1, 2, 3, 4, 5, 6, 8, 9, 11,
];

interface Entry {
  readonly tag?: number;
  readonly type?: number;
  readonly count?: number;
  readonly value: number;
}

/** EXIF's TIFF structure; a RATIONAL's numbers follow the directory. */
function exif(entries: readonly Entry[], little = false): Uint8Array {
  const bytes = new Uint8Array(14 + entries.length * 20);
  const view = new DataView(bytes.buffer);
  bytes.set(text(little ? 'II' : 'MM'));
  view.setUint16(2, 42, little);
  view.setUint32(4, 8, little);
  view.setUint16(8, entries.length, little);
  entries.forEach(({ tag = TAG, type = SHORT, count = 1, value }, i) => {
    const at = 10 + 12 * i;
    view.setUint16(at, tag, little);
    view.setUint16(at + 2, type, little);
    view.setUint32(at + 4, count, little);
    if (type === BYTE || type === ASCII || type === SBYTE) view.setUint8(at + 8, value);
    else if (type === SHORT || type === SSHORT) view.setUint16(at + 8, value, little);
    else if (type === FLOAT) view.setFloat32(at + 8, value, little);
    else if (type === RATIONAL) {
      const far = 14 + entries.length * 12 + 8 * i;
      view.setUint32(at + 8, far, little);
      view.setUint32(far, 2 * value, little);
      view.setUint32(far + 4, 2, little);
    } else view.setUint32(at + 8, value, little);
  });
  return bytes;
}

const text = (characters: string) => Uint8Array.from(characters, (c) => c.charCodeAt(0));
const named = (name: string, content: Uint8Array) => concatenate([text(name), content]);

const JPEG = encodeImage({ width: 3, height: 2, data: new Uint8Array(18) }, 'x.jpg');

function jpeg(...segments: Uint8Array[]): Uint8Array {
  const app1 = segments.map((content) => {
    const length = content.length + 2;
    return concatenate([[0xff, 0xe1, length >> 8, length & 255], content]);
  });
  return concatenate([JPEG.subarray(0, 2), ...app1, JPEG.subarray(2)]);
}

const DATA = chunk(
  'IDAT',
  packed([
    [1, 2, 3, 4, 5, 6, 7, 8, 9],
    [10, 11, 12, 13, 14, 15, 16, 17, 18],
  ]),
);
const pngWith = (before: Uint8Array[], behind: Uint8Array[] = []) =>
  png(header(3, 2), ...before, DATA, ...behind, END);

/** `turned` for orientations 5 to 8; `changed` for others but 1; what Pillow's `exif_transpose` was seen to do. */
function seen(file: Uint8Array): 'turned' | 'changed' | 'as it is' {
  const notes: string[] = [];
  const plain = decodeImage(file, { onNote: ({ kind }) => notes.push(kind) });
  const upright = decodeImage(file, { autoOrient: true, strict: true });
  const size = imageSize(file, { autoOrient: true });
  expect(size).toEqual({ width: upright.width, height: upright.height });
  const found =
    upright.width === 2
      ? 'turned'
      : Buffer.compare(plain.data, upright.data)
        ? 'changed'
        : 'as it is';
  // A black picture does not show it when it is flipped; the note does.
  if (found !== 'as it is') expect(notes).toEqual(['turned']);
  return found;
}

const SIX = exif([{ value: 6 }]);
const THREE = exif([{ value: 3 }]);
const OTHER = exif([{ tag: 0x0100, value: 6 }]);
const jpegExif = (tiff: Uint8Array) => named('Exif\0\0', tiff);

/** The letters A to F, three in a row, and how they are seen. @see TIFF 6.0, tag 274; Pillow's `exif_transpose` does the same */
const UPRIGHT: readonly (readonly [orientation: number, rows: string])[] = [
  [1, 'ABC DEF'],
  [2, 'CBA FED'],
  [3, 'FED CBA'],
  [4, 'DEF ABC'],
  [5, 'AD BE CF'],
  [6, 'DA EB FC'],
  [7, 'FC EB DA'],
  [8, 'CF BE AD'],
];

/** Each plane of an RGB picture with alpha, as rows of letters. */
function tileElementsOf({ width, height, data, alpha }: Picture): string[] {
  const letters = (value: (pixel: number) => number) =>
    Array.from({ length: height }, (_, y) =>
      String.fromCharCode(...Array.from({ length: width }, (_, x) => value(y * width + x))),
    ).join(' ');
  const colours = [0, 1, 2].map((c) => letters((pixel) => data[3 * pixel + c]));
  return [...colours, letters((pixel) => alpha?.[pixel] ?? 63)];
}

describe('a picture is turned upright', () => {
  const codes = [...text('ABCDEF')];
  const shifted = (by: number, rows: string) =>
    rows.replace(/[A-Z]/g, (c) => String.fromCharCode(c.charCodeAt(0) + by));
  const pixels = (hasAlpha: boolean) =>
    [codes.slice(0, 3), codes.slice(3)].map((row) =>
      row.flatMap((c) => (hasAlpha ? [c, c + 6, c + 12, c + 18] : [c, c + 6, c + 12])),
    );

  it.each(UPRIGHT)('with orientation %i: %s', (orientation, rows) => {
    for (const hasAlpha of [false, true]) {
      const file = png(
        header(3, 2, 8, hasAlpha ? 6 : 2),
        chunk('eXIf', exif([{ value: orientation }])),
        chunk('IDAT', packed(pixels(hasAlpha))),
        END,
      );
      const picture = decodeImage(file, { autoOrient: true, alpha: hasAlpha, strict: true });
      expect(tileElementsOf(picture)).toEqual([
        rows,
        shifted(6, rows),
        shifted(12, rows),
        hasAlpha ? shifted(18, rows) : rows.replace(/[A-Z]/g, '?'),
      ]);
    }
  });
});

describe('EXIF in a JPEG', () => {
  it.each([false, true])('is read in any type of number (little-endian: %s)', (little) => {
    for (const type of [SHORT, LONG, RATIONAL, SBYTE, SSHORT, SLONG, FLOAT, 13]) {
      const turned = seen(jpeg(jpegExif(exif([{ type, value: 6 }], little))));
      expect([type, turned]).toEqual([type, 'turned']);
    }
    for (const type of [0, BYTE, ASCII, 7, 14, 99]) {
      const turned = seen(jpeg(jpegExif(exif([{ type, value: 6 }], little))));
      expect([type, turned]).toEqual([type, 'as it is']);
    }
    for (const value of [0, 1, 9, 257, 65_535]) {
      expect(seen(jpeg(jpegExif(exif([{ value }], little))))).toBe('as it is');
    }
    expect(seen(jpeg(jpegExif(exif([{ type: FLOAT, value: 6.5 }], little))))).toBe('as it is');
    expect(seen(jpeg(jpegExif(exif([{ count: 2, value: 6 }], little))))).toBe('turned');
    expect(seen(jpeg(jpegExif(exif([{ count: 0, value: 6 }], little))))).toBe('as it is');
    expect(seen(jpeg(jpegExif(exif([{ value: 1 }, { value: 6 }], little))))).toBe('turned');
  });

  it('counts where it is first, and is found behind other segments', () => {
    expect(seen(jpeg(jpegExif(SIX), jpegExif(exif([{ value: 1 }]))))).toBe('turned');
    expect(seen(jpeg(jpegExif(OTHER), jpegExif(SIX)))).toBe('as it is');
    expect(seen(jpeg(named('http://ns.adobe.com/xap/1.0/\0', text('<x/>')), jpegExif(SIX)))).toBe(
      'turned',
    );
  });

  it('may be cut or lie anywhere', () => {
    for (let length = 0; length < SIX.length; length++) {
      const expected = length < 22 ? 'as it is' : 'turned';
      expect(seen(jpeg(jpegExif(SIX.subarray(0, length))))).toBe(expected);
    }
    for (const at of [4, 8, 12, 14, 18]) {
      const wild = SIX.slice();
      wild.fill(0xff, at, at + 4);
      expect(seen(jpeg(jpegExif(wild)))).toBe('as it is');
    }
  });
});

const XMP = '<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>';
const ELEMENT = '<x:xmpmeta><tiff:Orientation>6</tiff:Orientation></x:xmpmeta>';
const international = (value: string, compressed = false) => {
  const content = compressed ? deflate(text(value)) : text(value);
  return chunk('iTXt', named(`XML:com.adobe.xmp\0${compressed ? '\x01' : '\0'}\0\0\0`, content));
};

describe('EXIF in a PNG', () => {
  const eXIf = (tiff: Uint8Array, sum?: number) => chunk('eXIf', tiff, sum);
  const raw = text(
    `\nexif\n  ${SIX.length + 6}\n${Buffer.from(jpegExif(SIX)).toString('hex').replace(/.{72}/g, '$&\n')}\n`,
  );

  it.each<[string, Uint8Array, ReturnType<typeof seen>]>([
    ['before the pixels', pngWith([eXIf(SIX)]), 'turned'],
    ['behind the pixels', pngWith([], [eXIf(SIX)]), 'turned'],
    ['with the name it has in JPEGs', pngWith([eXIf(jpegExif(SIX))]), 'turned'],
    ['on both sides', pngWith([eXIf(THREE)], [eXIf(SIX)]), 'changed'],
    [
      'on both sides, where the first says nothing',
      pngWith([eXIf(OTHER)], [eXIf(SIX)]),
      'as it is',
    ],
    ['twice before', pngWith([eXIf(THREE), eXIf(SIX)]), 'turned'],
    ['twice behind', pngWith([], [eXIf(THREE), eXIf(SIX)]), 'turned'],
    ['as text', pngWith([chunk('tEXt', named('Raw profile type exif\0', raw))]), 'turned'],
    [
      'as compressed text',
      pngWith([], [chunk('zTXt', named('Raw profile type exif\0\0', deflate(raw)))]),
      'turned',
    ],
    [
      'as text that is none',
      pngWith([chunk('tEXt', text('Raw profile type exif\0\nexif\n 9\nzz'))]),
      'as it is',
    ],
    [
      'as text without lines',
      pngWith([chunk('tEXt', text('Raw profile type exif\0'))]),
      'as it is',
    ],
    [
      'as text under another name',
      pngWith([chunk('tEXt', named('Raw profile type APP1\0', raw))]),
      'as it is',
    ],
    [
      'as text, and in a chunk',
      pngWith([chunk('tEXt', named('Raw profile type exif\0', raw)), eXIf(THREE)]),
      'changed',
    ],
  ])('%s', (_, file, expected) => {
    expect(seen(file)).toBe(expected);
  });

  it('behind the pixels leaves the size open as long as it may come', () => {
    const file = pngWith([], [chunk('eXIf', SIX)]);
    const start = file.subarray(0, file.length - 60);
    expect(imageSize(start)).toEqual({ width: 3, height: 2 });
    expect(imageSize(start, { autoOrient: true })).toBeNull();
    expect(imageSize(pngWith([chunk('eXIf', SIX)]).subarray(0, 110), { autoOrient: true })).toEqual(
      { width: 2, height: 3 },
    );
  });
});

describe('XMP', () => {
  const segment = (xml: string) => named('http://ns.adobe.com/xap/1.0/\0', text(xml));
  it.each<[string, Uint8Array, ReturnType<typeof seen>]>([
    ['attribute in a JPEG', jpeg(segment(XMP)), 'turned'],
    ['element in a JPEG', jpeg(segment(ELEMENT)), 'turned'],
    ['with EXIF that does not say', jpeg(jpegExif(OTHER), segment(XMP)), 'turned'],
    [
      'with EXIF that says otherwise',
      jpeg(jpegExif(exif([{ value: 1 }])), segment(XMP)),
      'as it is',
    ],
    ['twice: the last counts', jpeg(segment(XMP), segment('<a/>')), 'as it is'],
    ['attribute in a PNG', pngWith([international(XMP)]), 'turned'],
    ['element in a PNG', pngWith([international(ELEMENT)]), 'turned'],
    ['compressed', pngWith([international(XMP, true)]), 'turned'],
    ['behind the pixels', pngWith([], [international(XMP)]), 'turned'],
    ['in plain text', pngWith([chunk('tEXt', text(`XML:com.adobe.xmp\0${XMP}`))]), 'turned'],
    ['in single quotes', pngWith([international(XMP.replaceAll('"', "'"))]), 'as it is'],
    ['not a digit, then one', pngWith([international(`tiff:Orientation="x" ${XMP}`)]), 'turned'],
    ['9', pngWith([international(XMP.replace('6', '9'))]), 'as it is'],
    ['damaged', pngWith([chunk('iTXt', text('XML:com.adobe.xmp\0\x01\0\0\0zzzz'))]), 'as it is'],
    ['cut', pngWith([chunk('iTXt', text('XML:com.adobe.xmp\0'))]), 'as it is'],
  ])('%s', (_, file, expected) => {
    expect(seen(file)).toBe(expected);
  });

  it('takes no longer than it is long', () => {
    const begin = performance.now();
    expect(seen(pngWith([international('tiff:Orientation='.repeat(20_000))]))).toBe('as it is');
    const bomb = deflate(new Uint8Array(2 ** 22));
    const many = new Array<Uint8Array>(50).fill(
      chunk('zTXt', named('XML:com.adobe.xmp\0\0', bomb)),
    );
    expect(seen(pngWith(many))).toBe('as it is');
    expect(performance.now() - begin).toBeLessThan(3000);
  });
});
