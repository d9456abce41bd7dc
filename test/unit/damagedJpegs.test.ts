import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeImage, encodeImage } from '../../src/image/formats.js';
import { decodeJpeg } from '../../src/image/jpeg/decodeJpeg.js';
import { transformBlock } from '../../src/image/jpeg/idct.js';
import { transformWild } from '../../src/image/jpeg/wildIdct.js';
import type { DecodeNote } from '../../src/image/note.js';
import { ImageError } from '../../src/image/picture.js';
import { goldenPath } from '../support/golden.js';

/** What `test/golden/make_damaged_jpegs.py` made with Pillow. */
interface DamagedJpeg {
  readonly name: string;
  readonly jpeg: string;
  readonly size: readonly [width: number, height: number] | null;
  readonly sha256: string | null;
}

const cases = JSON.parse(
  readFileSync(goldenPath('damagedJpegs.json'), 'utf8'),
) as readonly DamagedJpeg[];

/** Odd, but nothing is lost and nothing guessed. */
const NO_DAMAGE = [
  'a comment behind the data',
  'tables on their own before the picture',
  'data whose last bit is the last of a byte',
];

describe('a damaged JPEG that Pillow reads', () => {
  const read = cases.filter(({ sha256 }) => sha256 !== null);
  it.each(read.map((c) => [c.name, c] as const))('%s', (name, c) => {
    const bytes = bytesOf(c);
    const notes: DecodeNote[] = [];
    const { width, height, data } = decodeJpeg(bytes, { onNote: (note) => notes.push(note) });
    expect([width, height]).toEqual(c.size);
    expect(createHash('sha256').update(data).digest('hex')).toBe(c.sha256);

    const damage = notes.filter(({ kind }) => kind === 'damaged');
    expect(damage.length === 0).toBe(NO_DAMAGE.includes(name));
    expect(new Set(damage.map(({ message }) => message)).size).toBe(damage.length);
    expect(damage.length).toBeLessThan(6);
    const strict = () => decodeJpeg(bytes, { strict: true });
    if (damage.length === 0) expect(strict).not.toThrow();
    else expect(strict).toThrow(expect.objectContaining({ message: damage[0].message }));
  });
});

describe('a damaged JPEG that Pillow refuses', () => {
  const refused = cases.filter(({ sha256 }) => sha256 === null);
  it.each(refused.map((c) => [c.name, c] as const))('%s', (_, c) => {
    expect(() => decodeJpeg(bytesOf(c))).toThrow(ImageError);
  });
});

it.each([
  ['an unfinished progressive picture', 'the first scan', /last scans.*missing.*smoothed/],
  ['data that end early', 'data that end early', /data of a scan end early/],
  ['a lost restart marker', 'restart marker lost', /restart markers are lost/],
  ['missing tables', 'no Huffman tables', /Huffman tables are missing.*K\.3/],
  ['one id', 'one id for all components', /components share an id/],
  ['no end', 'no end, read', /without an end-of-image marker/],
  ['no data at all', 'two scans of three', /a component has no data/],
  ['a repeated scan', 'a scan twice', /scans repeat/],
  ['what is left over', 'data that go on', /left over/],
  ['a length', 'a segment of length 0', /impossible length/],
])('is told as what it is: %s', (_, name, message) => {
  const notes: string[] = [];
  decodeJpeg(bytesOf(named(name)), { onNote: (note) => notes.push(note.message) });
  expect(notes.join('\n')).toMatch(message);
});

it('is read through decodeImage, which passes the options on', () => {
  const bytes = bytesOf(named('the first scan'));
  const notes: DecodeNote[] = [];
  decodeImage(bytes, { onNote: (note) => notes.push(note) });
  expect(notes.map(({ kind }) => kind)).toEqual(['damaged']);
  expect(() => decodeImage(bytes, { strict: true })).toThrow(/last scans/);
});

it('says nothing of a JPEG that is whole', () => {
  const data = Uint8Array.from({ length: 40 * 24 * 3 }, (_, i) => (i * 7) % 256);
  const bytes = encodeImage({ width: 40, height: 24, data }, 'a.jpg');
  const notes: DecodeNote[] = [];
  decodeJpeg(bytes, { strict: true, onNote: (note) => notes.push(note) });
  expect(notes).toEqual([]);
});

