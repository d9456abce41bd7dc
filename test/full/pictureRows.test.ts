// Pictures row by row: what comes out is what whole pictures give, byte for byte.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeImage,
  decodeRows,
  encodeImage,
  encodeRows,
  loadEncoder,
} from '../../src/image/formats.js';
import { decodeJpegRows } from '../../src/image/jpeg/decodeJpeg.js';
import type { DecodeNote } from '../../src/image/note.js';
import type { Picture } from '../../src/image/picture.js';
import { walkChunks } from '../../src/image/png/chunks.js';
import { decodePngRows } from '../../src/image/png/decodePng.js';
import { resize } from '../../src/image/resize/resize.js';
import { resizeRows } from '../../src/image/resize/resizeRows.js';
import { putRows, RowCollector } from '../../src/image/rows.js';
import { concatenate } from '../../src/platform/concatenate.js';
import { crc32 } from '../../src/platform/crc32.js';
import { JoinedBytes } from '../../src/platform/randomBytes.js';
import { prepare, RowPreparation } from '../../src/translate/pipeline.js';
import { bigEndian, chunk, deflate, END, png } from '../support/pngs.js';

const pictures = fc
  .record({
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 40 }),
    hasAlpha: fc.boolean(),
    seed: fc.nat(),
    /** Noise, gradients, or runs of equal pixels. */
    kind: fc.constantFrom(...(['noise', 'slope', 'runs'] as const)),
  })
  .map(({ width, height, hasAlpha, seed, kind }): Picture => {
    const value = (i: number) => {
      if (kind === 'noise') return Math.imul(i + seed, 0x9e3779b1) >>> 24;
      return kind === 'slope' ? (i * 3 + seed) & 255 : ((i + seed) >> 5) * 40;
    };
    const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => value(i));
    const data = bytes(width * height * 3);
    return hasAlpha
      ? { width, height, data, alpha: bytes(width * height) }
      : { width, height, data };
  });

