/** Pixels a side of a tile, and those that it shares with each of its neighbours: what most writers of such pictures take. */
export const TILE_SIZE = 254;
export const OVERLAP = 1;

/** One of the sizes in which a picture is there. */
export interface Level {
  /** 0 is a single pixel; the last is the picture. */
  readonly level: number;
  readonly width: number;
  readonly height: number;
  /** How many tiles it has. */
  readonly columns: number;
  readonly rows: number;
}

/** The levels of a picture, the largest first: each has half the sides of the one before, rounded up. */
export function levelsOf({ width, height }: { width: number; height: number }): Level[] {
  const levels: Level[] = [];
  let [w, h] = [width, height];
  const count = 32 - Math.clz32(Math.max(width, height) - 1);
  for (let level = count; level >= 0; level--) {
    const columns = Math.ceil(w / TILE_SIZE);
    levels.push({ level, width: w, height: h, columns, rows: Math.ceil(h / TILE_SIZE) });
    [w, h] = [Math.ceil(w / 2), Math.ceil(h / 2)];
  }
  return levels;
}

/** Where a tile lies along one axis, its overlap included: there is none at the picture's edges. */
export function tileSpan(index: number, side: number): { from: number; to: number } {
  return {
    from: Math.max(0, index * TILE_SIZE - OVERLAP),
    to: Math.min(side, (index + 1) * TILE_SIZE + OVERLAP),
  };
}

/**
 * What a viewer reads first.
 * @param format Of the tiles: their extension.
 * @see http://schemas.microsoft.com/deepzoom/2008
 */
export function descriptor({ width, height }: Size, format: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<Image xmlns="http://schemas.microsoft.com/deepzoom/2008" Format="${format}" Overlap="${OVERLAP}" TileSize="${TILE_SIZE}">
  <Size Width="${width}" Height="${height}"/>
</Image>
`;
}

type Size = Pick<Level, 'width' | 'height'>;
