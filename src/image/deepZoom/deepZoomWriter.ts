import type { Picture } from '../picture.js';
import type { PutRow, RowHead, RowWriter } from '../rows.js';
import { halveRows } from './halve.js';
import { type Level, levelsOf, OVERLAP, TILE_SIZE, tileSpan } from './levels.js';

/** A tile: a picture of its own. */
export interface Tile {
  readonly level: number;
  readonly column: number;
  readonly row: number;
  readonly picture: Picture;
}

/**
 * Cuts a picture that comes row by row into the tiles of a Deep Zoom pyramid. What is held is a row of tiles of each level, some
 * 1,500 bytes for each column of pixels.
 * @param put Takes the tiles, those of all levels as their last row comes.
 */
export function deepZoomWriter(put: (tile: Tile) => void): RowWriter {
  return {
    begin(head) {
      let next: PutRow = () => undefined;
      for (const level of levelsOf(head).reverse()) {
        const smaller = halveRows(level.width, level.height, head.hasAlpha, next);
        const tiles = cutTiles(level, head, put);
        next = (rgb, alpha) => {
          tiles(rgb, alpha);
          smaller(rgb, alpha);
        };
      }
      return next;
    },
    // The last tiles have come with the last row.
    end: () => undefined,
  };
}

/** Gathers the rows of the tiles beside each other, and of them the overlap stays for the tiles below. */
function cutTiles(level: Level, { hasAlpha }: RowHead, put: (tile: Tile) => void): PutRow {
  const { width, height } = level;
  const rows = Math.min(height, TILE_SIZE + 2 * OVERLAP);
  const band = new Uint8Array(3 * width * rows);
  const alphas = new Uint8Array(hasAlpha ? width * rows : 0);
  let row = 0;
  let span = tileSpan(row, height);
  let y = 0;
  return (rgb, alpha) => {
    band.set(rgb.subarray(0, 3 * width), 3 * width * (y - span.from));
    if (hasAlpha && alpha !== undefined) {
      alphas.set(alpha.subarray(0, width), width * (y - span.from));
    }
    y++;
    // An edge of one or two rows is all overlap: a row of tiles may be complete as soon as the one above.
    while (y === span.to) {
      for (let column = 0; column < level.columns; column++) {
        const picture = cut(band, hasAlpha ? alphas : undefined, width, column, y - span.from);
        put({ level: level.level, column, row, picture });
      }
      if (++row === level.rows) return;
      const below = tileSpan(row, height);
      const first = below.from - span.from;
      band.copyWithin(0, 3 * width * first, 3 * width * (y - span.from));
      if (hasAlpha) alphas.copyWithin(0, width * first, width * (y - span.from));
      span = below;
    }
  };
}

function cut(
  band: Uint8Array,
  alphas: Uint8Array | undefined,
  across: number,
  column: number,
  height: number,
): Picture {
  const { from, to } = tileSpan(column, across);
  const width = to - from;
  const data = new Uint8Array(3 * width * height);
  const alpha = alphas && new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const at = y * across + from;
    data.set(band.subarray(3 * at, 3 * (at + width)), 3 * width * y);
    if (alphas !== undefined) alpha?.set(alphas.subarray(at, at + width), width * y);
  }
  return alpha === undefined ? { width, height, data } : { width, height, data, alpha };
}
