/** Rows `from` to `to` that must stand in one column. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A sheet of paper, in either position: the long side to the short one. */
const SHEET = Math.SQRT2;

/**
 * The column of each row. Columns are about equally long, and as many as make the drawing largest on
 * a sheet of paper.
 */
export function columnsOf(
  heights: readonly number[],
  spans: readonly Span[],
  columnWidth: number,
): number[] {
  const units = indivisible(heights, spans);
  let best = heights.map(() => 0);
  let bestScale = 0;
  for (let count = 1; count <= units.length; count++) {
    const columns = fill(units, shortest(units, count), heights.length);
    const used = columns[columns.length - 1] + 1;
    const scale = scaleOnSheet(used * columnWidth, longest(heights, columns));
    // A column more has to be worth it.
    if (scale > bestScale * 1.02) [best, bestScale] = [columns, scale];
  }
  return best;
}

interface Unit {
  readonly first: number;
  readonly height: number;
}

function indivisible(heights: readonly number[], spans: readonly Span[]): Unit[] {
  const held = heights.map(() => false);
  for (const { from, to } of spans) held.fill(true, from + 1, to + 1);
  const units: { first: number; height: number }[] = [];
  for (const [row, height] of heights.entries()) {
    const last = units.at(-1);
    if (last !== undefined && held[row]) last.height += height;
    else units.push({ first: row, height });
  }
  return units;
}

/** The least height at which the units need no more than `count` columns. */
function shortest(units: readonly Unit[], count: number): number {
  const total = units.reduce((sum, { height }) => sum + height, 0);
  let [low, high] = [Math.max(total / count, ...units.map(({ height }) => height)), total];
  while (high - low > 1) {
    const middle = (low + high) / 2;
    if (needed(units, middle) <= count) high = middle;
    else low = middle;
  }
  return high;
}

function needed(units: readonly Unit[], limit: number): number {
  let [columns, filled] = [1, 0];
  for (const { height } of units) {
    if (filled + height > limit) [columns, filled] = [columns + 1, 0];
    filled += height;
  }
  return columns;
}

function fill(units: readonly Unit[], limit: number, rows: number): number[] {
  const columns: number[] = [];
  let [column, filled] = [0, 0];
  for (const [i, { height }] of units.entries()) {
    if (filled > 0 && filled + height > limit) [column, filled] = [column + 1, 0];
    filled += height;
    const end = units[i + 1]?.first ?? rows;
    while (columns.length < end) columns.push(column);
  }
  return columns;
}

function longest(heights: readonly number[], columns: readonly number[]): number {
  const sums: number[] = [];
  for (const [row, height] of heights.entries()) {
    sums[columns[row]] = (sums[columns[row]] ?? 0) + height;
  }
  return Math.max(...sums);
}

function scaleOnSheet(width: number, height: number): number {
  return Math.max(Math.min(1 / width, SHEET / height), Math.min(SHEET / width, 1 / height));
}
