// Deep Zoom: levels and tiles by a viewer's arithmetic, pixels by plain means, and the command's files.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { deepZoomWriter, type Tile } from '../../src/image/deepZoom/deepZoomWriter.js';
import { descriptor, levelsOf } from '../../src/image/deepZoom/levels.js';
import { decodeImage, encodeImage } from '../../src/image/formats.js';
import type { Picture } from '../../src/image/picture.js';
import { putRows } from '../../src/image/rows.js';
import { PartFolder } from '../../src/platform/partFolder.js';
import { commandInFolders, SMALL_PICTURE, temporaryFolder } from '../support/command.js';
import { goldenPath } from '../support/golden.js';

const [TILE, OVERLAP] = [254, 1];

/** As OpenSeadragon's TileSource has it: `maxLevel`, `getNumTiles` and `getTileBounds`, in pixels. */
function viewer(width: number, height: number) {
  const maxLevel = Math.ceil(Math.log(Math.max(width, height)) / Math.log(2));
  const sides = (level: number) => {
    const scale = 1 / 2 ** (maxLevel - level);
    return { width: Math.ceil(width * scale), height: Math.ceil(height * scale), scale };
  };
  const numTiles = (level: number) => {
    const { scale } = sides(level);
    return { x: Math.ceil((scale * width) / TILE), y: Math.ceil((scale * height) / TILE) };
  };
  const span = (index: number, side: number) => {
    const at = index === 0 ? 0 : TILE * index - OVERLAP;
    return { at, length: Math.min(TILE + (index === 0 ? 1 : 2) * OVERLAP, side - at) };
  };
  return { maxLevel, sides, numTiles, span };
}

/** By the definition: means of two by two, the last row and column taken twice where a side is odd. */
function halved({ width, height, data }: Picture): Picture {
  const [w, h] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const at = (x: number, y: number, c: number) =>
    data[3 * (Math.min(y, height - 1) * width + Math.min(x, width - 1)) + c];
  const out = Uint8Array.from({ length: 3 * w * h }, (_, i) => {
    const [c, x, y] = [i % 3, 2 * (Math.floor(i / 3) % w), 2 * Math.floor(i / 3 / w)];
    const sum = at(x, y, c) + at(x + 1, y, c) + at(x, y + 1, c) + at(x + 1, y + 1, c);
    return Math.floor(sum / 4 + 0.5);
  });
  return { width: w, height: h, data: out };
}

function crop({ width, data }: Picture, x: number, y: number, w: number, h: number): Buffer {
  const rows = Array.from({ length: h }, (_, row) => {
    const from = 3 * ((y + row) * width + x);
    return data.subarray(from, from + 3 * w);
  });
  return Buffer.concat(rows);
}

function tilesOf(picture: Picture): Tile[] {
  const tiles: Tile[] = [];
  const writer = deepZoomWriter((tile) => tiles.push(tile));
  putRows(picture, writer.begin);
  writer.end();
  return tiles;
}

const around = [1, 2, 3, 253, 254, 255, 256, 257, 507, 508, 509, 510];
const sides = fc.oneof(fc.constantFrom(...around), fc.integer({ min: 1, max: 600 }));

