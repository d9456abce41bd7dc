import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeImage, encodeImage, imageSize } from '../../src/image/formats.js';
import { ImageError, type Picture } from '../../src/image/picture.js';
import { putRows } from '../../src/image/rows.js';
import { tiffWriter } from '../../src/image/tiff/encodeTiff.js';
import { readDirectory, valuesOf } from '../../src/image/tiff/tiffDirectory.js';
import { ByteBlocks } from '../../src/platform/byteBlocks.js';
import { sha256 } from '../../src/platform/sha256.js';
import { goldenPath } from '../support/golden.js';

interface Case {
  readonly name: string;
  readonly file: string;
  readonly size: readonly [width: number, height: number];
  /** In base64; of many pixels, their SHA-256. */
  readonly rgb?: string;
  readonly sha256?: string;
}

const { cases } = JSON.parse(readFileSync(goldenPath('tiffs.json'), 'utf8')) as { cases: Case[] };
const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
const fileOf = (wanted: string) => bytesOf(cases.find(({ name }) => name === wanted)?.file ?? '');

function isExpected(data: Uint8Array, { rgb, sha256: digest }: Pick<Case, 'rgb' | 'sha256'>) {
  return rgb === undefined ? sha256(data) === digest : Buffer.from(data).toString('base64') === rgb;
}

it.each(cases)(
  '$name: the pixels are those of Pillow',
  ({ file, size: [width, height], ...expected }) => {
    const picture = decodeImage(bytesOf(file));
    expect([picture.width, picture.height]).toEqual([width, height]);
    expect(isExpected(picture.data, expected)).toBe(true);
    expect(imageSize(bytesOf(file))).toEqual({ width, height });
  },
);

/** A file, low byte first, with other numbers for some tags. */
function withTags(file: Uint8Array, tags: Readonly<Record<number, number>>): Uint8Array {
  const bytes = file.slice();
  const view = new DataView(bytes.buffer);
  const directory = view.getUint32(4, true);
  const count = view.getUint16(directory, true);
  const entries = Array.from({ length: count }, (_, i) => directory + 2 + 12 * i);
  for (const [tag, value] of Object.entries(tags)) {
    const entry = entries.find((at) => view.getUint16(at, true) === Number(tag));
    if (entry === undefined) throw new Error(`no tag ${tag}`);
    view.setUint16(entry + 2, 4, true);
    view.setUint32(entry + 8, value, true);
  }
  return bytes;
}

/** `toEqual` takes seconds for many bytes. */
function same(a: Picture, b: Picture): boolean {
  const alike = (x?: Uint8Array, y?: Uint8Array) =>
    Buffer.from(x ?? []).equals(Buffer.from(y ?? []));
  return a.width === b.width && alike(a.data, b.data) && alike(a.alpha, b.alpha);
}

const refused = (bytes: Uint8Array, message: RegExp) => {
  expect(() => decodeImage(bytes)).toThrow(
    expect.objectContaining({ code: 'ERR_TIFF', message: expect.stringMatching(message) }),
  );
};

