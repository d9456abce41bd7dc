import { text } from '../../html/text.js';
import type { HistoryPoint, Span } from './lossHistory.js';
import type { LossName } from './trainingStep.js';

/** A line of a chart: a value of each point, `null` where there is none. */
interface Series {
  readonly label: string;
  readonly spanOf: (point: HistoryPoint) => Span | null;
  /** Whether its values are no measurements, and not smoothed. */
  readonly isExact?: true;
}

/** One chart, with one or two lines. */
interface Chart {
  readonly title: string;
  /** What the lines say, for those who have not read the paper. */
  readonly explanation: string;
  readonly series: readonly Series[];
}

function loss(name: LossName, label: string): Series {
  return { label: `${name} (${label})`, spanOf: ({ losses }) => losses[name] };
}

const CHARTS: readonly Chart[] = [
  {
    title: 'Adversarial, A → B',
    explanation:
      'The generator G_A against the discriminator D_A. Both near 0.25 (least squares): nobody is ahead.',
    series: [loss('G_A', 'generator'), loss('D_A', 'discriminator')],
  },
  {
    title: 'Adversarial, B → A',
    explanation: 'The generator G_B against the discriminator D_B.',
    series: [loss('G_B', 'generator'), loss('D_B', 'discriminator')],
  },
  {
    title: 'Cycle',
    explanation: 'How far a picture is from itself after the way there and back, with its weight.',
    series: [loss('cycle_A', 'A → B → A'), loss('cycle_B', 'B → A → B')],
  },
  {
    title: 'Identity',
    explanation: 'What generators change of pictures that are in their target domain already.',
    series: [loss('idt_A', 'B by G_A'), loss('idt_B', 'A by G_B')],
  },
  {
    title: 'Learning rate',
    explanation: 'Of all four networks.',
    series: [
      {
        label: 'learning rate',
        isExact: true,
        spanOf: ({ learningRate: rate }) => ({ mean: rate, min: rate, max: rate }),
      },
    ],
  },
];

const [WIDTH, HEIGHT] = [640, 260];
const [LEFT, RIGHT, TOP, BOTTOM] = [52, 12, 12, 30];
/** How many neighbours a smoothed line takes in on either side, as a share of all points. */
const SMOOTHED_SHARE = 1 / 60;
/** What is higher than so large a share of a line's points does not stretch the chart. */
const SHOWN_SHARE = 0.99;

/** The charts of a run, as figures: raw spans pale, smoothed lines on them. */
export function lossCharts(points: readonly HistoryPoint[]): string {
  return CHARTS.filter(({ series }) => hasValues(series, points))
    .map((chart, index) => chartFigure(chart, points, index))
    .join('\n');
}

/** Losses with a weight of zero are not drawn. */
function hasValues(series: readonly Series[], points: readonly HistoryPoint[]): boolean {
  return points.some((point) => series.some(({ spanOf }) => (spanOf(point)?.max ?? 0) > 0));
}

function chartFigure(
  { title, explanation, series }: Chart,
  points: readonly HistoryPoint[],
  index: number,
): string {
  const lines = series.map((each) => lineOf(each, points));
  const scale = scaleOf(points, lines);
  const legend = lines
    .map(
      ({ label, last }, i) =>
        `<li><svg class="key line${i + 1}" viewBox="0 0 28 10" aria-hidden="true"><path d="M1 5H27"/></svg>${text(label)} <b>${last === null ? '–' : shortNumber(last)}</b></li>`,
    )
    .join('');
  const told = lines.map(
    ({ label, last }) => `${label}: ${last === null ? 'none' : shortNumber(last)}`,
  );
  return `<figure class="chart">
<figcaption><h3>${text(title)}</h3><p>${text(explanation)}</p><ul class="legend">${legend}</ul></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${text(`${title}; at the end ${told.join(', ')}`)}">
<clipPath id="plot${index}"><rect x="${LEFT}" y="${TOP - 2}" width="${WIDTH - LEFT - RIGHT}" height="${HEIGHT - TOP - BOTTOM + 4}"/></clipPath>
${gridLines(scale)}
<g clip-path="url(#plot${index})">
${lines.map(({ spans }, i) => `<path class="span${i + 1}" d="${spanPath(spans, scale)}"/>`).join('\n')}
${lines.map(({ smooth }, i) => `<path class="line${i + 1}" d="${linePath(smooth, scale)}"/>`).join('\n')}
</g>
</svg>
</figure>`;
}

