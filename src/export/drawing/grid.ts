import type { Lanes } from './arcs.js';
import type { Rows } from './rows.js';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Area extends Point {
  readonly width: number;
  readonly height: number;
}

/** Between two boxes: the edge, and beside it the shape of its value. */
export const GAP = 34;
export const FRAME = { margin: 16, header: 52, bottom: 16 } as const;
const LANE = 22;
const BETWEEN_COLUMNS = 52;
/** Above the columns, for the edge that comes from the one before. */
const HEADROOM = 28;
/** Where arcs leave the edge below a box, and above the box in a frame. */
const BRANCH = { below: 9, entry: 14, head: 18 } as const;

/** How wide a column may get, which is what decides how many there are. */
export function columnPitch({ groups }: Rows, { arcs, frames }: Lanes, boxWidth: number): number {
  const lanes = Math.max(0, ...arcs.map(({ lane }) => lane + 1), ...frames);
  return boxWidth + lanes * LANE + (groups.length > 0 ? 2 * FRAME.margin : 0) + BETWEEN_COLUMNS;
}

/** Where each row is, once it is known which column it stands in. */
export class Grid {
  readonly width: number;
  readonly height: number;
  readonly #rows: Rows;
  readonly #boxWidth: number;
  readonly #heights: readonly number[];
  readonly #columns: readonly number[];
  readonly #tops: number[] = [];
  /** Where the boxes of each column begin. */
  readonly #lefts: number[] = [];

  constructor(
    rows: Rows,
    lanes: Lanes,
    boxWidth: number,
    heights: readonly number[],
    columns: readonly number[],
  ) {
    this.#rows = rows;
    this.#boxWidth = boxWidth;
    this.#heights = heights;
    this.#columns = columns;
    const last = columns[columns.length - 1];
    let x = 0;
    for (let column = 0; column <= last; column++) {
      const framed = rows.groups.flatMap(({ first }, i) =>
        columns[first] === column ? [2 * FRAME.margin + lanes.frames[i] * LANE] : [],
      );
      const arcs = lanes.arcs.flatMap(({ to, lane }) =>
        columns[to] === column ? [(lane + 1) * LANE + (framed.length > 0 ? FRAME.margin : 0)] : [],
      );
      const left = framed.length > 0 ? FRAME.margin : 0;
      this.#lefts.push(x + left);
      x += boxWidth + Math.max(0, ...framed, ...arcs) + BETWEEN_COLUMNS;
    }
    this.width = x - BETWEEN_COLUMNS;
    for (const [row] of columns.entries()) {
      const above = row > 0 && !this.isHead(row) ? this.bottom(row - 1) + this.gap(row - 1) : 0;
      this.#tops.push(above || (last > 0 ? HEADROOM : 0));
    }
    this.height = Math.max(...columns.map((_, i) => this.bottom(i) + (this.isFoot(i) ? GAP : 0)));
  }

  /** Whether it is the first of a column, and its value comes from the one before. */
  isHead(row: number): boolean {
    return row > 0 && this.#columns[row] !== this.#columns[row - 1];
  }

  isFoot(row: number): boolean {
    return row + 1 < this.#columns.length && this.isHead(row + 1);
  }

  isEntry(row: number): boolean {
    return this.#rows.rows[row].content.type === 'entry';
  }

  gap(row: number): number {
    return gapBelow(this.#rows, row);
  }

  left(row: number): number {
    return this.#lefts[this.#columns[row]];
  }

  centre(row: number): number {
    return this.left(row) + this.#boxWidth / 2;
  }

  top(row: number): number {
    return this.#tops[row];
  }

  bottom(row: number): number {
    return this.#tops[row] + this.#heights[row];
  }

  laneX(row: number, lane: number): number {
    return this.left(row) + this.#boxWidth + (lane + 1) * LANE - 4;
  }

  frameWidth(lanes: number): number {
    return this.#boxWidth + 2 * FRAME.margin + lanes * LANE;
  }

  /** Where the value of a row starts on its way down. */
  exit(row: number): Point {
    return this.isEntry(row) ? this.#entryDot(row) : { x: this.centre(row), y: this.bottom(row) };
  }

  /** Where the value from the row above arrives. */
  entrance(row: number): Point {
    return this.isEntry(row) ? this.#entryDot(row) : { x: this.centre(row), y: this.top(row) };
  }

  /** Where an arc from one row to another leaves the edge: if that goes on in the next column, there. */
  branch(from: number, to: number): Point {
    if (this.isEntry(from)) return this.#entryDot(from);
    if (this.#columns[from] === this.#columns[to]) {
      return { x: this.centre(from), y: this.bottom(from) + BRANCH.below };
    }
    return { x: this.centre(to), y: this.#headY(to) };
  }

  /** From the foot of one column to the head of the next. */
  link(row: number): Point[] {
    const from = this.exit(row - 1);
    const to = this.entrance(row);
    const low = from.y + this.gap(row - 1) - 4;
    const high = this.#headY(row);
    const isFramed = this.#rows.groups.some(
      ({ first }) => this.#columns[first] === this.#columns[row],
    );
    const x = this.left(row) - (isFramed ? FRAME.margin : 0) - BETWEEN_COLUMNS / 2;
    return [from, { x: from.x, y: low }, { x, y: low }, { x, y: high }, { x: to.x, y: high }, to];
  }

  /** All columns begin at one height. */
  #headY(row: number): number {
    const head = this.#columns.indexOf(this.#columns[row]);
    return this.#tops[head] - BRANCH.head;
  }

  #entryDot(row: number): Point {
    return { x: this.centre(row), y: this.bottom(row) - BRANCH.entry };
  }
}

export function gapBelow({ rows, groups }: Rows, row: number): number {
  if (rows[row].content.type === 'entry' || row === rows.length - 1) return 0;
  return GAP + (groups.some(({ last }) => last === row) ? FRAME.bottom : 0);
}
