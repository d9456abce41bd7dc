import type { Graph } from '../../graph/graph.js';
import { formatShape } from '../../tensor/shape.js';
import { arcsOf, type Lanes } from './arcs.js';
import { columnsOf, type Span } from './columns.js';
import { flowOf } from './flow.js';
import { rangeOf } from './fold.js';
import { type Area, columnPitch, FRAME, GAP, Grid, gapBelow, type Point } from './grid.js';
import { clipStart, textWidth, wrap } from './markup.js';
import { type DrawnOperator, type Row, type Rows, rowsOf } from './rows.js';

/** Sizes that the layout and what draws it have to agree on, in pixels. */
export const SIZES = {
  title: 14,
  text: 12,
  header: 28,
  line: 18,
  /** Above and below the lines of a box. */
  padding: 7,
  inset: 12,
  corner: 6,
} as const;

const NARROWEST = 300;
const WIDEST = 420;
const END = { width: 96, height: 28 } as const;

export interface Box extends Area {
  readonly operator: DrawnOperator;
  /** The module's name, cut where it is too long. */
  readonly label: string;
  /** Facts, as many to a line as fit. */
  readonly facts: readonly string[];
}

export interface End extends Area {
  readonly label: string;
}

/** What encloses the boxes that stand for several modules. */
export interface Frame extends Area {
  readonly label: string;
  readonly count: number;
}

/** The way of a value to an operator that takes it. */
export interface Edge {
  /** Straight down, around the side to an operator further on, or to the head of the next column. */
  readonly type: 'straight' | 'arc' | 'link';
  readonly points: readonly Point[];
  /** Whether it ends at a box, and not at the entry of a frame. */
  readonly arrow: boolean;
}

export interface Label extends Point {
  readonly text: string;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Box[];
  readonly ends: readonly End[];
  readonly frames: readonly Frame[];
  readonly edges: readonly Edge[];
  /** Where arcs leave. */
  readonly dots: readonly Point[];
  /** The shapes beside the edges. */
  readonly labels: readonly Label[];
}

export interface LayoutOptions {
  /** Whether modules that repeat are drawn once. */
  readonly fold: boolean;
}

/**
 * Boxes below one another, in order of execution, cut into columns that suit a page. What an operator
 * takes from elsewhere than the box above comes around the side. Arcs and frames are never cut: where
 * a skip spans the network, it has one column.
 */
export function layoutGraph(graph: Graph, { fold }: LayoutOptions): Layout {
  const rows = rowsOf(flowOf(graph), fold);
  const lanes = arcsOf(rows);
  const boxWidth = boxWidthFor(rows);
  const heights = rows.rows.map((row) => heightOf(row, boxWidth));
  const columns = columnsOf(
    heights.map((height, row) => height + gapBelow(rows, row)),
    uncut(rows, lanes),
    columnPitch(rows, lanes, boxWidth),
  );
  const grid = new Grid(rows, lanes, boxWidth, heights, columns);
  const arcs = arcEdges(rows, lanes, grid, boxWidth);
  return {
    width: grid.width,
    height: grid.height,
    boxes: rows.rows.flatMap(({ content }, row) => {
      if (content.type !== 'operator') return [];
      const { operator } = content;
      const area = { x: grid.left(row), y: grid.top(row), width: boxWidth, height: heights[row] };
      return [{ operator, ...area, ...textsOf(operator, boxWidth) }];
    }),
    ends: rows.rows.flatMap(({ content }, row) => {
      if (content.type !== 'end') return [];
      return [
        { label: content.label, x: grid.centre(row) - END.width / 2, y: grid.top(row), ...END },
      ];
    }),
    frames: rows.groups.map(({ first, last, modules }, i) => ({
      label: rangeOf(modules),
      count: modules.length,
      x: grid.left(first) - FRAME.margin,
      y: grid.top(first),
      width: grid.frameWidth(lanes.frames[i]),
      height: grid.bottom(last) + FRAME.bottom - grid.top(first),
    })),
    edges: [...downwardEdges(rows, grid), ...arcs],
    dots: distinct(arcs.map(({ points }) => points[0])),
    labels: rows.rows.flatMap(({ content, shape }, row) => {
      if (shape === null || content.type === 'entry') return [];
      const y = grid.bottom(row) + grid.gap(row) - GAP / 2 + 5;
      return [{ x: grid.centre(row) + 10, y, text: formatShape(shape) }];
    }),
  };
}

/** An arc may leave at the head of a column, if that is where its value goes on. */
function uncut({ rows, groups }: Rows, { arcs }: Lanes): Span[] {
  return [
    ...groups.map(({ first, last }) => ({ from: first, to: last })),
    ...arcs.map(({ from, to }) => ({
      from: rows[from + 1].inputs.includes(from) ? from + 1 : from,
      to,
    })),
  ];
}

function downwardEdges({ rows }: Rows, grid: Grid): Edge[] {
  return rows.flatMap(({ inputs }, row): Edge[] => {
    if (!inputs.includes(row - 1)) return [];
    const arrow = !grid.isEntry(row);
    if (grid.isHead(row)) return [{ type: 'link', points: grid.link(row), arrow }];
    return [{ type: 'straight', points: [grid.exit(row - 1), grid.entrance(row)], arrow }];
  });
}

/** They arrive at the right side of a box, below one another where there are several. */
function arcEdges({ rows }: Rows, { arcs }: Lanes, grid: Grid, boxWidth: number): Edge[] {
  const arrived = rows.map(() => 0);
  return arcs.map(({ from, to, lane }) => {
    const start = grid.branch(from, to);
    const x = grid.laneX(to, lane);
    const entry = grid.isEntry(to);
    const room = grid.bottom(to) - grid.top(to) - 6;
    const down = Math.min(SIZES.header / 2 + 9 * arrived[to]++, room);
    const side = rows[to].content.type === 'end' ? END.width / 2 : boxWidth / 2;
    const end = entry ? grid.entrance(to) : { x: grid.centre(to) + side, y: grid.top(to) + down };
    return {
      type: 'arc',
      points: [start, { x, y: start.y }, { x, y: end.y }, end],
      arrow: !entry,
    };
  });
}

function distinct(points: readonly Point[]): Point[] {
  return [...new Map(points.map((point) => [`${point.x} ${point.y}`, point])).values()];
}

function heightOf({ content }: Row, boxWidth: number): number {
  if (content.type === 'end') return END.height;
  if (content.type === 'entry') return FRAME.header;
  const { facts } = textsOf(content.operator, boxWidth);
  const lines = facts.length + content.operator.tensors.length;
  return SIZES.header + (lines > 0 ? lines * SIZES.line + 2 * SIZES.padding : 0);
}

/** As wide as titles and names need, within reason. */
function boxWidthFor({ rows }: Rows): number {
  const widths = rows.map(({ content }) => {
    if (content.type !== 'operator') return 0;
    const { name, description } = content.operator;
    const title = textWidth(description.title, SIZES.title, 'bold');
    return title + textWidth(name, SIZES.text, 'mono') + 3 * SIZES.inset;
  });
  return Math.ceil(Math.min(WIDEST, Math.max(NARROWEST, ...widths)));
}

function textsOf(
  { name, description: { title, facts } }: DrawnOperator,
  boxWidth: number,
): { label: string; facts: string[] } {
  const inner = boxWidth - 2 * SIZES.inset;
  const titleWidth = textWidth(title, SIZES.title, 'bold');
  return {
    label: clipStart(name, SIZES.text, 'mono', inner - SIZES.inset - titleWidth),
    facts: wrap(facts, ' · ', SIZES.text, inner),
  };
}
