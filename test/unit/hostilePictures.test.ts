import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeImage, encodeImage, imageSize } from '../../src/image/formats.js';
import { ImageError } from '../../src/image/picture.js';
import { pick, type Random, seededRandom } from '../fuzz/random.js';
import type { Seed } from '../fuzz/seeds.js';
import { STRATEGIES } from '../fuzz/strategies.js';
import { changedChunks, changedSegments } from '../fuzz/structure/pictures.js';
import { goldenPath } from '../support/golden.js';
import { bigEndian, chunk, deflate, END, png } from '../support/pngs.js';

/** Damaged pictures of each strategy; CYCLEGAN_DAMAGED_PICTURES asks for more. */
const RUNS = Number(process.env.CYCLEGAN_DAMAGED_PICTURES ?? 150);
/** No file of some hundred bytes may take longer, but what it shows may have many pixels: a microsecond is for each. */
const LIMIT_MS = 1000;
const PIXELS_PER_MS = 1000;

/** A PNG of zeros, of a colour type and depth, with what such files have beside. */
function plainPng(colour: number, depth: number, interlaced: number): Uint8Array {
  const [width, height] = [13, 11];
  return png(
    chunk('IHDR', [...bigEndian(width), ...bigEndian(height), depth, colour, 0, 0, interlaced]),
    chunk('gAMA', bigEndian(45_455)),
    ...(colour === 3 ? [chunk('PLTE', new Uint8Array(3 << depth)), chunk('tRNS', [0, 128])] : []),
    chunk(
      'eXIf',
      new TextEncoder().encode('MM\0*\0\0\0\b\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0'),
    ),
    // Longer than the rows of any of them.
    chunk('IDAT', deflate(new Uint8Array(width * height * 8 + 4 * height))),
    END,
  );
}

/** The ones that `make_damaged_jpegs.py` made: baseline and progressive, with restarts, sampled and not. */
const jpegs = (
  JSON.parse(readFileSync(goldenPath('damagedJpegs.json'), 'utf8')) as { jpeg: string }[]
).map(({ jpeg }) => new Uint8Array(Buffer.from(jpeg, 'base64')));
const noise = Uint8Array.from({ length: 3 * 19 * 17 }, (_, i) => (i * i * 7919) >> 5);
const pngs = [
  plainPng(0, 1, 0),
  plainPng(0, 16, 1),
  plainPng(2, 8, 1),
  plainPng(3, 4, 0),
  plainPng(6, 16, 0),
  encodeImage({ width: 19, height: 17, data: noise }, 'a.png'),
];
/** As many of the one format as of the other. */
const seeds: readonly Seed[] = jpegs
  .flatMap((file, i) => [file, pngs[i % pngs.length]])
  .map((file) => ({ name: '', file, data: [], guarded: false }));

/** Few changes of these come far, and they are soon read. */
const MANY: ReadonlySet<string> = new Set(['chunks']);

/** Files of the one format only. */
function structural(
  files: readonly Uint8Array[],
  change: (file: Uint8Array, random: Random) => Uint8Array,
): Mutate {
  return (_, random) => change(pick(files, random), random);
}

type Mutate = (seed: Seed, random: Random) => Uint8Array;

const BYTES = ['prefix', 'one byte', 'some bytes', 'one bit', 'a number at its edge'];
const MORE = ['a span moved', 'two files in one'];
const strategies: readonly (readonly [string, Mutate])[] = [
  ...STRATEGIES.filter(({ name }) => [...BYTES, ...MORE].includes(name)).map(
    ({ name, mutate }) =>
      [name, (seed: Seed, random: Random) => mutate(seed, random, seeds)] as const,
  ),
  ['chunks', structural(pngs, changedChunks)],
  ['segments', structural(jpegs, changedSegments)],
];

/** @returns What is wrong, if anything is: a picture, or one `ImageError` that people can read, is all that may come. */
function judge(file: Uint8Array, random: Random): 'read' | 'refused' | string {
  const options = {
    alpha: random(2) === 0,
    autoOrient: random(2) === 0,
    strict: random(4) === 0,
  };
  let pixels = 0;
  const begin = performance.now();
  try {
    const size = imageSize(file, { autoOrient: options.autoOrient });
    pixels = (size?.width ?? 0) * (size?.height ?? 0);
    const { width, height, data, alpha } = decodeImage(file, options);
    if (data.length !== 3 * width * height) return `${data.length} bytes for ${width} x ${height}`;
    if (alpha !== undefined && alpha.length !== width * height) return 'an alpha of another size';
    if (size !== null && (size.width !== width || size.height !== height)) {
      return `${width} x ${height}, but told as ${size.width} x ${size.height}`;
    }
    return 'read';
  } catch (error) {
    if (!(error instanceof ImageError)) return `threw ${error instanceof Error && error.stack}`;
    return error.message.length < 1000 ? 'refused' : 'a message that nobody reads';
  } finally {
    expect(performance.now() - begin).toBeLessThan(LIMIT_MS + pixels / PIXELS_PER_MS);
  }
}

describe('a damaged picture is a picture, or one error', () => {
  it.each(strategies)('by %s', (name, mutate) => {
    const found = new Set<string>();
    const runs = MANY.has(name) ? 8 * RUNS : RUNS;
    for (let i = 0; i < runs; i++) {
      const random = seededRandom(i);
      const verdict = judge(mutate(seeds[random(seeds.length)], random), random);
      if (verdict !== 'read' && verdict !== 'refused') throw new Error(`Case ${i}: ${verdict}`);
      found.add(verdict);
    }
    expect([...found].sort()).toEqual(['read', 'refused']);
  });
});
