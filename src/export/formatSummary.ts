import { ShapeError } from '../errors.js';
import { checkOptions } from '../tensor/callerValues.js';
import { describeValue } from '../tensor/describeValue.js';
import { formatShape, type Shape } from '../tensor/shape.js';
import type { LayerCosts, Summary, SummaryRow } from './summary.js';
import { table } from './table.js';

export interface FormatSummaryOptions {
  /** Modules that lie deeper are added to those that hold them. Default: all are shown. */
  readonly depth?: number;
}

const NOTHING = '--';

/** Not every caller has a compiler that checks. */
function checkSummary(summary: unknown): void {
  const { rows, totals }: { rows?: unknown; totals?: unknown } = Object(summary);
  const isList = Array.isArray(rows) && rows.every((row) => Object(row) === row && 'total' in row);
  if (isList && Object(totals) === totals && 'multiplyAdds' in Object(totals)) return;
  throw new ShapeError(
    `formatSummary takes what summarize or profile gives, but got ${describeValue(summary)}.`,
  );
}

/**
 * A summary as a table for people, laid out as torchinfo does.
 *
 * ```ts
 * const text = formatSummary(summarize(new Conv2d(3, 8, 3), [1, 3, 8, 8]));
 * text.split('\n').find((line) => line.startsWith('Total params')); // 'Total params: 224'
 * ```
 */
export function formatSummary(summary: Summary, options: FormatSummaryOptions = {}): string {
  checkSummary(summary);
  checkOptions('formatSummary', options);
  const { depth: deepest = Number.POSITIVE_INFINITY } = options;
  const { rows, totals, measured } = summary;
  const indexes = new Map<number, number>();
  const lines = rows.flatMap((row, i) => {
    const index = (indexes.get(row.depth) ?? 0) + 1;
    indexes.set(row.depth, index);
    if (row.depth > deepest) return [];
    // Costs stand once: with the layer, or with the module that holds it where the layer is not shown.
    const isLast = row.depth === deepest || (rows[i + 1]?.depth ?? 0) <= row.depth;
    return [cellsOf(row, index, isLast ? row.total : row.own)];
  });
  const header = [
    'Layer (type (name):depth-idx)',
    'Input Shape',
    'Output Shape',
    'Kernel',
    'Param #',
    'Mult-Adds',
    'Activation (MB)',
    ...(measured === undefined ? [] : ['Time (ms)', 'GFLOP/s']),
  ];
  const [head, ...body] = table([header, ...lines], 4);
  const rule = '='.repeat(Math.max(...[head, ...body].map((line) => line.length)));
  const total = scaled(totals.multiplyAdds);
  const theirs = scaled(totals.torchinfoMultiplyAdds);
  const frozen = totals.parameters - totals.trainableParameters;
  return [
    rule,
    head,
    rule,
    ...body,
    rule,
    `Total params: ${count(totals.parameters)}`,
    `Trainable params: ${count(totals.trainableParameters)}`,
    `Non-trainable params: ${count(frozen)}`,
    `Total mult-adds${total.unit === '' ? '' : ` (${total.unit})`}: ${total.value}`,
    rule,
    `Input size (MB): ${megabytes(totals.inputBytes)}`,
    `Activations (MB), if all were kept: ${megabytes(totals.activationBytes)}`,
    `Params size (MB): ${megabytes(totals.parameterBytes)}`,
    `Estimated total size (MB): ${megabytes(totals.estimatedBytes)}`,
    rule,
    ...(measured === undefined
      ? []
      : [
          `Total time (ms): ${decimals(totals.milliseconds, 2)} (engine ${measured.engine}, median of ${measured.runs} runs)`,
          `GFLOP/s: ${decimals(totals.gflops, 1)}`,
          'A layer without a time is done in one go with another, which has the time of both.',
          rule,
        ]),
    'Mult-adds are as the layers are defined. torchinfo counts transposed convolutions at output size, and biases as',
    `products, too: it would give ${`${theirs.value} ${theirs.unit}`.trimEnd()}.`,
  ].join('\n');
}

function cellsOf(row: SummaryRow, index: number, costs: LayerCosts): string[] {
  const { name, type, depth, inputShape, outputShape, kernel } = row;
  const branch = depth === 0 ? '' : depth === 1 ? '├─' : `${'│    '.repeat(depth - 1)}└─`;
  const title =
    depth === 0 ? type : `${type} (${name.slice(name.lastIndexOf('.') + 1)}): ${depth}-${index}`;
  const { parameters, multiplyAdds, activationBytes, milliseconds, gflops } = costs;
  return [
    `${branch}${title}`,
    shape(inputShape),
    shape(outputShape),
    shape(kernel),
    count(parameters, NOTHING),
    count(multiplyAdds, NOTHING),
    activationBytes === 0 ? NOTHING : megabytes(activationBytes),
    ...(milliseconds === undefined
      ? []
      : [milliseconds === 0 ? NOTHING : decimals(milliseconds, 2), decimals(gflops, 1)]),
  ];
}

function shape(value: Shape | null): string {
  return value === null ? NOTHING : formatShape(value);
}

function count(value: number, zero = '0'): string {
  return value === 0 ? zero : value.toLocaleString('en');
}

function megabytes(bytes: number): string {
  return decimals(bytes / 1e6, 2);
}

function decimals(value: number | null | undefined, digits: number): string {
  if (value === null || value === undefined) return NOTHING;
  return value.toLocaleString('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** `61.15` and `G`. */
function scaled(value: number): { readonly value: string; readonly unit: string } {
  const units = ['', 'k', 'M', 'G', 'T'];
  const step = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  return { value: decimals(value / 1000 ** step, step === 0 ? 0 : 2), unit: units[step] };
}