/** As `toEqual`, which takes its time with large arrays. */
function expectSame(found: Picture | string, expected: Picture | string): void {
  const facts = (value: Picture | string) =>
    typeof value === 'string'
      ? value
      : { ...value, data: digest(value.data), alpha: value.alpha && digest(value.alpha) };
  expect(facts(found)).toEqual(facts(expected));
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('a file that is written row by row', () => {
  it.each(['x.png', 'x.jpg', 'x.tif', 'x.webp'])(
    'is that of the whole picture: %s',
    async (name) => {
      await loadEncoder(name);
      fc.assert(
        fc.property(pictures, (picture) => {
          const encoder = encodeRows(name);
          // Rows belong to the caller, who puts the next one in the same place.
          const row = new Uint8Array(picture.width * 3);
          const alphaRow = new Uint8Array(picture.width);
          putRows(picture, (head) => {
            const put = encoder.begin(head);
            return (rgb, alpha) => {
              row.set(rgb);
              if (alpha !== undefined) alphaRow.set(alpha);
              put(row, alpha && alphaRow);
            };
          });
          expect(encoder.end()).toEqual(encodeImage(picture, name));
        }),
        { numRuns: name === 'x.webp' ? 10 : 60 },
      );
    },
  );

  it('of many pieces is what comes back: PNG', () => {
    const width = 700;
    const height = 500;
    const noise = createHash('shake256', { outputLength: 3 * width * height }).digest();
    const data = Uint8Array.from(noise, (byte, i) => (i % 90_000 < 40_000 ? byte : (i >> 6) & 255));
    const alpha = Uint8Array.from({ length: width * height }, (_, i) => noise[i >> 9]);
    const encoder = encodeRows('x.png');
    putRows({ width, height, data, alpha }, encoder.begin);
    const bytes = encoder.end();
    expect(digest(bytes)).toBe(digest(encodeImage({ width, height, data, alpha }, 'x.png')));
    expect([...walkChunks(bytes)].filter(({ type }) => type === 'IDAT').length).toBeGreaterThan(1);
    const back = decodeImage(bytes, { alpha: true, strict: true });
    expectSame(back, { width, height, data, alpha });
  });

  it('is refused as the whole picture is', () => {
    expect(() => encodeRows('x.gif')).toThrow(/pictures are written as .png/);
    expect(() => encodeRows('x.jpg', { quality: 101 })).toThrow(/from 1 to 100/);
    const head = { width: 20_000, height: 20_000, hasAlpha: false };
    expect(() => encodeRows('x.png').begin(head)).toThrow(/20000 x 20000 pixels is too large/);
    expect(() => encodeRows('x.png').begin({ ...head, width: 0 })).toThrow(/is empty/);
    expect(() => encodeRows('x.jpg').begin({ ...head, width: 70_000, height: 1 })).toThrow(
      /at most 65535 pixels a side/,
    );
  });
});

describe('a picture that is resized row by row', () => {
  const side = fc.integer({ min: 1, max: 70 });
  const targets = fc.oneof(
    side,
    fc.record({ width: side, height: side }),
    fc.record({ width: side }),
  );
  const interpolations = fc.constantFrom(...(['bilinear', 'bicubic'] as const));

  it('has the bytes of the whole one', () => {
    fc.assert(
      fc.property(pictures, targets, interpolations, (picture, target, interpolation) => {
        const outcome = (action: () => Picture) => {
          try {
            return action();
          } catch (error) {
            return String(error);
          }
        };
        const rows = new RowCollector();
        const found = outcome(() => {
          putRows(picture, resizeRows(target, { interpolation })(rows.begin));
          return rows.picture;
        });
        expectSame(
          found,
          outcome(() => resize(target, { interpolation })(picture)),
        );
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    [3000, 41, { width: 17, height: 1300 }],
    [2, 3000, { width: 5, height: 7 }],
    [900, 1200, 300],
    [901, 640, { width: 901, height: 100 }],
    [901, 640, { width: 77, height: 640 }],
  ])('has them where it takes several bands: %d x %d to %j', (width, height, target) => {
    const data = Uint8Array.from(
      { length: 3 * width * height },
      (_, i) => Math.imul(i, 0x9e3779b1) >>> 24,
    );
    const rows = new RowCollector();
    putRows({ width, height, data }, resizeRows(target)(rows.begin));
    expectSame(rows.picture, resize(target)({ width, height, data }));
  });
});

describe('a picture that is prepared row by row', () => {
  it('is the whole one, or refused with the same words', () => {
    const options = fc.record({
      resize: fc.option(fc.integer({ min: 0, max: 50 }), { nil: null }),
      crop: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
      keepSize: fc.constant(true),
    });
    fc.assert(
      fc.property(pictures, options, (picture, pipeline) => {
        const outcome = (action: () => unknown) => {
          try {
            return action();
          } catch (error) {
            return String(error);
          }
        };
        const found = outcome(() => {
          const preparation = new RowPreparation(pipeline, new RowCollector());
          putRows(picture, preparation.begin);
          return preparation.prepared();
        });
        expect(found).toEqual(outcome(() => prepare(picture, pipeline)));
      }),
    );
  });
});

/** What a decoder gives, or says. */
function decoded(read: (onNote: (note: DecodeNote) => void) => Picture) {
  const notes: DecodeNote[] = [];
  try {
    return { picture: read((note) => notes.push(note)), notes };
  } catch (error) {
    return { error: String(error), notes };
  }
}

const { cases: tiffCases }: { cases: { file: string }[] } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../golden/data/tiffs.json'), 'utf8'),
);
const tiffs = tiffCases.map(({ file }) => new Uint8Array(Buffer.from(file, 'base64')));

/** TIFF 6.0, section 2 and 6: RGB, low byte first, the directory behind the strips. */
function tiffOf(
  width: number,
  height: number,
  compression: number,
  perStrip: number,
  strips: readonly Uint8Array[],
): Uint8Array {
  let at = 8;
  const offsets = strips.map(({ length }) => {
    at += length;
    return at - length;
  });
  const lists = at;
  const one = strips.length === 1;
  const entries = [
    [256, 4, 1, width],
    [257, 4, 1, height],
    [258, 3, 1, 8],
    [259, 3, 1, compression],
    [262, 3, 1, 2],
    [273, 4, strips.length, one ? offsets[0] : lists],
    [277, 3, 1, 3],
    [278, 4, 1, perStrip],
    [279, 4, strips.length, one ? strips[0].length : lists + 4 * strips.length],
  ];
  const directory = lists + 8 * strips.length;
  const out = new Uint8Array(directory + 2 + 12 * entries.length + 4);
  const view = new DataView(out.buffer);
  out.set([0x49, 0x49, 42, 0]);
  view.setUint32(4, directory, true);
  strips.forEach((strip, i) => {
    out.set(strip, offsets[i]);
    view.setUint32(lists + 4 * i, offsets[i], true);
    view.setUint32(lists + 4 * (strips.length + i), strip.length, true);
  });
  view.setUint16(directory, entries.length, true);
  entries.forEach(([tag, type, count, value], i) => {
    const entry = directory + 2 + 12 * i;
    view.setUint16(entry, tag, true);
    view.setUint16(entry + 2, type, true);
    view.setUint32(entry + 4, count, true);
    if (type === 3) view.setUint16(entry + 8, value, true);
    else view.setUint32(entry + 8, value, true);
  });
  return out;
}

interface LongJpeg {
  readonly name: string;
  readonly jpeg: string;
  readonly size: number[];
  readonly sha256: string;
}

/** Made by `test/golden/make_long_jpegs.py`. */
const { cases }: { cases: LongJpeg[] } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../golden/data/longJpegs.json'), 'utf8'),
);
const longJpegs = cases.map(({ jpeg, ...rest }) => ({
  ...rest,
  jpeg: new Uint8Array(Buffer.from(jpeg, 'base64')),
}));

/** PNGs of all colours, with and without interlacing, whose data lie in chunks of some bytes, and may be too few or too many. */
const pngs = fc
  .record({
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 40 }),
    kind: fc.constantFrom(
      [0, 1, 1],
      [0, 8, 1],
      [0, 16, 1],
      [2, 8, 3],
      [3, 4, 1],
      [4, 8, 2],
      [6, 16, 4],
    ),
    isInterlaced: fc.boolean(),
    rowsMissing: fc.constantFrom(0, 0, 0, 1, 3, -1),
    level: fc.constantFrom(0, 1, 9),
    chunkBytes: fc.constantFrom(1, 7, 100, 10_000),
    seed: fc.nat(),
  })
  .map(({ width, height, kind: [colour, depth, channels], isInterlaced, ...rest }) => {
    const { rowsMissing, level, chunkBytes, seed } = rest;
    const rowsOf = (columns: number, count: number) =>
      columns === 0
        ? []
        : Array.from({ length: count }, () => 1 + Math.ceil((columns * depth * channels) / 8));
    const steps = [
      [0, 0, 8, 8],
      [4, 0, 8, 8],
      [0, 4, 4, 8],
      [2, 0, 4, 4],
      [0, 2, 2, 4],
      [1, 0, 2, 2],
      [0, 1, 1, 2],
    ];
    const lengths = isInterlaced
      ? steps.flatMap(([x, y, dx, dy]) =>
          rowsOf(
            Math.max(0, Math.ceil((width - x) / dx)),
            Math.max(0, Math.ceil((height - y) / dy)),
          ),
        )
      : rowsOf(width, height);
    if (rowsMissing < 0) lengths.push(lengths[0]);
    const kept = lengths.slice(0, lengths.length - Math.max(0, rowsMissing));
    const lines = kept.map((length, row) =>
      Uint8Array.from({ length }, (_, i) =>
        i === 0 ? (row + seed) % 5 : Math.imul((i >> 2) + row * 31 + seed, 0x9e3779b1) >>> 24,
      ),
    );
    const data = deflate(concatenate(lines), level);
    const head = chunk('IHDR', [
      ...bigEndian(width),
      ...bigEndian(height),
      depth,
      colour,
      0,
      0,
      isInterlaced ? 1 : 0,
    ]);
    const parts = Array.from({ length: Math.ceil(data.length / chunkBytes) }, (_, i) =>
      chunk('IDAT', data.subarray(i * chunkBytes, (i + 1) * chunkBytes)),
    );
    const palette =
      colour === 3
        ? [
            chunk(
              'PLTE',
              Array.from({ length: 36 }, (_, i) => i * 7),
            ),
          ]
        : [];
    return png(head, ...palette, ...parts, END);
  });

