import type { BenchResult } from './bench.js';
import { table } from './table.js';

/** What was measured, as tables for people. */
export function formatBench({ engine, peaks, figures }: BenchResult): string {
  const peakOf = new Map(peaks.map(({ threads, gflops }) => [threads, gflops]));
  const peakRows = peaks.map(({ threads, gflops, gigabytesPerSecond }) => [
    String(threads),
    gflops.toFixed(0),
    gigabytesPerSecond.toFixed(1),
  ]);
  const rows = figures.map(({ inputShape, threads, ...figure }) => {
    const peak = peakOf.get(threads);
    return [
      `[${inputShape.join(', ')}]`,
      String(threads),
      ...[figure.median, figure.least, figure.most, figure.first, figure.prepare].map(milliseconds),
      figure.gflops.toFixed(0),
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
  ].join('\n');
}

function milliseconds(value: number): string {
  return value.toFixed(value < 10 ? 2 : 0);
}
