import { constants, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../src/image/formats.js';
import { ImageError } from '../../src/image/picture.js';
import { bigEndian, chunk, deflate, END, header, packed, png, SIGNATURE } from '../support/pngs.js';

const WIDTH = 5;
const HEIGHT = 4;
/** No two rows are alike, so none comes from a copy of another. */
const ROWS = Array.from({ length: HEIGHT }, (_, y) =>
  Uint8Array.from({ length: WIDTH * 3 }, (_, i) => ((i + 16 * y) * 7919) >> 3),
);
const PIXELS = Uint8Array.from(ROWS.flatMap((row) => [...row]));
const START = header(WIDTH, HEIGHT);
const DATA = packed(ROWS);
const TEXT = chunk('tEXt', new TextEncoder().encode('Title\0x'));
const BAD_TEXT = chunk('tEXt', new TextEncoder().encode('Title\0x'), 5);

function withData(...parts: Uint8Array[]): Uint8Array {
  return png(START, ...parts.map((part) => chunk('IDAT', part)), END);
}

function read(file: Uint8Array, strict = false) {
  const notes: string[] = [];
  const { data } = decodeImage(file, { strict, onNote: ({ message }) => notes.push(message) });
  return { data, notes };
}

/** The rows from `count` on are zero. */
function blackFrom(count: number): Uint8Array {
  return PIXELS.map((value, i) => (i < count * WIDTH * 3 ? value : 0));
}

const open = new Uint8Array(
  deflateSync(Uint8Array.from(ROWS.flatMap((row) => [0, ...row])), {
    finishFlush: constants.Z_SYNC_FLUSH,
  }),
);

/** What Pillow 9.4 makes of each of them was seen by running it: these pixels. */
describe('a slightly damaged PNG is read and noted, or refused with strict', () => {
  it.each<[string, Uint8Array, RegExp, Uint8Array?]>([
    ['no IEND', png(START, chunk('IDAT', DATA)), /without an IEND/],
    ['IEND cut', png(START, chunk('IDAT', DATA), END.subarray(0, -2)), /cut short in chunk IEND/],
    [
      'IEND cut in its length',
      png(START, chunk('IDAT', DATA), END.subarray(0, 3)),
      /without an IEND/,
    ],
    [
      'IEND with a wrong checksum',
      png(START, chunk('IDAT', DATA), chunk('IEND', [], 0)),
      /checksum on chunk IEND/,
    ],
    [
      'IEND with a length beyond the file',
      png(START, chunk('IDAT', DATA), bigEndian(99), END.subarray(4, 8)),
      /cut short in chunk IEND/,
    ],
    ['no chunk behind', png(START, chunk('IDAT', DATA), chunk('a\0b~')), /without an IEND/],
    [
      'text with a wrong checksum behind',
      png(START, chunk('IDAT', DATA), BAD_TEXT, END),
      /checksum on chunk tEXt/,
    ],
    [
      'text without checksum behind',
      png(START, chunk('IDAT', DATA), TEXT.subarray(0, -2)),
      /cut short in chunk tEXt/,
    ],
    ['IDAT with checksum 0', png(START, chunk('IDAT', DATA, 0), END), /checksum 0/],
    ['IDAT without checksum', png(START, chunk('IDAT', DATA).subarray(0, -4)), /without an IEND/],
    [
      'IDAT cut in its Adler',
      png(START, chunk('IDAT', DATA).subarray(0, -6)),
      /without an IEND|lacks the checksum/,
    ],
    ['no Adler', withData(DATA.subarray(0, -4)), /lacks the checksum/],
    ['half an Adler', withData(DATA.subarray(0, -2)), /lacks the checksum/],
    ['no last block', withData(open), /lacks the end mark/],
    ['data behind the stream', withData(Uint8Array.from([...DATA, 1, 2, 3])), /more pixel data/],
    ['a row too many', withData(packed([...ROWS, ROWS[0]])), /more pixel data/],
    ['the picture twice', withData(DATA, DATA), /more pixel data/],
    ['a row too few', withData(packed(ROWS.slice(0, 3))), /has 3 of 4 rows/, blackFrom(3)],
    ['one row', withData(packed(ROWS.slice(0, 1))), /has 1 of 4 rows/, blackFrom(1)],
    [
      'the Adler behind another chunk',
      png(START, chunk('IDAT', DATA.subarray(0, -4)), TEXT, chunk('IDAT', DATA.subarray(-4)), END),
      /chunk IDAT behind/,
    ],
    [
      'an unknown chunk that is needed',
      png(START, chunk('ABCD', [1]), chunk('IDAT', DATA), END),
      /unknown chunk ABCD/,
    ],
    [
      'text before the header',
      png(TEXT, START, chunk('IDAT', DATA), END),
      /not begin with its header/,
    ],
    ['the header twice', png(START, START, chunk('IDAT', DATA), END), /header twice/],
    ['a header behind', png(START, chunk('IDAT', DATA), header(1, 1), END), /chunk IHDR behind/],
    [
      'a header of 14 bytes',
      png(chunk('IHDR', [...START.subarray(8, 21), 7]), chunk('IDAT', DATA), END),
      /too long/,
    ],
  ])('%s', (_, file, note, pixels = PIXELS) => {
    const { data, notes } = read(file);
    expect([...data]).toEqual([...pixels]);
    expect(notes.join('; ')).toMatch(note);
    expect(() => read(file, true)).toThrow(ImageError);
  });

  it('with one note of a kind, however much of it there is', () => {
    const behind = new Array<Uint8Array>(1000).fill(BAD_TEXT);
    expect(read(png(START, chunk('IDAT', DATA), ...behind, END)).notes).toHaveLength(1);
  });

  it('with an index beyond the palette as grey', () => {
    const parts = [
      header(5, 1, 8, 3),
      chunk('PLTE', [9, 8, 7]),
      chunk('IDAT', packed([[0, 1, 2, 3, 255]])),
    ];
    const { data, notes } = read(png(...parts, END));
    expect([...data]).toEqual([9, 8, 7, 1, 1, 1, 2, 2, 2, 3, 3, 3, 255, 255, 255]);
    expect(notes.join()).toMatch(/colour 255 of a palette of 1/);
    expect(() => read(png(...parts, END), true)).toThrow(/colour 255/);
    const few = png(
      header(4, 1, 2, 3),
      chunk('PLTE', [9, 8, 7]),
      chunk('IDAT', packed([[0x1b]])),
      END,
    );
    expect([...read(few).data]).toEqual([9, 8, 7, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
  });
});

describe('a PNG is read without a note', () => {
  it.each([
    ['whole', withData(DATA)],
    [
      'in pieces, some of them empty',
      withData(new Uint8Array(0), DATA.subarray(0, 9), new Uint8Array(0), DATA.subarray(9)),
    ],
    ['with something behind its end', Uint8Array.from([...withData(DATA), 1, 2, 3])],
    [
      'animated, and cut behind its first picture',
      png(
        START,
        chunk('acTL', [0, 0, 0, 2, 0, 0, 0, 0]),
        chunk('IDAT', DATA),
        chunk('fcTL', new Uint8Array(26)),
        Uint8Array.of(0, 0, 9),
      ),
    ],
  ])('%s', (_, file) => {
    const { data, notes } = read(file, true);
    expect([...data]).toEqual([...PIXELS]);
    expect(notes).toEqual([]);
  });
});

describe('a damaged PNG is refused', () => {
  const wrongSum = DATA.slice();
  wrongSum[wrongSum.length - 1] ^= 1;
  const filter5 = deflate(
    Uint8Array.from([0, ...ROWS[0], 5, ...ROWS[1], 0, ...ROWS[2], 0, ...ROWS[3]]),
  );
  const solid = packed(new Array<Uint8Array>(200).fill(new Uint8Array(WIDTH * 3))).subarray(0, -4);
  it.each<[string, Uint8Array, string]>([
    ['no data at all', withData(new Uint8Array(0)), 'ERR_PNG_SHORT'],
    [
      'a zlib header and four bytes',
      withData(Uint8Array.of(0x78, 0x9c, 0, 0, 0, 0)),
      'ERR_PNG_SHORT',
    ],
    ['only a zlib header', withData(Uint8Array.of(0x78, 0x9c)), 'ERR_PNG_SHORT'],
    ['an empty stream', withData(deflate(new Uint8Array(0))), 'ERR_PNG_SHORT'],
    ['data cut', withData(DATA.subarray(0, 30)), 'ERR_PNG_SHORT'],
    ['data cut, and the file with it', withData(DATA).subarray(0, 60), 'ERR_PNG_SHORT'],
    [
      'a right end within a row',
      withData(deflate(Uint8Array.from([0, ...ROWS[0], 0, 1, 2]))),
      'ERR_PNG_SHORT',
    ],
    [
      'too few rows without Adler',
      withData(packed(ROWS.slice(0, 3)).subarray(0, -4)),
      'ERR_PNG_SHORT',
    ],
    [
      'too few rows, Adler apart',
      withData(packed(ROWS.slice(0, 3)).subarray(0, -4), packed(ROWS.slice(0, 3)).subarray(-4)),
      'ERR_PNG_SHORT',
    ],
    [
      'last rows from a copy, and nothing behind',
      png(header(WIDTH, 200), chunk('IDAT', solid), END),
      'ERR_PNG_SHORT',
    ],
    ['a wrong Adler', withData(wrongSum), 'ERR_PNG_CHECKSUM'],
    [
      'a wrong Adler in a chunk of its own',
      withData(wrongSum.subarray(0, -4), wrongSum.subarray(-4)),
      'ERR_PNG_CHECKSUM',
    ],
    ['a wrong checksum on IDAT', png(START, chunk('IDAT', DATA, 5), END), 'ERR_PNG_CHECKSUM'],
    [
      'a wrong checksum on a second IDAT',
      png(START, chunk('IDAT', DATA.subarray(0, 9)), chunk('IDAT', DATA.subarray(9), 5), END),
      'ERR_PNG_CHECKSUM',
    ],
    [
      'a checksum of 0 before the data',
      png(START, chunk('tEXt', [65, 0, 66], 0), chunk('IDAT', DATA), END),
      'ERR_PNG_CHECKSUM',
    ],
    [
      'another chunk within the data',
      png(START, chunk('IDAT', DATA.subarray(0, 20)), TEXT, chunk('IDAT', DATA.subarray(20)), END),
      'ERR_PNG_SHORT',
    ],
    [
      'a wrong zlib header',
      withData(Uint8Array.of(0x78, 0x9d, ...DATA.subarray(2))),
      'ERR_PNG_DATA',
    ],
    [
      'a window of 64 KiB',
      withData(Uint8Array.of(0x88, 0x1c, ...DATA.subarray(2))),
      'ERR_PNG_DATA',
    ],
    [
      'a preset dictionary',
      withData(Uint8Array.of(0x78, 0xbb, 0, 0, 0, 1, ...DATA.subarray(2))),
      'ERR_PNG_DATA',
    ],
    ['an unknown filter', withData(filter5), 'ERR_PNG_DATA'],
    ['text cut behind', png(START, chunk('IDAT', DATA), TEXT.subarray(0, -6)), 'ERR_PNG_SHORT'],
    [
      'a chunk behind with a length beyond the file',
      png(START, chunk('IDAT', DATA), bigEndian(1000), TEXT.subarray(4)),
      'ERR_PNG_SHORT',
    ],
    [
      'a needless IDAT cut',
      png(START, chunk('IDAT', DATA), chunk('IDAT', DATA).subarray(0, -10)),
      'ERR_PNG_SHORT',
    ],
    [
      'an impossible length of IDAT',
      png(START, bigEndian(2 ** 31 - 1), chunk('IDAT', DATA).subarray(4), END),
      'ERR_PNG_SHORT',
    ],
    ['no header', png(chunk('IDAT', DATA), END), 'ERR_PNG_SHORT'],
    ['nothing but a signature', SIGNATURE, 'ERR_PNG_SHORT'],
    ['no chunk before', png(START, chunk('a\0b~'), chunk('IDAT', DATA), END), 'ERR_PNG'],
    ['two headers', png(header(1, 1), START, chunk('IDAT', DATA), END), 'ERR_PNG'],
    [
      'a palette behind',
      png(
        header(5, 1, 8, 3),
        chunk('IDAT', packed([[0, 0, 0, 0, 0]])),
        chunk('PLTE', [1, 2, 3]),
        END,
      ),
      'ERR_PNG',
    ],
    [
      'a transparent colour cut short',
      png(START, chunk('tRNS', [0, 1]), chunk('IDAT', DATA), END),
      'ERR_PNG',
    ],
  ])('%s', (_, file, code) => {
    expect(() => read(file)).toThrow(expect.objectContaining({ code }));
    expect(() => read(file)).toThrow(ImageError);
  });
});

describe('an interlaced PNG that ends early', () => {
  /** 12 x 16 pixels: the first pass has two rows of two, the second two of one. */
  const file = (...rows: number[][]) =>
    png(
      chunk('IHDR', [...bigEndian(12), ...bigEndian(16), 8, 2, 0, 0, 1]),
      chunk('IDAT', deflate(Uint8Array.from(rows.flat()))),
      END,
    );
  const row = (width: number, value: number) => [0, ...new Array<number>(3 * width).fill(value)];
  const first = [row(2, 1), row(2, 2)];
  const second = [row(1, 3), row(1, 4)];

  it.each([
    ['a row', first.slice(0, 1), { '0,0': 1, '8,0': 1 }, /has 1 of 30 rows/],
    ['a pass', first, { '0,0': 1, '8,0': 1, '0,8': 2, '8,8': 2 }, /has 2 of 30 rows/],
    [
      'a pass and a row',
      [...first, second[0]],
      { '0,0': 1, '8,0': 1, '0,8': 2, '8,8': 2, '4,0': 3 },
      /has 3 of 30 rows/,
    ],
    [
      'two passes',
      [...first, ...second],
      { '0,0': 1, '8,0': 1, '0,8': 2, '8,8': 2, '4,0': 3, '4,8': 4 },
      /has 4 of 30 rows/,
    ],
  ])('has what its passes have, as Pillow reads it: %s', (_, rows, pixels, note) => {
    const { data, notes } = read(file(...rows));
    const found: Record<string, number> = {};
    for (let i = 0; i < 12 * 16; i++) {
      if (data[3 * i] !== 0) found[`${i % 12},${Math.floor(i / 12)}`] = data[3 * i];
    }
    expect(found).toEqual(pixels);
    expect(notes.join()).toMatch(note);
  });

  it.each([
    ['a row, and a row of the next pass', [first[0], second[0]]],
    ['a pass, and a row and a half of the next', [...first, second[0], [0, 1]]],
  ])('is refused, as by Pillow, within a row: %s', (_, rows) => {
    expect(() => read(file(...rows))).toThrow(expect.objectContaining({ code: 'ERR_PNG_SHORT' }));
  });
});

it.each([
  [31, true],
  [32, true],
  [33, false],
  [34, false],
])('rows that end in an empty block: cut at %i, Pillow reads them: %o', (at, isRead) => {
  // Three rows of four, a flush of zlib that ends with an empty block, and another that is the last.
  const stream = new Uint8Array(
    Buffer.from(
      '789c6260b8bb7b6679a8b1e0fb33ab3ad25c9418ee41b967215c863d50ee6a882c4080010005e414f5',
      'hex',
    ),
  );
  const file = withData(stream.subarray(0, at), stream.subarray(at));
  if (isRead) expect([...read(file).data]).toEqual([...blackFrom(3)]);
  else expect(() => read(file)).toThrow(expect.objectContaining({ code: 'ERR_PNG_SHORT' }));
});

it('a large picture without the end of its one chunk of data is read', () => {
  const pixels = Uint8Array.from({ length: 3 * 200 * 200 }, (_, i) => (i * 7919) >> 3);
  const rows = Array.from({ length: 200 }, (_, y) => pixels.subarray(600 * y, 600 * (y + 1)));
  const file = png(header(200, 200), chunk('IDAT', packed(rows, 0)).subarray(0, -6));
  const { data, notes } = read(file);
  expect(Buffer.from(data).equals(Buffer.from(pixels))).toBe(true);
  expect(notes.join()).toMatch(/without an IEND|lacks the checksum/);
});

it('a picture of one pixel is not inflated beyond it', () => {
  const zeros = deflate(new Uint8Array(2 ** 24));
  const begin = performance.now();
  const { data, notes } = read(png(header(1, 1), chunk('IDAT', zeros), END));
  expect(performance.now() - begin).toBeLessThan(1000);
  expect([[...data], notes.length]).toEqual([[0, 0, 0], 1]);
});