/** Makes the checksums of a PNG's chunks right. */
function seal(bytes: Uint8Array): void {
  for (const { at, begin, present, length } of walkChunks(bytes)) {
    if (present < length || begin + length + 4 > bytes.length) continue;
    const sum = crc32(bytes.subarray(at + 4, begin + length));
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(begin + length, sum);
  }
}

const GOLDEN = join(import.meta.dirname, '../golden/data');
const files = readdirSync(GOLDEN, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(png|jpg|gif|bmp|ppm|tif)$/.test(name))
  .map((name) => [name, readFileSync(join(GOLDEN, name))] as const)
  .filter(([, { length }]) => length < 30_000);

describe('a file that is read row by row', () => {
  it('gives the rows, the notes and the errors of the whole picture, damaged or not', () => {
    const damage = fc.record({
      file: fc.constantFrom(...files),
      cut: fc.double({ min: 0, max: 1, noNaN: true }),
      isCut: fc.boolean(),
      changes: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), {
        maxLength: 4,
      }),
      alpha: fc.boolean(),
      autoOrient: fc.boolean(),
      strict: fc.boolean(),
    });
    fc.assert(
      fc.property(damage, ({ file: [, whole], cut, isCut, changes, ...options }) => {
        const bytes = Uint8Array.from(isCut ? whole.subarray(0, cut * whole.length) : whole);
        for (const [at, value] of changes) bytes[Math.floor(at * (bytes.length - 1))] = value;
        const found = decoded((onNote) => {
          const rows = new RowCollector();
          decodeRows(bytes, rows.begin, { ...options, onNote });
          return rows.picture;
        });
        expect(found).toEqual(decoded((onNote) => decodeImage(bytes, { ...options, onNote })));
      }),
      { numRuns: 400 },
    );
  });

  it.each([0, 2 ** 24])(
    'is the same for PNGs whose data are inflated as they come, or at once (%d)',
    (wholeBytes) => {
      const change = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255));
      const damage = fc.record({
        whole: pngs,
        cut: fc.double({ min: 0, max: 2, noNaN: true }),
        changes: fc.array(change, { maxLength: 3 }),
        /** Whether chunks' checksums are right, so that damage comes to the data. */
        isSealed: fc.boolean(),
        alpha: fc.boolean(),
        strict: fc.boolean(),
      });
      fc.assert(
        fc.property(damage, ({ whole, cut, changes, isSealed, ...options }) => {
          const bytes = Uint8Array.from(whole.subarray(0, Math.ceil(cut * whole.length)));
          for (const [at, value] of changes) bytes[Math.floor(at * (bytes.length - 1))] = value;
          if (isSealed) seal(bytes);
          const source = new JoinedBytes(bytes, [{ at: 0, length: bytes.length }]);
          const read = (from: typeof source | Uint8Array, limit: number) =>
            decoded((onNote) => {
              const rows = new RowCollector();
              decodePngRows(from, { ...options, onNote, wholeBytes: limit }, rows.begin);
              return rows.picture;
            });
          expect(read(source, wholeBytes)).toEqual(read(bytes, 2 ** 24));
        }),
        { numRuns: 400 },
      );
    },
  );

  it.each(longJpegs)('is as in Pillow where little of it is held: $name', (golden) => {
    const { jpeg, size, sha256 } = golden;
    const source = new JoinedBytes(jpeg, [{ at: 0, length: jpeg.length }]);
    const rows = new RowCollector();
    decodeJpegRows(source, { strict: true, heldBytes: 4500 }, rows.begin);
    const { width, height, data } = rows.picture;
    expect([width, height]).toEqual(size);
    expect(digest(data)).toBe(sha256);
  });

  it('is the same for JPEGs of which little is held at a time', () => {
    const change = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255));
    const damage = fc.record({
      whole: fc.constantFrom(...longJpegs.map(({ jpeg }) => jpeg)),
      cut: fc.double({ min: 0, max: 2, noNaN: true }),
      changes: fc.array(change, { maxLength: 3 }),
      /** Several 0xFF before a stuffed zero byte, which count as one. */
      isOdd: fc.boolean(),
      strict: fc.boolean(),
    });
    fc.assert(
      fc.property(damage, ({ whole, cut, changes, isOdd, strict }) => {
        let bytes = Uint8Array.from(whole.subarray(0, Math.ceil(cut * whole.length)));
        for (const [at, value] of changes) bytes[Math.floor(at * (bytes.length - 1))] = value;
        const stuffed = Buffer.from(bytes).indexOf(Buffer.of(0xff, 0), bytes.length >> 1);
        if (isOdd && stuffed > 0) {
          bytes = concatenate([bytes.subarray(0, stuffed), [0xff, 0xff], bytes.subarray(stuffed)]);
        }
        const source = new JoinedBytes(bytes, [{ at: 0, length: bytes.length }]);
        const read = (from: typeof source | Uint8Array, heldBytes: number) =>
          decoded((onNote) => {
            const rows = new RowCollector();
            decodeJpegRows(from, { strict, onNote, heldBytes }, rows.begin);
            return rows.picture;
          });
        const found = read(source, 4500);
        const expected = read(bytes, 2 ** 20);
        if (found.picture === undefined || expected.picture === undefined) {
          expect(found).toEqual(expected);
        } else {
          expect(found.notes).toEqual(expected.notes);
          expectSame(found.picture, expected.picture);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is the same for TIFFs of all kinds that are read in blocks, cut off or not', () => {
    const cut = fc.double({ min: 0, max: 2, noNaN: true });
    fc.assert(
      fc.property(fc.constantFrom(...tiffs), cut, fc.boolean(), (whole, end, alpha) => {
        const bytes = whole.subarray(0, Math.ceil(end * whole.length));
        const source = new JoinedBytes(bytes, [{ at: 0, length: bytes.length }]);
        const found = decoded((onNote) => {
          const rows = new RowCollector();
          decodeRows(source, rows.begin, { alpha, onNote });
          return rows.picture;
        });
        expect(found).toEqual(decoded((onNote) => decodeImage(bytes, { alpha, onNote })));
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['one strip that is not compressed', 1, 700],
    ['strips of deflate', 8, 50],
  ])('holds little of a TIFF: %s', (_, compression, perStrip) => {
    const [width, height] = [1000, 700];
    const data = new Uint8Array(
      createHash('shake256', { outputLength: 3 * width * height }).digest(),
    );
    const strips = Array.from({ length: height / perStrip }, (__, i) => {
      const rows = data.subarray(i * perStrip * 3 * width, (i + 1) * perStrip * 3 * width);
      return compression === 1 ? rows : deflate(rows);
    });
    const bytes = tiffOf(width, height, compression, perStrip, strips);
    let longest = 0;
    const source = {
      length: bytes.length,
      readInto(start: number, to: Uint8Array) {
        longest = Math.max(longest, to.length);
        to.set(bytes.subarray(start, start + to.length));
      },
    };
    const rows = new RowCollector();
    decodeRows(source, rows.begin);
    expectSame(rows.picture, { width, height, data });
    expect(longest).toBeLessThan(300_000);
  });

  it('comes as it is decoded: rows above the damage are there', () => {
    const picture = { width: 64, height: 64, data: new Uint8Array(3 * 64 * 64).fill(90) };
    const bytes = encodeImage(picture, 'x.jpg');
    let rows = 0;
    const read = () => decodeRows(bytes.subarray(0, bytes.length - 10), () => () => rows++);
    expect(read).toThrow(/the file ends within the picture data/);
    // Of seven rows of blocks; the last of them waits for the next.
    expect(rows).toBe(55);
  });
});
