import type { Target } from '../target.js';

/** How N output channels of a product are cut: panels as wide as a register block, and narrower ones at the end. */
export interface Panels {
  /** Panels of `tile.vectors` vectors. */
  readonly full: number;
  /** Vectors of each narrower one. */
  readonly tail: readonly number[];
}

/**
 * @param n Floats, a multiple of 4.
 *
 * Where less than half a panel would be left, the last two share what they have: a block of few sums waits for
 * each of them. Widened code needs pairs of vectors, and is left the panels that it has. Groups of channels
 * (`shape.ts`), cut each by itself, have the same panels as all channels at once.
 */
export function panelsOf({ joins, tile: { vectors } }: Target, n: number): Panels {
  const full = Math.floor(n / 4 / vectors);
  const rest = (n / 4) % vectors;
  if (rest === 0) return { full, tail: [] };
  if (joins || full === 0 || 2 * rest >= vectors) return { full, tail: [rest] };
  const wider = Math.ceil((vectors + rest) / 2);
  return { full: full - 1, tail: [wider, vectors + rest - wider] };
}

/** The same as floats, one panel after the other. */
export function panelRanges(target: Target, n: number): { first: number; width: number }[] {
  const { full, tail } = panelsOf(target, n);
  const widths = [...new Array<number>(full).fill(target.tile.vectors), ...tail];
  let first = 0;
  return widths.map((vectors) => {
    const range = { first, width: 4 * vectors };
    first += range.width;
    return range;
  });
}