describe('what a file can cost', () => {
  /** A progressive file with its scans for AC repeated. */
  function withScans(count: number): Uint8Array {
    const bytes = bytesOf(named('a scan twice'));
    const starts: number[] = [];
    for (let at = 0; at < bytes.length - 1; at++) {
      if (bytes[at] === 0xff && bytes[at + 1] === 0xda) starts.push(at);
    }
    const last = bytes.subarray(starts[starts.length - 1], bytes.length - 2);
    const copies = Array.from({ length: count }, () => [...last]).flat();
    return Uint8Array.from([...bytes.subarray(0, -2), ...copies, 0xff, 0xd9]);
  }

  it('is bounded by the number of scans, and of their passes', () => {
    expect(() => decodeJpeg(withScans(2))).not.toThrow();
    expect(() => decodeJpeg(withScans(1000))).toThrow(
      expect.objectContaining({ code: 'ERR_JPEG_UNSUPPORTED' }),
    );
  });

  it('is no search from the same place for each interval that has no data', () => {
    const side = [0x04, 0x00];
    const jpeg = Uint8Array.from([
      ...[0xff, 0xd8, 0xff, 0xdb, 0, 67, 0, ...new Array(64).fill(1)],
      ...[0xff, 0xc0, 0, 11, 8, ...side, ...side, 1, 1, 0x11, 0],
      ...[0xff, 0xdd, 0, 4, 0, 1],
      ...[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0, 0],
      // Another marker than the one that is due, and behind it nothing that is one for long.
      ...[0xff, 0x01, ...new Array(300_000).fill(0), 0xff, 0xd9],
    ]);
    const begin = process.cpuUsage();
    const { data } = decodeJpeg(jpeg);
    const { user } = process.cpuUsage(begin);
    expect(data).toHaveLength(3 * 1024 * 1024);
    expect(user).toBeLessThan(1_000_000);
  });

  it('is no look at the same bytes for each piece of the file', () => {
    const size = [0, 64, 0, 64];
    const head = [
      ...[0xff, 0xd8, 0xff, 0xdb, 0, 67, 0, ...new Array(64).fill(1)],
      ...[0xff, 0xc0, 0, 11, 8, ...size, 1, 1, 0x11, 0],
      ...[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0],
    ];
    // Empty blocks, and among them many bytes FF before a stuffed zero.
    const blocks = Array.from({ length: 16 }, () => [0x28, 0xa2, 0x8a]).flat();
    const jpeg = new Uint8Array(12_000_000).fill(0xff);
    jpeg.set([...head, ...blocks]);
    jpeg.set([0, ...blocks, ...blocks, ...blocks, 0xff, 0xd9], jpeg.length - 147);
    const begin = process.cpuUsage();
    const notes: string[] = [];
    decodeJpeg(jpeg, { onNote: ({ message }) => notes.push(message) });
    const { user } = process.cpuUsage(begin);
    expect(notes.join()).toMatch(/before a stuffed zero/);
    expect(user).toBeLessThan(600_000);
  });

  it('is bounded by the length of the file where the picture is large', () => {
    const bytes = bytesOf(named('data that end early')).slice();
    const frame = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xc0);
    bytes.set([0x20, 0, 0x20, 0], frame + 5);
    expect(() => decodeJpeg(bytes)).toThrow(
      expect.objectContaining({ code: 'ERR_JPEG_TRUNCATED' }),
    );
  });
});

describe('the transform of wild blocks', () => {
  it('equals the usual one where no number is large', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const block = Int32Array.from({ length: 64 }, (_, i) =>
        i % 7 < seed % 8 ? ((seed * 7919 + i * 104729) % 161) - 80 : 0,
      );
      const [usual, wild] = [new Uint8Array(64), new Uint8Array(64)];
      transformBlock(block, usual, 0, 8);
      transformWild(block, wild, 0, 8);
      expect(wild).toEqual(usual);
    }
  });
});

function named(name: string): DamagedJpeg {
  const found = cases.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return found;
}

function bytesOf({ jpeg }: DamagedJpeg): Uint8Array {
  return new Uint8Array(Buffer.from(jpeg, 'base64'));
}
