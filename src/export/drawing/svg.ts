import { ShapeError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import { traceGraph } from '../../nn/compile.js';
import type { Module } from '../../nn/module.js';
import { checkOptions } from '../../tensor/callerValues.js';
import { describeValue } from '../../tensor/describeValue.js';
import { formatShape, type Shape } from '../../tensor/shape.js';
import {
  type Box,
  type Edge,
  type End,
  type Frame,
  type Layout,
  layoutGraph,
  SIZES,
} from './layout.js';
import { element, escapeMarkup, round, textWidth } from './markup.js';
import { KINDS, type Kind } from './operators.js';
import type { DrawnOperator } from './rows.js';
import { DRAWING_STYLE, STANDALONE_STYLE } from './style.js';

export interface DrawOptions {
  /** Whether modules that repeat are drawn once, as `× 9`. Default: true. */
  readonly fold?: boolean;
  /** Default: the module's class. */
  readonly title?: string;
}

const MARGIN = 24;
const HEADING = { title: 20, summary: 42, legend: 68, height: 92 } as const;
const SWATCH = 12;

/**
 * The network as a drawing: an SVG of its own, which needs no font and no file, with text that can be
 * selected. One box an operator; residual sums come as arcs; modules that repeat are drawn once.
 *
 * ```ts
 * drawSvg(new Conv2d(3, 8, 3), [1, 3, 8, 8], { title: 'One layer' }).slice(0, 4); // '<svg'
 * ```
 *
 * @param inputShape `[N, C, H, W]` or `[C, H, W]`: the shapes in the drawing follow from it.
 * @throws ShapeError when a layer does not take what reaches it.
 */
export function drawSvg(module: Module, inputShape: Shape, options: DrawOptions = {}): string {
  checkOptions('drawSvg', options);
  const subject = subjectOf(module, inputShape, options);
  return `${svgOf(subject, options.fold ?? true, 'file')}\n`;
}

/** What is drawn, in the file as on the page. */
export interface Subject {
  readonly graph: Graph;
  readonly title: string;
  /** `87 operators · 11,378,179 numbers · input [1, 3, 256, 256]` */
  readonly summary: string;
}

export function subjectOf(module: Module, inputShape: Shape, { title }: DrawOptions): Subject {
  if (title !== undefined && typeof title !== 'string') {
    throw new ShapeError(`title is a text, but got ${describeValue(title)}.`);
  }
  const graph = traceGraph(module, inputShape);
  const parameters = new Set([...module.namedParameters()].map(([, tensor]) => tensor));
  const numbers = [...parameters].reduce((sum, { size }) => sum + size, 0);
  const count = (n: number, what: string) =>
    `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;
  return {
    graph,
    // Bundlers put an underscore before a class that names itself.
    title: title ?? module.constructor.name.replace(/^_/, ''),
    summary: [
      count(graph.nodes.length, 'operator'),
      count(numbers, 'parameter'),
      `input ${formatShape(inputShape)}`,
    ].join(' · '),
  };
}

/** On a page, boxes can be focused, and the page has the style; one of its drawings may be hidden. */
export function svgOf(subject: Subject, fold: boolean, place: 'file' | 'page' | 'hidden'): string {
  const layout = layoutGraph(subject.graph, { fold });
  const heading = headingOf(subject, layout);
  const width = Math.ceil(Math.max(layout.width, heading.width) + 2 * MARGIN);
  const height = Math.ceil(layout.height + HEADING.height + 2 * MARGIN);
  const label = `${subject.title}: ${subject.summary}`;
  const onPage = place !== 'file';
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: 'graph',
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      // The children of an image are hidden from assistive technology; on the page they are buttons.
      role: onPage ? 'group' : 'img',
      'aria-label': label,
      ...(onPage && { 'data-folded': String(fold) }),
      ...(place === 'hidden' && { hidden: '' }),
    },
    onPage ? '' : element('style', {}, escapeMarkup(DRAWING_STYLE + STANDALONE_STYLE)),
    onPage ? '' : element('rect', { class: 'ground', width: '100%', height: '100%' }),
    group(MARGIN, MARGIN, ...heading.markup),
    group(
      (width - layout.width) / 2,
      MARGIN + HEADING.height,
      ...layout.frames.map(drawFrame),
      ...layout.edges.map(drawEdge),
      ...layout.dots.map(({ x, y }) => element('circle', { class: 'dot', cx: x, cy: y, r: 3.5 })),
      ...layout.labels.map(({ x, y, text: shape }) => text('muted mono', x, y, shape)),
      ...layout.ends.map(drawEnd),
      ...layout.boxes.map((box) => drawBox(box, onPage)),
    ),
  );
}

function group(x: number, y: number, ...content: string[]): string {
  return element('g', { transform: `translate(${round(x)} ${round(y)})` }, ...content);
}

function text(classes: string, x: number, y: number, content: string, anchor?: string): string {
  const attributes = { class: classes, x, y, ...(anchor && { 'text-anchor': anchor }) };
  return element('text', attributes, escapeMarkup(content));
}

function headingOf(
  { title, summary }: Subject,
  { boxes }: Layout,
): { width: number; markup: string[] } {
  const present = new Set(boxes.map(({ operator }) => operator.description.kind));
  let x = 0;
  const legend = KINDS.filter((kind) => present.has(kind)).map((kind) => {
    const at = x;
    x += SWATCH + 6 + textWidth(kind, SIZES.text, 'plain') + 16;
    const box = {
      class: kind,
      x: at,
      y: HEADING.legend - 10,
      width: SWATCH,
      height: SWATCH,
      rx: 3,
    };
    return element('rect', box) + text('', at + SWATCH + 6, HEADING.legend, kind);
  });
  const markup = [
    text('heading', 0, HEADING.title, title),
    text('muted', 0, HEADING.summary, summary),
    ...legend,
  ];
  const width = Math.max(x, textWidth(title, 20, 'bold'), textWidth(summary, SIZES.text, 'plain'));
  return { width, markup };
}

function drawFrame({ label, count, x, y, width, height }: Frame): string {
  const times = `× ${count}`;
  const badge = { width: Math.ceil(textWidth(times, 13, 'bold')) + 14, height: 22 };
  const badgeX = x + width - badge.width - 10;
  return element(
    'g',
    {},
    element('title', {}, escapeMarkup(`${label}: ${count} times the same, but for the weights`)),
    element('rect', { class: 'frame', x, y, width, height, rx: 10 }),
    text('mono', x + 14, y + 22, label),
    element('rect', { class: 'badge', x: badgeX, y: y + 7, ...badge, rx: 11 }),
    text('count', badgeX + badge.width / 2, y + 22.5, times, 'middle'),
  );
}

/** Corners are rounded as far as the turns leave room. */
function drawEdge({ type, points, arrow }: Edge): string {
  const end = points[points.length - 1];
  const before = points[points.length - 2];
  const [dx, dy] = [Math.sign(end.x - before.x), Math.sign(end.y - before.y)];
  const tip = arrow ? { x: end.x - dx * 7, y: end.y - dy * 7 } : end;
  const way = [...points.slice(0, -1), tip];
  const radius = type === 'arc' ? 16 : 8;
  let d = `M${round(way[0].x)} ${round(way[0].y)}`;
  for (let i = 1; i < way.length; i++) {
    const [from, at, to] = [way[i - 1], way[i], way[i + 1]];
    if (to === undefined) {
      d += `L${round(at.x)} ${round(at.y)}`;
      continue;
    }
    const length = (a: typeof at, b: typeof at) => Math.abs(a.x - b.x) + Math.abs(a.y - b.y);
    const turn = Math.min(radius, length(from, at) / 2, length(at, to) / 2);
    const towards = (a: typeof at, b: typeof at) =>
      `${round(a.x + Math.sign(b.x - a.x) * turn)} ${round(a.y + Math.sign(b.y - a.y) * turn)}`;
    d += `L${towards(at, from)}Q${round(at.x)} ${round(at.y)} ${towards(at, to)}`;
  }
  const line = element('path', { class: `edge ${type}`, d });
  if (!arrow) return line;
  const side = (sign: number) =>
    `${round(end.x - dx * 9 + sign * dy * 4.5)} ${round(end.y - dy * 9 + sign * dx * 4.5)}`;
  const head = `M${round(end.x)} ${round(end.y)}L${side(1)}L${side(-1)}Z`;
  return line + element('path', { class: 'head', d: head });
}

function drawEnd({ label, x, y, width, height }: End): string {
  return element(
    'g',
    { class: 'end' },
    element('rect', { x, y, width, height, rx: height / 2 }),
    text('', x + width / 2, y + height / 2 + 4.5, label, 'middle'),
  );
}

function drawBox(box: Box, onPage: boolean): string {
  const { operator, x, y, width, height, label, facts } = box;
  const { title, kind } = operator.description;
  const lines = [
    ...facts.map((line) => escapeMarkup(line)),
    ...operator.tensors.map(({ label: name, shape }) =>
      [
        element('tspan', { class: 'muted' }, escapeMarkup(name)),
        element('tspan', { class: 'mono', dx: 8 }, escapeMarkup(formatShape(shape))),
      ].join(' '),
    ),
  ];
  const first = y + SIZES.header + SIZES.padding + 13;
  return element(
    'g',
    {
      class: 'box',
      ...(onPage && {
        tabindex: 0,
        role: 'button',
        'aria-label': `${title} ${operator.name}`,
        'data-nodes': operator.nodes.map(({ id }) => id).join(' '),
      }),
    },
    element('title', {}, escapeMarkup(tooltip(operator))),
    element('rect', { class: 'body', x, y, width, height, rx: SIZES.corner }),
    header(kind, x, y, width, height),
    element('rect', { class: 'rim', x, y, width, height, rx: SIZES.corner }),
    text('title', x + SIZES.inset, y + 19, title),
    text('module mono', x + width - SIZES.inset, y + 19, label, 'end'),
    ...lines.map((line, i) =>
      element('text', { x: x + SIZES.inset, y: first + i * SIZES.line }, line),
    ),
  );
}

/** The coloured part, which is all there is of a box without parameters. */
function header(kind: Kind, x: number, y: number, width: number, height: number): string {
  const r = SIZES.corner;
  if (height <= SIZES.header) return element('rect', { class: kind, x, y, width, height, rx: r });
  const d = `M${round(x)} ${round(y + SIZES.header)}v${r - SIZES.header}q0 ${-r} ${r} ${-r}h${round(width - 2 * r)}q${r} 0 ${r} ${r}v${SIZES.header - r}z`;
  return element('path', { class: kind, d });
}

/** Everything about an operator, in PyTorch's words. */
function tooltip({ name, nodes, description, tensors }: DrawnOperator): string {
  const { title, parameters } = description;
  return [
    `${title} ${name}`.trim(),
    ...parameters.map(([key, value]) => `${key}=${value}`),
    ...tensors.flatMap(({ keys, shape }) => keys.map((key) => `${key} ${formatShape(shape)}`)),
    `output ${formatShape(nodes[0].shape)}`,
  ].join('\n');
}
