import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../src/image/formats.js';
import { ImageError } from '../../src/image/picture.js';
import { concatenate } from '../../src/platform/concatenate.js';
import { bigEndian, chunk, deflate, END, png } from '../support/pngs.js';

/** Writes PNGs of every kind as the specification (third edition, sections 7 to 9) says, and reads them. */

interface Kind {
  readonly colour: number;
  readonly channels: number;
  readonly depth: number;
}

/** Table 11.1: the depths that a colour type may have. */
const DEPTHS: readonly (readonly [colour: number, channels: number, depths: number[]])[] = [
  [0, 1, [1, 2, 4, 8, 16]],
  [2, 3, [8, 16]],
  [3, 1, [1, 2, 4, 8]],
  [4, 2, [8, 16]],
  [6, 4, [8, 16]],
];
const KINDS = DEPTHS.flatMap(([colour, channels, depths]) =>
  depths.map((depth): Kind => ({ colour, channels, depth })),
);

const WIDTH = 11;
const HEIGHT = 9;
const PALETTE = Uint8Array.from({ length: 768 }, (_, i) => (i * 89 + 7) & 255);

/** Samples of every size, none of them a repetition of another row or column. */
function sampleOf({ channels, depth }: Kind, x: number, y: number, c: number): number {
  const random = Math.imul((y * WIDTH + x) * channels + c + 1, 2_654_435_761) >>> 0;
  return Math.floor((random / 2 ** 32) * 2 ** depth);
}

/** What is seen of a pixel: samples are stretched to 255; of 16 bits the upper 8 count. */
function expectedAt(kind: Kind, x: number, y: number): { rgb: number[]; alpha: number } {
  const { colour, channels, depth } = kind;
  const samples = Array.from({ length: channels }, (_, c) => sampleOf(kind, x, y, c));
  if (colour === 3) {
    const [index] = samples;
    return { rgb: [...PALETTE.subarray(3 * index, 3 * index + 3)], alpha: 255 };
  }
  const most = 2 ** depth - 1;
  const bytes = samples.map((v) => (depth === 16 ? v >> 8 : (v * 255) / most));
  const rgb = channels < 3 ? [bytes[0], bytes[0], bytes[0]] : bytes.slice(0, 3);
  return { rgb, alpha: colour >= 4 ? bytes[channels - 1] : 255 };
}

/** Samples one behind the other, from the high bit of the first byte on. */
function packedRow(kind: Kind, xs: readonly number[], y: number): Uint8Array {
  const { channels, depth } = kind;
  const bits = xs
    .flatMap((x) => Array.from({ length: channels }, (_, c) => sampleOf(kind, x, y, c)))
    .map((sample) => sample.toString(2).padStart(depth, '0'))
    .join('');
  return Uint8Array.from(bits.match(/.{1,8}/g) ?? [], (byte) => parseInt(byte.padEnd(8, '0'), 2));
}

/** Section 9: filter types 0 to 4, in turns. */
function filtered(rows: readonly Uint8Array[], { channels, depth }: Kind): Uint8Array {
  const back = Math.max(1, (channels * depth) / 8);
  const lines = rows.map((row, y) => {
    const above = rows[y - 1] ?? new Uint8Array(row.length);
    const type = y % 5;
    const line = row.map((value, i) => {
      const [a, b, c] = [row[i - back] ?? 0, above[i], above[i - back] ?? 0];
      return value - [0, a, b, (a + b) >> 1, paeth(a, b, c)][type];
    });
    return concatenate([[type], line]);
  });
  return concatenate(lines);
}

function paeth(a: number, b: number, c: number): number {
  const [pa, pb, pc] = [a, b, c].map((v) => Math.abs(a + b - c - v));
  if (pa <= pb && pa <= pc) return a;
  return pb <= pc ? b : c;
}

/** First column and row of each of Adam7's passes, and the steps between (section 8). */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

function fileOf(kind: Kind, interlaced: boolean, width = WIDTH, height = HEIGHT): Uint8Array {
  const from = (first: number, step: number, end: number) =>
    Array.from(
      { length: Math.max(0, Math.ceil((end - first) / step)) },
      (_, i) => first + i * step,
    );
  const passes = interlaced ? ADAM7 : [[0, 0, 1, 1]];
  const data = passes.flatMap(([left, top, across, down]) => {
    const xs = from(left, across, width);
    if (xs.length === 0) return [];
    return [
      filtered(
        from(top, down, height).map((y) => packedRow(kind, xs, y)),
        kind,
      ),
    ];
  });
  return png(
    ihdr(kind.colour, kind.depth, interlaced ? 1 : 0, width, height),
    ...(kind.colour === 3 ? [chunk('PLTE', PALETTE.subarray(0, 3 * 2 ** kind.depth))] : []),
    chunk('IDAT', deflate(concatenate(data))),
    END,
  );
}

function ihdr(colour: number, depth: number, interlace = 0, width = WIDTH, height = HEIGHT) {
  return chunk('IHDR', [...bigEndian(width), ...bigEndian(height), depth, colour, 0, 0, interlace]);
}

describe.each([
  ['row by row', false],
  ['interlaced', true],
] as const)('a PNG, %s', (_, interlaced) => {
  it.each(KINDS)('of colour type $colour, $depth bits', (kind) => {
    for (const [width, height] of [
      [WIDTH, HEIGHT],
      [1, 1],
      [3, 5],
      [5, 2],
    ]) {
      const file = fileOf(kind, interlaced, width, height);
      const picture = decodeImage(file, { strict: true, alpha: true });
      const pixels = Array.from({ length: width * height }, (_, i) =>
        expectedAt(kind, i % width, Math.floor(i / width)),
      );
      expect([picture.width, picture.height]).toEqual([width, height]);
      expect([...picture.data]).toEqual(pixels.flatMap(({ rgb }) => rgb));
      expect([...(picture.alpha ?? [])]).toEqual(pixels.map(({ alpha }) => alpha));
    }
  });
});

it('a PNG has no other colour types, depths, or ways of interlacing', () => {
  const refused = (header: Uint8Array) =>
    expect(() => decodeImage(png(header, chunk('IDAT', deflate(new Uint8Array(9999))), END)));
  for (let colour = 0; colour < 9; colour++) {
    const allowed = DEPTHS.find(([type]) => type === colour)?.[2] ?? [];
    for (let depth = 0; depth < 34; depth++) {
      if (!allowed.includes(depth)) refused(ihdr(colour, depth)).toThrow(ImageError);
    }
  }
  for (const interlace of [2, 255]) refused(ihdr(2, 8, interlace)).toThrow(/interlacing/);
});