interface Line {
  readonly label: string;
  readonly spans: readonly (readonly [iteration: number, span: Span])[];
  readonly smooth: readonly (readonly [iteration: number, value: number])[];
  readonly last: number | null;
}

function lineOf({ label, spanOf, isExact }: Series, points: readonly HistoryPoint[]): Line {
  const spans = points.flatMap((point) => {
    const span = spanOf(point);
    return span === null ? [] : [[point.iteration, span] as const];
  });
  const smooth = smoothed(spans, isExact ? 0 : Math.floor(spans.length * SMOOTHED_SHARE));
  return { label, spans, smooth, last: smooth.at(-1)?.[1] ?? null };
}

/** A mean over neighbours on both sides, so that it does not lag behind; at the ends, over those that there are. */
function smoothed(spans: Line['spans'], reach: number): [number, number][] {
  const sums = [0];
  for (const [, { mean }] of spans) sums.push(sums[sums.length - 1] + mean);
  return spans.map(([iteration], i) => {
    const [from, to] = [Math.max(0, i - reach), Math.min(spans.length, i + reach + 1)];
    return [iteration, (sums[to] - sums[from]) / (to - from)];
  });
}

interface Scale {
  readonly x: (iteration: number) => number;
  readonly y: (value: number) => number;
  readonly xTicks: readonly number[];
  readonly yTicks: readonly number[];
}

function scaleOf(points: readonly HistoryPoint[], lines: readonly Line[]): Scale {
  const end = Math.max(2, points.at(-1)?.iteration ?? 2);
  const tops = lines.map(({ spans, smooth }) =>
    Math.max(
      quantile(
        spans.map(([, { max }]) => max),
        SHOWN_SHARE,
      ),
      ...smooth.map(([, value]) => value),
    ),
  );
  const step = tickStep(Math.max(...tops, Number.MIN_VALUE), 4);
  const top = Math.ceil(Math.max(...tops) / step - 1e-9) * step || step;
  const xStep = Math.max(1, tickStep(end, 5));
  return {
    x: (iteration) => LEFT + ((WIDTH - LEFT - RIGHT) * (iteration - 1)) / (end - 1),
    y: (value) => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * value) / top,
    xTicks: ticks(xStep, end),
    yTicks: [0, ...ticks(step, top * (1 + 1e-9))],
  };
}

function ticks(step: number, end: number): number[] {
  return Array.from({ length: Math.floor(end / step) }, (_, i) => (i + 1) * step);
}

/** 1, 2 or 5 times a power of ten, so that there are at most so many up to `end`. */
function tickStep(end: number, most: number): number {
  const power = 10 ** Math.floor(Math.log10(end / most));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power * most >= end * (1 - 1e-9));
  return (factor ?? 10) * power;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(share * (sorted.length - 1))] ?? 0;
}

function gridLines({ x, y, xTicks, yTicks }: Scale): string {
  const across = yTicks.map(
    (value) =>
      `<path d="M${LEFT} ${tenth(y(value))}H${WIDTH - RIGHT}"/><text class="y" x="${LEFT - 8}" y="${tenth(y(value) + 4)}">${shortNumber(value)}</text>`,
  );
  const along = xTicks.map(
    (iteration) =>
      `<text x="${tenth(x(iteration))}" y="${HEIGHT - 10}">${thousands(iteration)}</text>`,
  );
  return `<g class="grid">${across.join('')}${along.join('')}</g>`;
}

function linePath(line: Line['smooth'], { x, y }: Scale): string {
  return polyline(line.map(([iteration, value]) => [x(iteration), y(value)]));
}

/** There along what was largest, and back along what was smallest. */
function spanPath(spans: Line['spans'], { x, y }: Scale): string {
  const above = spans.map(([iteration, { max }]) => [x(iteration), y(max)] as const);
  const below = spans.map(([iteration, { min }]) => [x(iteration), y(min)] as const);
  return spans.length === 0 ? '' : `${polyline([...above, ...below.reverse()])}Z`;
}

/** A single point would be no line. */
function polyline(points: readonly (readonly [number, number])[]): string {
  const path = points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${tenth(x)} ${tenth(y)}`).join('');
  return points.length === 1 ? `${path}h1` : path;
}

function tenth(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Three digits that count. */
export function shortNumber(value: number): string {
  const rounded = Number(value.toPrecision(3));
  return rounded !== 0 && Math.abs(rounded) < 1e-3 ? rounded.toExponential() : String(rounded);
}

function thousands(value: number): string {
  return value >= 1000 && value % 100 === 0 ? `${value / 1000}k` : String(value);
}
