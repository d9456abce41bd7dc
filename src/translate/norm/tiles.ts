interface Size {
  readonly width: number;
  readonly height: number;
}

/** Parts of a picture whose statistics are gathered: of one size, so that one program serves all. */
export interface Tiles {
  readonly rows: number;
  readonly columns: number;
  /** With their margins; row by row. */
  readonly windows: readonly (Size & { readonly left: number; readonly top: number })[];
}

/** What is seen of a tile's neighbours: the border of a network is not the picture's there. */
const MARGIN = 16;

/**
 * Equal tiles that cover a picture, as large as may be, but with sides of at most so many pixels.
 * @param multipleOf Of which the network takes sides.
 */
export function tilesOf(size: Size, side: number, multipleOf: number): Tiles {
  const down = partsOf(size.height, side, multipleOf);
  const across = partsOf(size.width, side, multipleOf);
  return {
    rows: down.starts.length,
    columns: across.starts.length,
    windows: down.starts.flatMap((top) =>
      across.starts.map((left) => ({ top, left, height: down.length, width: across.length })),
    ),
  };
}

function partsOf(
  whole: number,
  side: number,
  multipleOf: number,
): { readonly length: number; readonly starts: readonly number[] } {
  const count = Math.ceil(whole / side);
  const seen = Math.ceil(whole / count) + (count === 1 ? 0 : 2 * MARGIN);
  const length = Math.min(whole, Math.ceil(seen / multipleOf) * multipleOf);
  const starts = Array.from({ length: count }, (_, i) => {
    const begin = Math.floor((i * whole) / count) - MARGIN;
    return Math.max(0, Math.min(begin, whole - length));
  });
  return { length, starts };
}