describe('the tiles of a picture', () => {
  it('are those that a viewer asks for, and show the means of its pixels', () => {
    fc.assert(
      fc.property(sides, sides, fc.nat(), (width, height, seed) => {
        const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
          return Math.imul((i >> 1) + seed, 0x9e3779b1) >>> 24;
        });
        let picture: Picture = { width, height, data };
        const tiles = new Map(
          tilesOf(picture).map((tile) => [`${tile.level}/${tile.column}_${tile.row}`, tile]),
        );
        const { maxLevel, ...source } = viewer(width, height);
        for (let level = maxLevel; level >= 0; level--) {
          const { width: w, height: h } = source.sides(level);
          expect([picture.width, picture.height]).toEqual([w, h]);
          const { x: columns, y: rows } = source.numTiles(level);
          for (let row = 0; row < rows; row++) {
            for (let column = 0; column < columns; column++) {
              const name = `${level}/${column}_${row}`;
              const tile = tiles.get(name)?.picture;
              const across = source.span(column, w);
              const down = source.span(row, h);
              expect([name, tile?.width, tile?.height]).toEqual([name, across.length, down.length]);
              const own = crop(picture, across.at, down.at, across.length, down.length);
              expect([name, Buffer.compare(own, tile?.data ?? own)]).toEqual([name, 0]);
              tiles.delete(name);
            }
          }
          picture = halved(picture);
        }
        expect([...tiles.keys()]).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  it('are as wide as other writers make them, and keep their alpha', () => {
    const [width, height] = [600, 3];
    const data = new Uint8Array(3 * width * height).fill(100);
    const alpha = Uint8Array.from({ length: width * height }, (_, i) => ((i % width) * 7) & 255);
    const tiles = tilesOf({ width, height, data, alpha });
    const top = tiles.filter(({ level }) => level === 10);
    expect(top.map(({ picture }) => picture.width)).toEqual([255, 256, 93]);
    expect(top[1].picture.alpha?.subarray(0, 256)).toEqual(alpha.subarray(253, 509));
    const last = tiles.find(({ level }) => level === 0)?.picture;
    expect([last?.width, last?.height, last?.data]).toEqual([1, 1, Uint8Array.of(100, 100, 100)]);
  });

  it('are told of as the schema says', () => {
    expect(levelsOf({ width: 1, height: 1 })).toEqual([
      { level: 0, width: 1, height: 1, columns: 1, rows: 1 },
    ]);
    const told = descriptor({ width: 600, height: 3 }, 'jpg');
    expect(told).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<Image xmlns="http:\/\/schemas.microsoft.com\/deepzoom\/2008"/,
    );
    expect(told).toMatch(
      / Format="jpg" Overlap="1" TileSize="254">\s*<Size Width="600" Height="3"\/>\s*<\/Image>\n$/,
    );
  });
});

describe('the command', () => {
  const { at, run } = commandInFolders();
  const weights = goldenPath('tiny_zip.pth');
  const picture: Picture = {
    width: 300,
    height: 20,
    data: Uint8Array.from({ length: 18_000 }, (_, i) => (i * 7) & 255),
  };
  const translate = (...options: string[]) =>
    run('in.png', 'out.dzi', '-w', weights, '--resize', 'none', ...options);
  beforeEach(() => writeFileSync(at('in.png'), encodeImage(picture, 'in.png')));

  it('writes them, and replaces none unless it is told to', async () => {
    expect(await translate('--format', 'png')).toMatchObject({ code: 0 });
    expect(readdirSync(at('.')).sort()).toEqual(['in.png', 'out.dzi', 'out_files']);
    expect(readFileSync(at('out.dzi'), 'utf8')).toContain('Width="300" Height="20"');
    expect(readdirSync(at('out_files/9')).sort()).toEqual(['0_0.png', '1_0.png']);
    await run('in.png', 'whole.png', '-w', weights, '--resize', 'none');
    const whole = decodeImage(readFileSync(at('whole.png')));
    const tile = decodeImage(readFileSync(at('out_files/9/1_0.png')));
    expect(Buffer.from(tile.data)).toEqual(crop(whole, 253, 0, 47, 20));

    const again = await translate('--format', 'png');
    expect([again.code, again.stderr]).toEqual([1, expect.stringMatching(/exists already/)]);
    writeFileSync(at('in.png'), encodeImage(SMALL_PICTURE, 'in.png'));
    expect(await translate('--force')).toMatchObject({ code: 0 });
    expect(readdirSync(at('out_files/5'))).toEqual(['0_0.jpg']);
    expect(existsSync(at('out_files/9'))).toBe(false);
    expect(readdirSync(at('.')).sort()).toEqual(['in.png', 'out.dzi', 'out_files', 'whole.png']);
  });

  it('keeps a folder of that name that holds something else', async () => {
    mkdirSync(at('out_files'));
    writeFileSync(at('out_files/notes.txt'), 'mine');
    const found = await translate('--force');
    expect([found.code, found.stderr]).toEqual([
      1,
      expect.stringMatching(/other things than tiles/),
    ]);
    expect(readdirSync(at('.')).sort()).toEqual(['in.png', 'out_files']);
    expect(readFileSync(at('out_files/notes.txt'), 'utf8')).toBe('mine');
    expect((await translate('--format', 'webp')).code).toBe(2);
  });

  it('replaces no tile that it reads', async () => {
    mkdirSync(at('out_files/9'), { recursive: true });
    const tile = encodeImage(picture, 'in.png');
    writeFileSync(at('out_files/9/0_0.png'), tile);
    symlinkSync('out_files/9/0_0.png', at('link.png'));
    for (const input of ['out_files/9/0_0.png', 'link.png']) {
      const found = await run(input, 'out.dzi', '-w', weights, '--resize', 'none', '--force');
      const told = expect.stringMatching(/would replace the input, .*among its tiles/);
      expect([found.code, found.stderr]).toEqual([2, told]);
    }
    expect(readFileSync(at('out_files/9/0_0.png')).equals(tile)).toBe(true);
  });

  it('removes what a killed run has left, and gives back tiles that it had put aside', async () => {
    // 4194305 is beyond every process number of Linux.
    const left = (kind: string) => at(`.out_files.4194305-0123abcd.cyclegan-${kind}`);
    const put = (folder: string, name: string) => {
      mkdirSync(join(folder, '9'), { recursive: true });
      writeFileSync(join(folder, '9', name), 'kept');
    };
    put(left('tmp'), '0_0.jpg');
    put(left('old'), '0_0.jpg');
    put(at('.out_files.4194305-99999999.cyclegan-tmp'), 'notes.txt');
    writeFileSync(at('in.png'), 'no picture');
    expect((await translate('--force')).code).toBe(1);
    expect(readdirSync(at('.')).sort()).toEqual([
      '.out_files.4194305-99999999.cyclegan-tmp',
      'in.png',
      'out_files',
    ]);
    expect(readFileSync(at('out_files/9/0_0.jpg'), 'utf8')).toBe('kept');
  });
});

describe('a folder of parts', () => {
  const folder = temporaryFolder();
  afterAll(folder.remove);

  it('is not there, and one that it replaced is, where what belongs to it fails', async () => {
    const path = join(folder.path, 'x_files');
    mkdirSync(join(path, '0'), { recursive: true });
    writeFileSync(join(path, '0', '0_0.png'), 'before');
    const parts = new PartFolder(path);
    parts.write('0/0_0.png', Uint8Array.of(1));
    const fails = () => Promise.reject(new Error('no room'));
    await expect(parts.publish(() => true, fails)).rejects.toThrow(/no room/);
    expect(readFileSync(join(path, '0', '0_0.png'), 'utf8')).toBe('before');
    expect(readdirSync(folder.path)).toEqual(['x_files']);
  });
});