describe('what is refused', () => {
  it('kinds that are not read, by name', () => {
    const rgb = fileOf('rgb');
    refused(withTags(rgb, { 259: 4 }), /CCITT fax, group 4.*tiffcp -c lzw/);
    refused(withTags(rgb, { 259: 7 }), /compressed by JPEG, which/);
    refused(withTags(rgb, { 259: 34712 }), /JPEG 2000/);
    refused(withTags(rgb, { 259: 4711 }), /unknown method \(4711\)/);
    refused(withTags(rgb, { 262: 8 }), /CIE L\*a\*b\*/);
    refused(withTags(rgb, { 262: 32803 }), /camera's raw/);
    refused(withTags(fileOf('grey8-black-is-zero-little'), { 258: 64 }), /samples of 64 bits/);
    refused(withTags(fileOf('rgb-predictor'), { 317: 3 }), /floating-point/);
  });

  it('sizes that bytes cannot hold, before memory is taken', () => {
    for (const name of ['rgb', 'rgb-old-deflate', 'saved-RGB-tiff_lzw', 'saved-RGB-packbits']) {
      const sides = { 256: 13_000, 257: 13_000 };
      refused(withTags(fileOf(name), { ...sides, 278: 13_000 }), /bytes in strip or tile 0/);
      refused(withTags(fileOf(name), { ...sides, 278: 100 }), /has 1 strips or tiles of 130/);
    }
    refused(withTags(fileOf('tiles-one'), { 322: 65_535 }), /bytes in strip or tile/);
    expect(() => decodeImage(withTags(fileOf('rgb'), { 256: 0 }))).toThrow(ImageError);
    refused(withTags(fileOf('planes'), { 278: 0 }), /without a row/);
    refused(withTags(fileOf('tiles'), { 322: 0 }), /empty tiles/);
  });

  it('values and strips behind the end', () => {
    refused(withTags(fileOf('rgb-predictor'), { 273: 1_000_000 }), /behind its end/);
    refused(withTags(fileOf('rgb'), { 273: 1_000_000 }), /has 0 of 273 bytes/);
  });

  it.each(cases)('$name: what is cut short, or it is the same picture', ({ file, ...expected }) => {
    const whole = bytesOf(file);
    for (let length = 4; length < whole.length; length += 1 + (whole.length >> 4)) {
      try {
        const { data } = decodeImage(whole.subarray(0, length));
        expect(isExpected(data, expected)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(ImageError);
      }
    }
  });
});

describe('what is written', () => {
  const picture = (width: number, height: number) => ({
    width,
    height,
    data: Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * i * 31 + (i >> 3)) & 255),
  });

  it.each([
    [1, 1],
    [13, 7],
    [700, 300],
  ])('%i x %i comes back, with its alpha', (width, height) => {
    const plain = picture(width, height);
    expect(same(decodeImage(encodeImage(plain, 'x.tif')), plain)).toBe(true);
    const clear = { ...plain, alpha: plain.data.slice(0, width * height) };
    expect(same(decodeImage(encodeImage(clear, 'X.TIFF'), { alpha: true }), clear)).toBe(true);
    expect(imageSize(encodeImage(clear, 'x.tiff'))).toEqual({ width, height });
  });
});

it('alpha is kept if that is asked for', () => {
  const file = fileOf('rgba-unassociated');
  const pixels = file.subarray(-4 * 13 * 7);
  expect(decodeImage(file).alpha).toBeUndefined();
  expect(decodeImage(file, { alpha: true }).alpha).toEqual(pixels.filter((_, i) => i % 4 === 3));
  expect(decodeImage(fileOf('rgba-unspecified'), { alpha: true }).alpha).toBeUndefined();
});

it('it is turned once, by its own tag, whether or not that is asked for', () => {
  const file = fileOf('turned-6');
  const notes: unknown[] = [];
  const plain = decodeImage(file, { onNote: (note) => notes.push(note) });
  expect(decodeImage(file, { autoOrient: true })).toEqual(plain);
  expect(imageSize(file, { autoOrient: true })).toEqual({ width: 7, height: 13 });
  expect(notes).toEqual([]);
});

/** A file, low byte first, of tags of one number each, or of some, and of what its only strips or tiles begin with. */
function tiffOf(tags: Readonly<Record<number, number | readonly number[]>>, data: Uint8Array) {
  const entries = Object.entries(tags).map(
    ([tag, value]) => [Number(tag), [value].flat()] as const,
  );
  const directory = 8 + data.length;
  const behind = directory + 2 + 12 * entries.length + 4;
  const far = entries.flatMap(([, values]) => (values.length > 1 ? values : []));
  const bytes = new Uint8Array(behind + 4 * far.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x49, 0x49, 42, 0, directory & 255, (directory >> 8) & 255, directory >> 16, 0]);
  bytes.set(data, 8);
  view.setUint16(directory, entries.length, true);
  far.forEach((value, i) => void view.setUint32(behind + 4 * i, value, true));
  let next = behind;
  for (const [i, [tag, values]] of entries.entries()) {
    const at = directory + 2 + 12 * i;
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, 4, true);
    view.setUint32(at + 4, values.length, true);
    view.setUint32(at + 8, values.length > 1 ? next : values[0], true);
    if (values.length > 1) next += 4 * values.length;
  }
  return bytes;
}

