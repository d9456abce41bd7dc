import type { BenchFigure, BenchResult } from './bench.js';
import { table } from './table.js';

/** What was measured, as tables for people. */
export function formatBench({ engine, peaks, figures }: BenchResult): string {
  const peakOf = new Map(peaks.map(({ threads, gflops }) => [threads, gflops]));
  const peakRows = peaks.map(({ threads, gflops, gigabytesPerSecond }) => [
    String(threads),
    rate(gflops),
    gigabytesPerSecond.toFixed(1),
  ]);
  const rows = figures.map(({ inputShape, threads, ...figure }) => {
    const peak = peakOf.get(threads);
    return [
      `[${inputShape.join(', ')}]`,
      String(threads),
      ...[figure.median, figure.least, figure.most, figure.first, figure.prepare].map(milliseconds),
      rate(figure.gflops),
      peak === undefined ? '--' : (figure.gflops / peak).toFixed(2),
    ];
  });
  const head = ['Input', 'Threads', 'Median (ms)', 'Least', 'Most', 'First', 'Prepare', 'GFLOP/s'];
  return [
    `Engine ${engine.join('; ')}`,
    '',
    ...(peakRows.length === 0
      ? []
      : [...table([['Threads', 'Peak (GFLOP/s)', 'Memory (GB/s)'], ...peakRows], 0), '']),
    ...table([[...head, 'x peak'], ...rows], 1),
    '',
    ...figures.flatMap((figure) => layerTable(figure, peakOf.get(figure.threads))),
  ].join('\n');
}

/** Layers that take the longest first, where the engine can tell. */
function layerTable({ inputShape, layers }: BenchFigure, peak: number | undefined): string[] {
  if (layers.length === 0) return [];
  const rows = layers
    .toSorted((a, b) => b.milliseconds - a.milliseconds)
    .map(({ name, op, kernels, milliseconds: time, gflops }) => [
      name,
      op,
      String(kernels),
      time.toFixed(3),
      gflops === 0 ? '--' : rate(gflops),
      gflops === 0 || peak === undefined ? '--' : (gflops / peak).toFixed(2),
    ]);
  const head = ['Layer', 'Operator', 'Kernels', 'Least (ms)', 'GFLOP/s', 'x peak'];
  return [`Layers of [${inputShape.join(', ')}]`, '', ...table([head, ...rows], 2), ''];
}

function rate(gflops: number): string {
  return gflops.toFixed(gflops < 10 ? 2 : 0);
}

function milliseconds(value: number): string {
  return value.toFixed(value < 10 ? 2 : 0);
}