describe('a TIFF whose offsets four bytes may not hold', () => {
  it.each([1, 300])('is a BigTIFF, of %i rows, decided as it begins', (height) => {
    // More of them are in several strips: their offsets are behind the directory.
    const size = { width: 500, height };
    const data = Uint8Array.from({ length: 1500 * height }, (_, i) => (i * i) >> 3);
    const alpha = Uint8Array.from({ length: 500 * height }, (_, i) => i);
    const picture = { ...size, data, alpha };
    const written = (mostBytes?: number) => {
      const file = new ByteBlocks();
      const writer = tiffWriter(file, mostBytes);
      putRows(picture, writer.begin);
      writer.end();
      return file.joined();
    };
    const bytes = 2000 * height;
    expect(written(bytes)[2]).toBe(42);
    const big = written(bytes - 1);
    expect([...big.subarray(0, 8)]).toEqual([0x49, 0x49, 43, 0, 8, 0, 0, 0]);
    expect(same(decodeImage(big, { alpha: true }), picture)).toBe(true);
  });

  it('is written of pictures of four gigabytes', () => {
    const first: number[] = [];
    const writer = tiffWriter({ add: (bytes) => first.push(bytes[2]), replace: () => undefined });
    writer.begin({ width: 40_000, height: 40_000, hasAlpha: false });
    expect(first).toEqual([43]);
  });
});

describe('hostile strips and tiles', () => {
  const grey = { 256: 1, 257: 1, 258: 8, 262: 1 };

  it('tiles far larger than their picture are refused, however well they are packed', () => {
    const packed = new Uint8Array(40_000);
    const tiles = { 259: 5, 324: 8, 325: packed.length };
    for (const [width, height] of [
      [8192, 8192],
      [65_536, 1024],
    ]) {
      const file = tiffOf({ ...grey, ...tiles, 322: width, 323: height }, packed);
      refused(file, /tiles of \d+ x \d+ pixels for a picture of 1 x 1/);
    }
    const row = { 256: 10_000, 322: 1, 323: 1 << 24, 324: Array(10_000).fill(8) };
    refused(tiffOf({ ...grey, ...tiles, ...row }, packed), /tiles of 1 x 16777216/);
  });

  it('tiles somewhat larger than their picture are read', () => {
    const data = new Uint8Array(1024 * 1024).fill(7, 0, 1);
    const file = tiffOf({ ...grey, 322: 1024, 323: 1024, 324: 8 }, data);
    expect([...decodeImage(file).data]).toEqual([7, 7, 7]);
  });

  it('strips of unknown length are read no further than their pixels can reach', () => {
    const strips = { 257: 2, 259: 32_773, 266: 2, 273: [8, 8], 278: 1 };
    // A run of one byte, 0x80, whose bits are those of 1 the other way round; then what stands for nothing.
    const data = new Uint8Array(100_000).fill(1).fill(0, 0, 1).fill(0x80, 1, 2);
    expect([...decodeImage(tiffOf({ ...grey, ...strips }, data)).data]).toEqual(Array(6).fill(1));
    // The same behind what stands for nothing (128, mirrored): as long as it is, no writer makes it.
    const late = new Uint8Array(100_000).fill(1).fill(0, 99_000, 99_001);
    refused(tiffOf({ ...grey, ...strips }, late), /has 0 of 1 bytes in strip or tile 0/);
  });
});

it('alpha of YCbCr is the sample behind its three', () => {
  const tags = { 256: 2, 257: 1, 258: 8, 262: 6, 273: 8, 530: [1, 1] };
  const plain = tiffOf({ ...tags, 277: 3 }, Uint8Array.of(50, 90, 200, 180, 140, 100));
  const clear = tiffOf(
    { ...tags, 277: 4, 338: 2 },
    Uint8Array.of(50, 90, 200, 7, 180, 140, 100, 9),
  );
  const expected = { ...decodeImage(plain), alpha: Uint8Array.of(7, 9) };
  expect(same(decodeImage(clear, { alpha: true }), expected)).toBe(true);
});

it('no more values of a tag are made than are asked for', () => {
  const file = tiffOf({ 256: [5, 6, 7, 8] }, new Uint8Array(0));
  const directory = readDirectory(file);
  if (directory === null) throw new Error('no directory');
  expect(valuesOf(file, directory, 256, 2)).toEqual([5, 6]);
  expect(valuesOf(file, directory, 256, 9)).toEqual([5, 6, 7, 8]);
  expect(() => valuesOf(file.subarray(0, -1), directory, 256, 1)).toThrow(/behind its end/);
});
